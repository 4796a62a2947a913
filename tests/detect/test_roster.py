"""Rows follow from closed columns alone, whatever slots decoding gave."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aiops.decode.series import SeriesTable
from aiops.detect.roster import Roster
from aiops.types import Kind, Labels

names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)


def label(name: str) -> Labels:
    return Labels.of("m", {"id": name})


def rostered(columns: list[list[str]], decoded: list[str]) -> Roster:
    """Rows after these columns, when decoding met series in the order of `decoded`."""
    table = SeriesTable()
    for name in decoded:
        table.slot(label(name), Kind.GAUGE)
    roster = Roster(table)
    for column in columns:
        slots = sorted(table.slot(label(name), Kind.GAUGE) for name in column)
        roster.admit(np.array(slots, np.int32))
    return roster


@given(st.lists(names, max_size=6), st.permutations("abcdefgh"))
def test_rows_do_not_depend_on_the_order_of_decoding(columns: list[list[str]], decoded: list[str]) -> None:
    assert rostered(columns, decoded).labels == rostered(columns, []).labels


def test_series_of_one_column_are_ordered_by_their_labels_and_rows_are_kept() -> None:
    roster = rostered([["c", "a"], ["b"], ["a", "b"]], list("dcba"))
    assert roster.labels == [label("a"), label("c"), label("b")]
    assert roster.rows(np.array([0, 1, 2, 3])).tolist() == [-1, 1, 2, 0]


def test_restored_it_goes_on_with_the_same_rows() -> None:
    table = SeriesTable()
    for name in "cab":
        table.slot(label(name), Kind.COUNTER)
    roster = Roster(table)
    roster.admit(np.array([1, 2], np.int32))
    again = Roster(table)
    again.restore(roster.snapshot())
    for one in (roster, again):
        one.admit(np.array([0], np.int32))
    assert again.labels == roster.labels == [label("a"), label("b"), label("c")]
    assert again.kinds().tolist() == [Kind.COUNTER] * 3


def test_more_series_than_it_had_room_for() -> None:
    table = SeriesTable()
    roster = Roster(table)
    slots = np.array([table.slot(label(f"{i:05d}")) for i in range(5_000)], np.int32)
    roster.admit(slots)
    assert len(roster) == 5_000
    assert (roster.rows(slots) == np.arange(5_000)).all()
