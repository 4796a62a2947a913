"""The table that gives series their slots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.decode import SeriesLimits, SeriesTable
from aiops.types import Kind, Labels


def one(i: int, metric: str = "m") -> Labels:
    return Labels.of(metric, {"id": str(i), "job": "a"})


def test_equal_labels_share_a_slot_and_slots_count_up():
    table = SeriesTable()
    assert [table.slot(one(i)) for i in (5, 7, 5, 9)] == [0, 1, 0, 2]
    assert len(table) == 3
    assert table.labels[1] == one(7)


def test_kind_learnt_later_overwrites_unknown_only():
    table = SeriesTable()
    for kind, expected in ((Kind.UNKNOWN, Kind.UNKNOWN), (Kind.COUNTER, Kind.COUNTER), (Kind.GAUGE, Kind.COUNTER)):
        table.slot(one(1), kind)
        assert table.kind[0] == expected


def test_metadata_tells_the_kind_of_series_before_and_after_it():
    table = SeriesTable()
    table.slot(one(1))
    table.learn("m", Kind.COUNTER)
    table.slot(one(2))
    assert table.kind.tolist() == [Kind.COUNTER, Kind.COUNTER]


def test_cap_refuses_newcomers_and_keeps_established_series():
    table = SeriesTable(SeriesLimits(per_metric=2, total=3))
    assert [table.slot(one(i)) for i in range(4)] == [0, 1, -1, -1]
    assert [table.slot(one(i, "other")) for i in range(2)] == [2, -1]
    assert table.slot(one(0)) == 0
    assert table.refused == {"per_metric": 2, "total": 1}


def test_explosion_names_the_label_with_most_values():
    table = SeriesTable(SeriesLimits(per_metric=10))
    assert table.explosion() is None
    for i in range(50):
        table.slot(Labels.of("requests", {"user": f"u{i}", "code": str(i % 3)}))
    assert table.explosion() == ("requests", "user")


def test_memory_of_refused_names_is_bounded():
    table = SeriesTable(SeriesLimits(total=0))
    for i in range(3_000):
        table.slot(Labels.of(f"m{i}"))
    assert len(table.refused_metric) <= 1_001
    assert sum(table.refused_metric.values()) == 3_000


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), unique=True, max_size=300))
def test_remembered_keys_are_found_and_others_are_not(keys):
    table = SeriesTable()
    for slot, (high, low) in enumerate(keys):
        table.remember(high, low, slot)
    wanted = np.array([*keys, (1, 2)] if (1, 2) not in keys else keys, np.uint64).reshape(-1, 2)
    expected = list(range(len(keys))) + ([-2] if len(wanted) > len(keys) else [])
    assert table.lookup(wanted).tolist() == expected


def test_key_cache_is_bounded_and_refills():
    table = SeriesTable(SeriesLimits(total=10))
    for i in range(20_000):
        table.remember(i, i * 7_919, i % 10)
    table.remember(3, 4, 5)
    assert table.lookup(np.array([[3, 4]], np.uint64)).tolist() == [5]
    assert len(table._values) <= 16 * 1_024


@pytest.mark.parametrize("count", [0, 1, 4_096, 9_000])
def test_snapshot_restores_everything_but_the_cache(count):
    table = SeriesTable(SeriesLimits(per_metric=8_000))
    table.learn("m", Kind.GAUGE)
    for i in range(count):
        table.slot(one(i))
    table.remember(1, 2, 0)
    back = SeriesTable(SeriesLimits(per_metric=8_000))
    back.restore(table.snapshot())
    assert back.labels == table.labels
    assert back.kind.tolist() == table.kind.tolist()
    assert (back.refused, back.refused_metric) == (table.refused, table.refused_metric)
    assert back.slot(one(3)) == table.slot(one(3))
    assert back.explosion() == table.explosion()
    assert back.lookup(np.array([[1, 2]], np.uint64)).tolist() == [-2]
    assert back.snapshot() == table.snapshot()


def test_only_the_last_part_of_a_snapshot_changes():
    table = SeriesTable()
    for i in range(5_000):
        table.slot(one(i))
    before = table.snapshot()
    table.slot(one(6_000))
    after = table.snapshot()
    assert {name for name in after if before.get(name) != after[name]} == {"labels/00001", "kinds"}
