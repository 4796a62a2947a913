"""The daemon's loop: what it survives, what it waits for, and what a reload or a restart may change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiops.config import load
from aiops.daemon import assemble
from aiops.daemon.deed import Deeds
from aiops.daemon.host import Host
from aiops.daemon.service import HOLD_SECONDS, LEAST_BYTES, MOST_BYTES, TURN_SECONDS, Service, bite
from aiops.errors import ConfigError, TemporaryError
from aiops.ingest.source import PartitionStatus, SourceStatus
from aiops.respond.approval import Need
from aiops.respond.run import Call, PlannedStep, Run
from aiops.types import Finding, Incident, Records
from aiops.web.backend import Busy, Command, Person

NOW = 1_780_000_000.0
CONFIG = """
web: {listen: 127.0.0.1:0}
receivers: {pages: {type: file, path: %s}}
route: {receiver: pages, group_wait: 0s}
"""
ONE_MORE = """
web: {listen: 127.0.0.1:0}
receivers: {pages: {type: file, path: %s}, more: {type: stdout}}
route: {receiver: more, group_wait: 0s}
"""


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Feeder:
    """A source that is as it is told to be."""

    def __init__(self) -> None:
        self.ends = True

    def at_end(self, partition: str) -> bool:
        return self.ends

    def taken(self, records: Records) -> None:
        """Nobody counts."""

    def waiting(self) -> set[str]:
        return set() if self.ends else {"one"}

    def kinds(self) -> dict[str, Any]:
        return {}

    def status(self) -> SourceStatus:
        return SourceStatus(True, True, "", {"one": PartitionStatus(0, self.ends)})

    def committed(self, positions: dict[str, Any]) -> None:
        """Nobody asks."""


def write(folder: Path, text: str) -> Path:
    path = folder / "aiops.yaml"
    path.write_text(text % (folder / "pages.ndjson") if "%s" in text else text)
    return path


def sample(at: float, partition: str, offset: int) -> Records:
    body = {"type": "metric", "timestamp": at, "name": "depth", "labels": {"service": "a"}, "value": 1.0}
    return Records.single(partition, json.dumps(body).encode(), offset, offset=offset)


def incident(name: str) -> Incident:
    one = Finding("High", "high", {}, "a", "it", "page", "bus", 1, NOW, NOW)
    return Incident(name, "a is odd", "page", "firing", NOW, NOW, ("it",), ("a",), (one,))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    path = write(tmp_path, CONFIG)
    made = Host(load(path, {}), path, Clock())
    assert made.service.courier is not None
    made.service.courier.start()
    yield made
    made.close()


def told(service: Service, incident_id: str) -> None:
    """Let an incident be decided, committed and handed over."""
    service.responder.take([incident(incident_id)], {}, NOW)
    for _ in range(3):
        service.turn([])


def test_a_reload_that_names_a_new_receiver_is_refused_and_changes_nothing(host: Host, tmp_path: Path) -> None:
    before = host.service.responder.policy
    write(tmp_path, ONE_MORE)
    host.reload()
    told(host.service, "one")
    assert host.service.responder.policy is before


def test_a_reload_leaves_the_step_as_it_is(host: Host, tmp_path: Path) -> None:
    for i in range(20):
        host.service.turn([sample(NOW + 15 * i, "one", i)])
    write(tmp_path, CONFIG + "step: 30s\n")
    host.reload()
    host.service.turn([])
    host.service.clock.now += 600.0  # type: ignore[attr-defined]
    told_late = [host.service.pipeline.step([sample(NOW + 300 + 15 * i, "one", i)], NOW + 600) for i in range(9)]
    late = sum(one.dropped.total() for one in told_late)
    assert (late, host.service.pipeline.settings.step_seconds) == (0, 15.0)


def test_a_backlog_is_taken_in_bites_so_that_leaving_does_not_wait_for_all_of_it(host: Host) -> None:
    padding = b" " * (LEAST_BYTES // 2)
    many = [Records.single("one", padding + bytes(sample(NOW, "one", i).buffer), i, offset=i) for i in range(9)]
    host.service.feeders.clear()
    host.service.inbox.put(many)
    host.service.listeners.append(lambda _: host.service.stop())
    host.service.run()
    assert host.service.positions == {"one": 1}


@pytest.mark.parametrize(
    ("size", "seconds", "next_size"),
    [
        pytest.param(4_000_000, 4.0 * TURN_SECONDS, 1_000_000, id="slow"),
        pytest.param(500_000, 0.25 * TURN_SECONDS, 2_000_000, id="fast"),
        pytest.param(100, 60.0, LEAST_BYTES, id="while kernels are compiled"),
        pytest.param(10_000_000, 0.0, MOST_BYTES, id="nothing to do"),
    ],
)
def test_a_turn_takes_what_the_last_one_shows_to_be_done_in_time(size: int, seconds: float, next_size: int) -> None:
    assert bite(size, seconds) == next_size


def test_state_made_with_another_step_is_refused_at_start(tmp_path: Path) -> None:
    service = assemble.service(load(write(tmp_path, CONFIG), {}), Clock())
    service.turn([])
    service.keeper.store.close()
    with pytest.raises(ConfigError, match="was made with step 15s"):
        assemble.service(load(write(tmp_path, CONFIG + "step: 30s\n"), {}), Clock())
    assemble.service(load(write(tmp_path, CONFIG), {}), Clock()).keeper.store.close()


def test_what_waits_for_a_receiver_that_is_gone_fails_without_harm(tmp_path: Path) -> None:
    path = write(tmp_path, ONE_MORE)
    service = assemble.service(load(path, {}), Clock())
    service.courier = None
    told(service, "one")
    service.keeper.store.close()
    again = assemble.service(load(write(tmp_path, CONFIG), {}), Clock())
    again._committed_at = float("-inf")
    for _ in range(4):
        again.turn([])
    assert not any(one.waiting or one.flight for one in again.responder.outbox.conversations.values())
    again.keeper.store.close()


def test_a_partition_that_is_away_holds_nobody_back_for_long(tmp_path: Path) -> None:
    clock, away = Clock(), Feeder()
    service = assemble.service(load(write(tmp_path, CONFIG), {}), clock)
    service.feeders = {"one": away, "two": Feeder()}  # type: ignore[dict-item]
    service.turn([sample(NOW, "one", 0), sample(NOW, "two", 0)])
    away.ends = False
    service.pipeline.correlator.add([Finding("High", "high", {}, "a", "it", "page", "two", 1, NOW + 60, NOW + 60)])
    service.turn([])
    assert service.pipeline.correlator.incidents == []
    clock.now += HOLD_SECONDS + 1.0
    service.turn([])
    assert len(service.pipeline.correlator.incidents) == 1
    service.keeper.store.close()


def test_a_partition_that_has_not_spoken_yet_is_waited_for_but_not_for_long(tmp_path: Path) -> None:
    clock, bus = Clock(), Feeder()
    service = assemble.service(load(write(tmp_path, CONFIG), {}), clock)
    service.feeders = {"one": bus}  # type: ignore[dict-item]
    # What a death left: "two" is committed, and "one", which has a backlog, never was.
    service.turn([sample(NOW, "two", 0)])
    bus.ends = False
    service.pipeline.correlator.add([Finding("High", "high", {}, "a", "it", "page", "two", 1, NOW + 60, NOW + 60)])
    service.turn([])
    assert service.pipeline.correlator.incidents == []
    clock.now += HOLD_SECONDS + 1.0
    service.turn([])
    assert len(service.pipeline.correlator.incidents) == 1
    service.keeper.store.close()


def test_an_incident_that_was_renamed_while_the_disk_was_full_leaves_no_ghost(tmp_path: Path) -> None:
    service = assemble.service(load(write(tmp_path, CONFIG), {}), Clock())
    keeper, correlator = service.keeper, service.pipeline.correlator
    later = Finding("High", "high", {}, "a", "it", "page", "bus", 1, NOW + 60, NOW + 60)
    commit = keeper.store.commit

    def full(_: Any) -> None:
        raise TemporaryError("no space left")

    def step(finding: Finding) -> None:
        correlator.add([finding])
        keeper.note(service.pipeline.step([], NOW), service.pipeline)

    step(later)
    keeper.store.commit = full  # type: ignore[method-assign, assignment]
    with pytest.raises(TemporaryError):
        keeper.commit(service.pipeline, service.responder, {})
    keeper.store.commit = commit  # type: ignore[method-assign]
    step(Finding("Low", "low", {}, "a", "it", "page", "bus", 2, NOW, NOW + 90))
    keeper.commit(service.pipeline, service.responder, {})
    assert [one["id"] for one in keeper.store.incidents()] == [one.id for one in correlator.incidents]
    keeper.store.close()


def test_a_step_that_is_due_as_the_daemon_leaves_is_begun_after_the_restart(tmp_path: Path) -> None:
    path, call = write(tmp_path, CONFIG), Call("http", {"url": "http://x/do"}, 5.0)
    run = Run("r/one", "r", "one", "a", "proposed", (PlannedStep("do", call),), {}, Need(0, (), 900.0), NOW, NOW)
    service = assemble.service(load(path, {}), Clock())
    service.responder.take([incident("one")], {}, NOW)
    service.responder.add(run, NOW)
    service.last_turn()
    (stored,) = service.keeper.store.runs()
    assert (stored["state"], stored["intent"]) == ("running", None)
    assert [one["state"] for one in service.keeper.store.outbox()] == ["waiting"]
    service.keeper.store.close()
    again = assemble.service(load(path, {}), Clock())
    again.turn([])
    assert again.courier is not None
    assert again.courier._steps.get_nowait() == again.responder.runs["r/one"].intent
    again.keeper.store.close()


def test_after_a_restart_the_gauges_tell_what_there_is_and_every_rule_has_its_count(tmp_path: Path) -> None:
    path, clock = write(tmp_path, CONFIG), Clock()
    service = assemble.service(load(path, {}), clock)
    service.turn([sample(NOW, "one", 0)])
    service.pipeline.correlator.add([Finding("High", "http-error-ratio", {}, "a", "it", "page", "one", 1, NOW, NOW)])
    service.turn([])
    service.last_turn()
    service.keeper.store.close()
    again = assemble.service(load(path, {}), clock)
    again.refresh()
    value = again.telemetry.registry.get_sample_value
    assert value("aiops_incidents", {"status": "firing"}) == 1.0
    assert value("aiops_series") == 1.0
    assert value("aiops_joint_left_out", {"what": "entities"}) == 0.0
    assert value("aiops_findings_total", {"rule": again.pipeline.settings.rules[0].id}) == 0.0
    again.keeper.store.close()


def test_to_resolve_twice_is_to_resolve_once(host: Host) -> None:
    service = host.service
    service.turn([sample(NOW, "one", 0)])
    service.pipeline.correlator.add([Finding("High", "high", {}, "a", "it", "page", "one", 1, NOW, NOW)])
    service.turn([])
    (found,) = service.pipeline.correlator.incidents
    deeds, by = Deeds(service), Person("ada", ("viewer", "operator"))
    deeds.do(Command("resolve", found.id, by))
    ended = service.pipeline.correlator.find(found.id)
    service.turn([sample(NOW + 120, "one", 1)])
    deeds.do(Command("resolve", found.id, by))
    assert service.pipeline.correlator.find(found.id) == ended


def test_a_deed_that_cannot_be_made_durable_in_time_is_said_to_wait(host: Host) -> None:
    command = Command("silence", "", Person("ada", ("operator",)), {"matchers": [("world", "=", "it")]})
    with pytest.raises(Busy):
        host.backend.command(command, 0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("store: postgresql://me@host/db\n", "only sqlite"),
        ("sources: {push: {type: prometheus, url: http://h}}\n", "cannot be named 'push'"),
        ("sources: {a/b: {type: prometheus, url: http://h}}\n", "cannot be named 'a/b'"),
        ("receivers: {a: {type: stdout, fallback: b}}\nroute: {receiver: a}\n", "names the fallback 'b'"),
    ],
)
def test_what_would_be_ignored_in_silence_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(write(tmp_path, text), {})
