"""All metrics of an entity as one: which series are its columns, who has no room, and what a finding names."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.detect.entity import EntityNode
from aiops.detect.expression import Entities, Select, select
from aiops.detect.node import NewSeries, Now
from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Finding, Floats, Kind, Labels, Samples

STEP, START, KNOWN = 15.0, 1_780_000_020.0, 900
METRICS = ("cpu_share", "errors_total", "latency_seconds", "queue_depth", "threads")
SIGNAL = '{__name__=~".+"}'
TOLD = "{{ entity }}: above all {{ metrics }}"


def rule(**fields: object) -> Rule:
    base = {"alert": "Odd", "id": "it-odd", "world": "it", "signal": SIGNAL, "severity": "info", "summary": TOLD}
    return Rule.model_validate({**base, "detector": {"type": "entity"}, **fields})


def node(series: list[Labels], columns: int = 8, entities: int = 9, splits: tuple[int, ...] = ()) -> EntityNode:
    made = EntityNode(Entities(Select(select(SIGNAL)), columns), STEP, entities)
    for first, last in zip((0, *splits), (*splits, len(series)), strict=True):
        made.extend(NewSeries(series[:last], first))
    return made


def of(service: str, *metrics: str) -> list[Labels]:
    return [Labels.of(metric, {"service_name": service}) for metric in metrics]


def now(value: list[float], kind: list[Kind], increase: float = 30.0) -> Now:
    return Now(0, np.array(value), np.full(len(value), increase), np.array([int(one) for one in kind]))


def world(rows: int = KNOWN + 60, seed: int = 0) -> Floats:
    """Two services, shape (rows, 2, metrics); from `KNOWN` on three metrics of the first one are elsewhere."""
    rng = np.random.default_rng(seed)
    x = 50.0 + 5.0 * rng.normal(size=(rows, 2, 1)) + rng.normal(size=(rows, 2, len(METRICS)))
    x[KNOWN:, 0, [0, 2, 3]] += np.array([60.0, -60.0, 60.0])
    x[300:320, 0] = np.nan
    x[rng.random(x.shape) < 0.05] = np.nan
    x[:, :, 1] = np.cumsum(np.abs(rng.normal(30.0, 1.0, x[:, :, 1].shape)), axis=0)
    return x


def played(x: Floats, watched: Rule, restart: int = 0, columns: int = 1, **limits: int) -> list[Finding]:
    """Findings, with a restart after so many rows, and so many rows a batch."""
    settings = Settings(STEP, 0.0, 1e12, (watched,), **limits)  # type: ignore[arg-type]
    partition = Partition("p", settings)
    found: list[Finding] = []
    for first in range(0, len(x), columns):
        if restart and first == restart:
            parts, partition = partition.snapshot(), Partition("p", settings)
            arrays = {name: part for name, part in parts.items() if not isinstance(part, bytes)}
            partition.restore(arrays, {name: part for name, part in parts.items() if isinstance(part, bytes)})
        for i in range(first, min(first + columns, len(x))):
            slots, values = [], []
            for (service, metric), value in np.ndenumerate(x[i]):
                if not np.isnan(value):
                    kind = Kind.COUNTER if METRICS[metric] == "errors_total" else Kind.GAUGE
                    slots.append(partition.table.slot(of(f"s{service}", METRICS[metric])[0], kind))
                    values.append(value)
            n = len(slots)
            times, record = np.full(n, START + i * STEP), np.zeros(n, np.int32)
            partition.take(Decoded(Samples(np.asarray(slots, np.int32), times, np.asarray(values), record)))
        partition.panel.advance(START + min(first + columns, len(x)) * STEP)
        found += [one for closed in partition.close() for one in (*closed.fired, *closed.risen, *closed.ended)]
    return found


def test_a_finding_names_the_entity_and_the_metrics_at_fault() -> None:
    first, *rest = [one for one in played(world(), rule()) if one.started >= START + (KNOWN - 1) * STEP]
    assert (first.entity, first.severity, first.labels) == ("s0", "info", {"service_name": "s0"})
    assert first.started <= START + (KNOWN + 3) * STEP
    assert sorted(first.summary.removeprefix("s0: above all ").replace(" and ", ", ").split(", ")) == [
        "cpu_share", "latency_seconds", "queue_depth"
    ]  # fmt: skip
    assert rest[-1].ended is not None
    assert rest[-1].summary == first.summary


def test_nothing_is_found_where_nothing_happens() -> None:
    assert played(world()[: KNOWN - 1], rule()) == []


@pytest.mark.parametrize("restart", [310, KNOWN - 50, KNOWN + 2])
def test_a_restart_changes_no_finding(restart: int) -> None:
    assert played(world(), rule(), restart=restart) == played(world(), rule())


def test_the_size_of_batches_changes_no_finding() -> None:
    assert played(world(), rule(), columns=120) == played(world(), rule())


def test_an_entity_beyond_the_limit_is_not_watched() -> None:
    x = world()[:, ::-1]
    assert {one.entity for one in played(x, rule())} == {"s1"}
    assert played(x, rule(), joint_entities=1) == []
    assert played(x, rule(), joint_entities=0) == []


def test_gauges_are_taken_as_they_are_and_counters_as_rates() -> None:
    made = node(of("web", "a", "b", "c", "d"))
    made.evaluate(now([7.0, 900.0, 3.0, np.nan], [Kind.GAUGE, Kind.COUNTER, Kind.UNKNOWN, Kind.GAUGE]))
    np.testing.assert_array_equal(made.out[0, :4], [7.0, 2.0, np.nan, np.nan])
    assert np.isnan(made.out[0, 4:]).all()


def test_fewer_than_three_series_make_no_entity() -> None:
    assert node([*of("web", "a", "b"), *of("db", "a", "b", "c"), Labels.of("d"), Labels.of("e")]).labels == [
        Labels.of("", {"service_name": "db"})
    ]


def test_which_series_are_columns_does_not_depend_on_when_they_were_looked_at() -> None:
    series = [one for metric in "abcdef" for name in ("web", "db") for one in of(name, f"{metric}_x", f"{metric}_y")]
    at_once, in_turn = node(series, 6, 1), node(series, 6, 1, splits=(1, 4, 5, 17))
    values = now(list(range(len(series))), [Kind.GAUGE] * len(series))
    at_once.evaluate(values)
    in_turn.evaluate(values)
    np.testing.assert_array_equal(at_once.out, in_turn.out)
    assert (at_once.labels, at_once.left_out) == (in_turn.labels, in_turn.left_out)


def test_a_column_once_given_is_kept() -> None:
    series = of("web", "m", "n", "o")
    made = node(series)
    series += [*of("web", "a"), *of("db", "a", "b", "c")]
    made.extend(NewSeries(series, 3))
    made.evaluate(now([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [Kind.GAUGE] * 7))
    np.testing.assert_array_equal(made.out[:, :4], [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, np.nan]])


def test_many_series_of_one_kind_leave_room_for_others() -> None:
    discs = [Labels.of("node_disk_reads", {"instance": "a", "device": str(i)}) for i in range(20)]
    made = node([*discs, *(Labels.of(name, {"instance": "a"}) for name in ("node_load1", "node_memory_free"))])
    made.evaluate(now(list(range(22)), [Kind.GAUGE] * 22))
    np.testing.assert_array_equal(made.out[0], [0.0, 1.0, 2.0, 3.0, 20.0, 21.0, np.nan, np.nan])
    assert made.left_out == {"entities": 0, "series": 16}


def test_who_has_no_room_is_counted() -> None:
    made = node([*of("web", "a", "b", "c"), *of("db", "a", "b", "c"), *of("mail", "a", "b", "c")], entities=1)
    assert made.left_out["entities"] == 2


def test_series_of_one_metric_are_named_by_what_tells_them_apart() -> None:
    paths = [Labels.of("requests", {"service_name": "web", "zone": "eu", "path": path}) for path in ("/a", "/b")]
    made = node([*paths, *of("web", "load")])
    assert made.named(0, [0, 2]) == 'requests{path="/a"} and load'
    assert (made.named(0, [2]), made.named(0, [])) == ("load", "")


@pytest.mark.parametrize("signal", ["sum by (service_name) (m)", "rate(m[1m])"])
def test_only_a_bare_selector_reads_the_metrics_of_an_entity(signal: str) -> None:
    with pytest.raises(ValueError, match="bare selector"):
        _ = rule(signal=signal, summary="odd").expression


def test_metrics_at_fault_are_no_field_of_other_detectors() -> None:
    with pytest.raises(ValueError, match="tells no metrics"):
        rule(detector={"type": "baseline"})
