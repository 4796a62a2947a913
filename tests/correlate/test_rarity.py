"""What alerts say about whom."""

from __future__ import annotations

import random
from dataclasses import replace

from aiops.correlate.deviation import Deviation
from aiops.correlate.kinship import Kinship
from aiops.correlate.rarity import masked
from aiops.correlate.rarity import observe as told
from aiops.types import Alert, Edge

PODS = [f"{service}{i}" for service in ("cart", "pay", "mail", "ship") for i in (1, 2, 3)]
EDGES = [Edge(pod.rstrip("123"), pod, "serves") for pod in PODS]


def observe(alerts: list[Alert], edges: list[Edge], onset: float) -> list[Deviation]:
    return told(alerts, Kinship.of(edges), onset)


def _alert(entity: str, name: str, direction: str = "up", at: float = 0.0) -> Alert:
    return Alert(timestamp=at, entity=entity, name=name, direction=direction)


def _call(caller: str, callee: str, *, failed: bool) -> Alert:
    name = "status 500 of http://h1:80/pay" if failed else "latency of http://h1:80/pay"
    return Alert(timestamp=0.0, entity=caller, peer=callee, name=name, severity="error" if failed else "")


def _noise(name: str = "threads", pods: list[str] = PODS) -> list[Alert]:
    return [_alert(pod, name) for pod in pods]


def _best(found: list[Deviation]) -> str:
    return min(found, key=lambda one: (-one.size, one.entity)).entity


def test_what_everybody_says_tells_nothing() -> None:
    assert observe(_noise(), EDGES, 0.0) == []


def test_an_instance_that_alone_says_something_is_told() -> None:
    assert _best(observe([*_noise(), _alert("pay2", "memory_used")], EDGES, 0.0)) == "pay2"


def test_a_service_is_told_when_all_its_instances_say_it() -> None:
    alerts = [*_noise(), *(_alert(f"pay{i}", "memory_used") for i in (1, 2, 3))]
    found = observe(alerts, EDGES, 0.0)
    assert _best(found) == "pay"
    assert not {"pay1", "pay2", "pay3"} & {one.entity for one in found}
    assert "all 3 instances" in found[0].sentence


def test_a_node_is_told_by_what_it_alone_says() -> None:
    nodes = [_alert(node, "system_cpu") for node in ("n1", "n2", "n3")]
    assert (
        _best(observe([*_noise(), *nodes, _alert("n2", "system_io"), _alert("n2", "system_mem")], EDGES, 0.0)) == "n2"
    )


def test_many_names_of_one_resource_count_for_less_than_two_resources() -> None:
    one = [_alert("pay1", "memory_a"), _alert("pay1", "memory_b")]
    two = [_alert("pay1", "memory_a"), _alert("pay1", "cpu_b")]
    sizes = [observe([*_noise(), *alerts], EDGES, 0.0)[0].size for alerts in (two, one, one[:1])]
    assert sizes[2] < sizes[0] < sizes[1]


def test_traffic_and_what_falls_say_less() -> None:
    sizes = [
        observe([*_noise(), _alert("pay1", name, direction)], EDGES, 0.0)[0].size
        for name, direction in (("disk_io", "up"), ("disk_io", "down"), ("network_packets", "up"))
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_what_only_one_entity_can_say_is_no_rarity() -> None:
    private = [_alert("pay1", f"redis_{name}") for name in ("a", "b", "c", "d")]
    found = observe([*_noise("docker_threads"), *private, _alert("mail2", "docker_memory")], EDGES, 0.0)
    assert _best(found) == "mail2"


def test_the_callee_that_fails_slowly_and_blames_nobody_is_told() -> None:
    calls = [_call(f"cart{i}", "pay1", failed=failed) for i in (1, 2, 3) for failed in (True, False)]
    calls += [
        _call("cart1", "pay2", failed=True),
        _call("mail1", "cart1", failed=True),
        _call("mail1", "cart1", failed=False),
    ]
    edges = [*EDGES, Edge("cart", "pay", "calls")]
    found = observe([*_noise(), *calls], edges, 0.0)
    assert [one.entity for one in found] == ["pay1"]
    assert "3 of 3 callers" in found[0].sentence


def test_names_order_and_times_of_alerts_do_not_matter() -> None:
    rng = random.Random(5)
    alerts = [
        *_noise(),
        _alert("pay1", "memory_used", at=9.0),
        _alert("mail1", "cpu_busy", "down"),
        *(_call("cart1", "pay1", failed=failed) for failed in (True, False)),
    ]
    expected = observe(alerts, EDGES, 0.0)
    alias = {pod: f"z{i}" for i, pod in enumerate(sorted({*PODS, *(edge.source for edge in EDGES)}, key=_backwards))}
    for _ in range(5):
        moved = [_moved(one, alias, rng.uniform(0, 50)) for one in rng.sample(alerts, len(alerts))]
        edges = [Edge(alias[edge.source], alias[edge.target], edge.kind) for edge in rng.sample(EDGES, len(EDGES))]
        back = {new: old for old, new in alias.items()}
        found = [replace(one, entity=back[one.entity]) for one in observe(moved, edges, 0.0)]
        assert sorted((one.entity, one.size, one.sentence) for one in found) == sorted(
            (one.entity, one.size, one.sentence) for one in expected
        )


def _backwards(name: str) -> str:
    return name[::-1]


def _moved(one: Alert, alias: dict[str, str], at: float) -> Alert:
    return Alert(
        timestamp=at,
        entity=alias[one.entity],
        name=one.name,
        direction=one.direction,
        severity=one.severity,
        peer=alias.get(one.peer, ""),
    )


def test_a_resolved_alert_says_nothing() -> None:
    resolved = Alert(timestamp=0.0, entity="pay1", name="memory_used", direction="up", status="resolved")
    assert observe([*_noise(pods=PODS), resolved], EDGES, 0.0) == []


def test_numbers_in_names_are_masked() -> None:
    assert masked("core_13_pct of 10.0.0.1") == "core_#_pct of #.#.#.#"
