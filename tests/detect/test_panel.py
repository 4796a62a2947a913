"""Whatever the batches, delays and repetitions, the same columns close."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.detect.panel import EMPTY_SECONDS, Column, Panel
from aiops.types import Change, Decoded, Kind, LogRecord, Samples

STEP, LATENESS = 15.0, 10.0
KINDS = np.array([Kind.GAUGE, Kind.COUNTER, Kind.DELTA, Kind.UNKNOWN], np.int8)
Shown = tuple[int, tuple[tuple[int, float], ...], tuple[str, ...]]


@dataclass(frozen=True)
class Record:
    """Samples (series, time, value) and log lines (time, body) of one record."""

    samples: tuple[tuple[int, float, float], ...] = ()
    lines: tuple[tuple[float, str], ...] = ()

    @property
    def oldest(self) -> float:
        return min([one[1] for one in self.samples] + [one[0] for one in self.lines])

    @property
    def newest(self) -> float:
        return max([one[1] for one in self.samples] + [one[0] for one in self.lines])


def decoded(batch: list[Record]) -> Decoded:
    rows = [(i, *sample) for i, record in enumerate(batch) for sample in record.samples]
    lines = [(i, line) for i, record in enumerate(batch) for line in record.lines]
    samples = Samples(
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.float64),
        np.array([row[3] for row in rows], np.float64),
        np.array([row[0] for row in rows], np.int32),
    )
    return Decoded(samples, [(i, LogRecord(timestamp=at, entity="web", body=body)) for i, (at, body) in lines])


def shown(column: Column) -> Shown:
    values = tuple(zip(column.series.tolist(), [repr(one) for one in column.value.tolist()], strict=True))
    return column.at, values, tuple(event.body for event in column.events if isinstance(event, LogRecord))  # type: ignore[return-value]


def closed(panel: Panel) -> list[Shown]:
    return [shown(column) for column in panel.close(KINDS)]


def played(batches: list[list[Record]], restore: bool = False) -> tuple[list[Shown], int]:
    """Columns, and how many samples and lines were late."""
    panel, columns, late = Panel(STEP, LATENESS), [], 0
    for batch in batches:
        late += panel.add(decoded(batch))
        columns += closed(panel)
        if restore:
            again = Panel(STEP, LATENESS)
            again.restore(panel.snapshot())
            panel = again
    panel.advance(panel.newest + LATENESS + STEP)
    return columns + closed(panel), late


def samples(*rows: tuple[int, float, float]) -> Record:
    return Record(rows)


times = st.one_of(st.floats(0, 200), st.sampled_from([0.0, 14.999, 15.0, 29.9, 30.0, 90.0]), st.floats(20_000, 20_100))
values = st.one_of(st.just(math.nan), st.sampled_from([0.0, 1.0, -0.0]), st.floats(-1e6, 1e6))
sample = st.tuples(st.integers(0, 3), times, values)
line = st.tuples(times, st.sampled_from(["a", "b", "c"]))
record = st.builds(Record, st.lists(sample, min_size=1, max_size=4).map(tuple), st.lists(line, max_size=2).map(tuple))


@st.composite
def splits(draw: st.DrawFn) -> tuple[list[Record], list[list[Record]]]:
    whole = draw(st.lists(record, min_size=1, max_size=12))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=6)))
    edges = [0, *(cut for cut in cuts if cut < len(whole)), len(whole)]
    return whole, [whole[a:b] for a, b in itertools.pairwise(edges)]


@given(splits())
def test_any_split_of_the_same_records_closes_the_same_columns(case: tuple[list[Record], list[list[Record]]]) -> None:
    whole, split = case
    assert played(split) == played([whole])
    assert played([[one] for one in whole]) == played([whole])


@given(splits())
def test_a_restart_between_any_two_batches_closes_the_same_columns(
    case: tuple[list[Record], list[list[Record]]],
) -> None:
    whole, split = case
    assert played(split, restore=True) == played([whole])


@given(st.data())
def test_any_delay_within_lateness_closes_the_same_columns(data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.tuples(st.integers(0, 3), st.floats(0, 300), st.floats(-9, 9)), min_size=1, max_size=25)
    )
    whole = sorted((samples(row) for row in rows), key=lambda one: one.newest)
    delays = data.draw(st.lists(st.floats(0, LATENESS), min_size=len(whole), max_size=len(whole)))
    delayed = [one for _, one in sorted(zip(delays, whole, strict=True), key=lambda pair: pair[0] + pair[1].newest)]
    assert played([[one] for one in delayed]) == played([whole])
    assert played([delayed])[1] == 0


@given(splits())
def test_a_record_delivered_twice_counts_once(case: tuple[list[Record], list[list[Record]]]) -> None:
    whole, _ = case
    once = [samples(*one.samples) for one in whole]
    twice = [copy for one in once for copy in (one, one)]
    assert played([twice])[0] == played([once])[0]


def test_lateness_is_judged_record_by_record_not_batch_by_batch() -> None:
    ahead, behind = samples((0, 100.0, 1.0)), samples((0, 40.0, 2.0))
    _, late = played([[ahead, behind]])
    assert late == 1
    assert played([[ahead], [behind]])[1] == 1
    columns, late = played([[behind, ahead]])
    assert late == 0
    assert [at for at, values, _ in columns if values] == [2, 6]


def test_what_is_older_than_lateness_still_counts_while_its_step_is_open() -> None:
    assert played([[samples((0, 44.0, 1.0))], [samples((0, 31.0, 2.0))]])[1] == 0
    assert played([[samples((0, 54.9, 1.0))], [samples((0, 31.0, 2.0))]])[1] == 0
    assert played([[samples((0, 55.0, 1.0))], [samples((0, 31.0, 2.0))]])[1] == 1


def test_the_last_sample_of_a_gauge_and_the_sum_of_a_delta_make_the_column() -> None:
    rows = samples((0, 2.0, 5.0), (0, 1.0, 9.0), (1, 3.0, 7.0), (2, 1.0, 2.0), (2, 2.0, 3.0))
    assert played([[rows]])[0] == [(0, ((0, "5.0"), (1, "7.0"), (2, "5.0")), ())]


def test_two_values_at_one_time_are_settled_by_size_not_by_order() -> None:
    one, other = samples((0, 1.0, 5.0)), samples((0, 1.0, 9.0))
    assert played([[one, other]]) == played([[other, one]]) == ([(0, ((0, "9.0"),), ())], 0)


def test_a_staleness_marker_is_a_gap_and_yields_to_a_sample_of_the_same_time() -> None:
    assert played([[samples((0, 1.0, 4.0), (0, 5.0, math.nan))]])[0] == [(0, ((0, "nan"),), ())]
    assert played([[samples((0, 5.0, math.nan), (0, 5.0, 4.0))]])[0] == [(0, ((0, "4.0"),), ())]


def test_a_delta_of_nothing_but_markers_is_no_zero() -> None:
    assert played([[samples((2, 1.0, math.nan), (2, 2.0, math.nan))]])[0] == [(0, ((2, "nan"),), ())]
    assert played([[samples((2, 1.0, math.nan), (2, 2.0, 3.0))]])[0] == [(0, ((2, "3.0"),), ())]


def test_a_gap_closes_two_hours_of_empty_columns_and_then_jumps() -> None:
    end = 50 * EMPTY_SECONDS
    columns, _ = played([[samples((0, 1.0, 1.0))], [samples((0, end, 2.0))]])
    empty = [at for at, values, _ in columns if not values]
    assert empty == list(range(1, 1 + round(EMPTY_SECONDS / STEP)))
    assert columns[-1] == (round(end / STEP), ((0, "2.0"),), ())


def test_a_quiet_partition_closes_columns_as_time_passes() -> None:
    panel = Panel(STEP, LATENESS)
    panel.advance(1e9)
    assert closed(panel) == []
    panel.add(decoded([samples((0, 1.0, 1.0))]))
    assert closed(panel) == []
    panel.advance(STEP + LATENESS)
    assert [at for at, *_ in closed(panel)] == [0]
    panel.advance(4 * STEP + LATENESS)
    assert [at for at, *_ in closed(panel)] == [1, 2, 3]
    panel.advance(0.0)
    assert closed(panel) == []
    assert panel.event_time == 4 * STEP


def test_events_of_a_step_come_in_one_order_whatever_order_they_arrived_in() -> None:
    first = Record(lines=((3.0, "b"), (1.0, "z"), (3.0, "a")))
    second = Record(lines=((3.0, "a"), (3.0, "b"), (1.0, "z")))
    assert played([[first]]) == played([[second]]) == ([(0, (), ("z", "a", "b"))], 0)


def test_the_oldest_record_begins_the_first_column() -> None:
    panel = Panel(STEP, LATENESS)
    panel.add(decoded([Record(lines=((31.0, "x"),)), samples((0, 33.0, 1.0)), samples((0, 100.0, 1.0))]))
    assert [at for at, *_ in closed(panel)] == [2, 3, 4, 5]


@pytest.mark.parametrize("times", [(1.0,), (1.0, 14.0), (1.0, 100.0, 4000.0)])
def test_snapshot_and_restore_give_the_same_panel(times: tuple[float, ...]) -> None:
    panel = Panel(STEP, LATENESS)
    panel.add(decoded([samples((0, at, at), (2, at, at)) for at in times]))
    panel.add(Decoded(Samples.empty(), [(0, Change(timestamp=times[-1], kind="deploy", id="v2", files=("a", "b")))]))
    closed(panel)
    again = Panel(STEP, LATENESS)
    again.restore(panel.snapshot())
    assert again.snapshot() == panel.snapshot()
    for one in (panel, again):
        one.advance(1e5)
    assert [(c.at, c.events) for c in again.close(KINDS)] == [(c.at, c.events) for c in panel.close(KINDS)]
