"""The simulated shop: deterministic, continuous, and blind to the future."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from aiops.demo import scenario, scene
from aiops.demo.fault import KINDS, Fault
from aiops.demo.shop import DAY, Shop
from aiops.types import Floats, Kind

NOON = scenario.MIDNIGHT + DAY / 2


def bodies(shop: Shop, start: float, minutes: int) -> list[bytes]:
    return [body for _, records in shop.steps(start, start + 60 * minutes, 60.0) for body in records]


def column(shop: Shop, start: float, hours: float, name: str, **labels: str) -> Floats:
    """One series of a history that ends `hours` after `start`."""
    history = shop.history(hours / 24, 60.0, start + hours * 3_600)
    wanted = set(labels.items())
    found = [i for i, one in enumerate(history.labels) if one.metric == name and wanted <= set(one.pairs)]
    assert len(found) == 1
    values: Floats = history.values[:, found[0]]
    return values


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    assert bodies(Shop(7), NOON, 5) == bodies(Shop(7), NOON, 5)
    assert bodies(Shop(7), NOON, 5) != bodies(Shop(8), NOON, 5)


def test_it_does_not_matter_where_the_stream_is_cut() -> None:
    whole, cut = Shop(7), Shop(7)
    assert bodies(whole, NOON, 6) == bodies(cut, NOON, 2) + bodies(cut, NOON + 120, 4)


def test_counters_go_on_from_history_without_a_reset() -> None:
    shop = Shop(3)
    history = shop.history(0.1, 60.0, NOON)
    counters = np.array([kind == Kind.COUNTER for kind in history.kinds])
    (_, records), *_ = shop.steps(NOON, NOON + 60, 60.0)
    now = {(m["name"], tuple(sorted(m["labels"].items()))): m["value"] for m in msgspec.json.decode(records[0])}
    then = {
        (one.metric, tuple(sorted(one.as_dict().items()))): history.values[-1, i]
        for i, one in enumerate(history.labels)
    }
    assert now.keys() == then.keys()
    assert (np.diff(history.values[:, counters], axis=0) >= 0).all()
    assert all(now[key] >= then[key] for key, is_counter in zip(then, counters, strict=True) if is_counter)


def test_everything_on_the_wire_names_its_type_and_lies_within_its_step() -> None:
    for time, records in Shop(1).steps(NOON, NOON + 180, 60.0):
        for record in records:
            for element in msgspec.json.decode(record):
                assert element["type"] in {"metric", "log", "span", "prediction", "llm", "change"}
                assert time <= element["timestamp"] < time + 60


def test_demand_has_a_day_and_a_week() -> None:
    season = Shop(1).season(np.arange(14 * 24, dtype=np.float64) * 3_600.0 + scenario.MIDNIGHT)
    by_day = season.reshape(14, 24)
    assert by_day.max(axis=1).min() > 1.5 * by_day.min(axis=1).max()
    weekday = by_day.mean(axis=1)
    assert sorted(np.argsort(weekday)[-4:].tolist()) == [
        3,
        4,
        10,
        11,
    ]  # Saturdays and Sundays of a Wednesday's fortnight


@pytest.mark.parametrize(
    ("name", "metric", "labels", "direction"),
    [
        ("database_slow", "pg_query_duration_seconds", {}, 1),
        ("gpu_throttle", "DCGM_FI_DEV_SM_CLOCK", {}, -1),
        ("gpu_throttle", "DCGM_FI_DEV_GPU_TEMP", {}, 1),
    ],
)
def test_a_fault_moves_what_it_is_about(name: str, metric: str, labels: dict[str, str], direction: int) -> None:
    fault = Fault(name, NOON + 3_600, NOON + 7_200)
    values = column(Shop(1, [fault]), NOON, 2.0, metric, **labels)
    before, during = values[:60].mean(), values[70:].mean()
    assert direction * (during - before) > 0.3 * before


def test_callers_of_a_slow_database_get_slower_and_others_do_not() -> None:
    fault = Fault("database_slow", NOON + 3_600, NOON + 7_200)

    def mean_latency(service: str) -> tuple[float, float]:
        total = column(Shop(1, [fault]), NOON, 2.0, "http_server_request_duration_seconds_sum", service_name=service)
        count = column(Shop(1, [fault]), NOON, 2.0, "http_server_request_duration_seconds_count", service_name=service)
        per_request = np.diff(total) / np.diff(count)
        return float(per_request[:59].mean()), float(per_request[70:].mean())

    before, during = mean_latency("basket")
    assert during > 2 * before
    before, during = mean_latency("billing")
    assert during == pytest.approx(before, rel=0.1)


def test_what_a_runbook_does_changes_only_what_follows() -> None:
    start = NOON + 60
    shop = Shop(1, [Fault("database_slow", NOON, NOON + DAY)])
    bodies(shop, start, 5)
    assert shop.faults.active(start + 300)
    assert shop.mitigate("kill_blocking_query", scene.DATABASE, start + 300)
    assert shop.faults.active(start + 360)
    assert not shop.faults.active(start + 300 + 121)


@pytest.mark.parametrize(
    ("do", "target"), [("drain_gpu", scene.DATABASE), ("kill_blocking_query", "basket"), ("retrain", scene.GPU)]
)
def test_the_wrong_remedy_helps_nothing(do: str, target: str) -> None:
    shop = Shop(1, [Fault(name, NOON, NOON + DAY) for name in KINDS])
    assert not shop.mitigate(do, target, NOON + 600)
    assert not any(fault.mended for fault in shop.faults.planned)


def test_faults_of_a_day_do_not_overlap_and_end_before_midnight() -> None:
    for seed in range(20):
        planned = scenario.faults(seed)
        ends = [fault.end for fault in planned]
        assert all(end + 1_800 < after.start for end, after in zip(ends, planned[1:], strict=False))
        assert ends[-1] < scenario.MIDNIGHT + DAY - 3_600


def test_no_change_of_the_day_is_to_blame() -> None:
    roots = {kind.root for kind in KINDS.values()}
    assert not {change.entity for change in scenario.changes()} & roots
