"""From a kernel's columns to slots: known keys by one lookup, each new one spelled out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from aiops.decode.kernels.columns import Columns, Scan, collect
from aiops.decode.series import UNSEEN
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Ints, Kind, Labels, Slots

BROKEN = -4

Spell = Callable[[Run, Ints], tuple[Labels, Kind]]
"""Decode the labels a row of `where` points at; raises `Refused`."""


Read = Callable[[int, bytes, Sink], None]
Few = Callable[[Run, Sink, Columns], Columns]


@dataclass(frozen=True, slots=True)
class Fast:
    """A kernel, how wide its `where` is, and a guess at the room it needs (a wrong one costs a second round)."""

    scan: Scan
    width: int
    bytes_per_row: int


def in_order(run: Run, sink: Sink, fast: Fast, spell: Spell, read: Read, *, few: Few | None = None) -> None:
    """Read all records of a run, so that series get their slots in the order of records, however those are batched.

    Parameters
    ----------
    read : reads a record that the kernel could not read.
    few : takes out rows that the kernel has found and cannot read; returns the others.
    """
    rest, columns = scanned(run, fast)
    row = slow = 0
    for rows, records in _stretches(rest, columns, sink):
        if rows > row:
            some = _rows(columns, row, rows)
            settle(run, sink, few(run, sink, some) if few is not None else some, spell)
        rest.between(slow, records).each(sink, read)
        row, slow = rows, records


def _stretches(rest: Run, columns: Columns, sink: Sink) -> Iterator[tuple[int, int]]:
    """Up to which row, and then up to which of the other records, may be read at a time; new keys alone matter."""
    records = columns[3]
    unseen = records[sink.table.lookup(columns[0]) == UNSEEN] if len(rest) else records[:0]
    slow = 0
    while slow < len(rest):
        behind = int(np.searchsorted(unseen, rest.record[slow]))
        if behind == len(unseen):
            break
        row = int(np.searchsorted(records, rest.record[slow]))
        slow = int(np.searchsorted(rest.record, unseen[behind]))
        yield row, slow
    yield len(records), len(rest)


def _rows(columns: Columns, first: int, last: int) -> Columns:
    keys, times, values, records, where = columns
    return keys[first:last], times[first:last], values[first:last], records[first:last], where[first:last]


def scanned(run: Run, fast: Fast) -> tuple[Run, Columns]:
    """Run the kernel; returns the records it could not read, and the rows of the others."""
    extents = extents_of(run)
    columns = collect(fast.scan, run.buffer, extents, fast.width, guess(run, fast))
    rest = extents[:, 3] != 0
    return (run.pick(rest) if rest.any() else run.first(0)), columns


def extents_of(run: Run) -> Ints:
    """Return what a kernel is told of the records, shape (n, 4)."""
    return np.stack((run.start, run.stop, run.record, np.zeros_like(run.start)), axis=1)


def guess(run: Run, fast: Fast) -> int:
    return int((run.stop - run.start).sum()) // fast.bytes_per_row + len(run)


def settle(run: Run, sink: Sink, columns: Columns, spell: Spell) -> None:
    """Find or make the slot of every row and hand the rows over."""
    keys, times, values, records, _ = columns
    slots = sink.table.lookup(keys)
    unseen = np.flatnonzero(slots == UNSEEN)
    if len(unseen):
        good = sink.good_time(times[unseen])
        slots[unseen[~good]] = 0  # a sample that is refused anyway makes no series
        _spell_out(run, sink, columns, unseen[good], slots, spell)
        if (fine := slots != BROKEN).sum() < len(slots):
            slots, times, values, records = slots[fine], times[fine], values[fine], records[fine]
    sink.samples(records, slots, times, values)


def _spell_out(run: Run, sink: Sink, columns: Columns, rows: Ints, slots: Slots, spell: Spell) -> None:
    """Fill in `slots[rows]`; a row whose labels are broken is refused and becomes -4."""
    keys, _, _, records, where = columns
    fresh: dict[tuple[int, int], int | Refused] = {}
    # Samples of one series stand side by side in a matrix: one look for each run of them, not one for each sample.
    other = (keys[rows[1:]] != keys[rows[:-1]]).any(axis=1) | (records[rows[1:]] != records[rows[:-1]])
    for part in np.split(rows, np.flatnonzero(other) + 1) if len(rows) else ():
        row = int(part[0])
        key = (int(keys[row, 0]), int(keys[row, 1]))
        if key not in fresh:
            fresh[key] = _new(sink, key, lambda row=row: spell(run, where[row]))  # type: ignore[misc]
        found = fresh[key]
        if isinstance(found, Refused):
            sink.reject(int(records[row]), found.reason, found.detail, len(part))
        slots[part] = BROKEN if isinstance(found, Refused) else found


def _new(sink: Sink, key: tuple[int, int], spelled: Callable[[], tuple[Labels, Kind]]) -> int | Refused:
    try:
        slot = sink.resolve(*spelled())
    except Refused as refusal:
        return refusal
    sink.table.remember(*key, slot)
    return slot
