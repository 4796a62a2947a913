"""Reads a source from many positions and compares what it delivers: nothing lost, nothing twice."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.errors import TemporaryError
from aiops.testing.component import check_config, check_json, error_of
from aiops.types import Records

CUTS = 4

Items = Callable[[Records], Sequence[Any]]


def bodies(records: Records) -> list[tuple[int, bytes]]:
    """(offset, bytes) of each record."""
    rows = zip(records.offsets.tolist(), records.start.tolist(), records.stop.tolist(), strict=True)
    return [(offset, bytes(records.buffer[start:stop])) for offset, start, stop in rows]


def check_source(
    make: Callable[[], Any],
    *,
    name: str,
    positions: Mapping[str, Any] | None = None,
    feed: Callable[[Any], int | None] | None = None,
    items: Items | None = None,
    away: Callable[[], Any] | None = None,
    poll_seconds: float = 0.1,
    patience_seconds: float = 30.0,
) -> None:
    """A source loses nothing and says nothing twice, whichever of its positions it goes on from.

    Parameters
    ----------
    make : a new source, not opened, on the same other side and the same `state_dir` at each call.
    name : the name `make` gives it.
    positions : where to begin; needed when a partition without a position does not begin at its beginning.
    feed : puts something new where the opened source it is given will find it, and returns how many items come of it
        (None = it cannot tell). Absent = everything is there already.
    items : what of a batch is to come exactly once, in any order; absent = its records, in their order.
    away : a source whose other side is not there.
    poll_seconds, patience_seconds : how long one poll may wait, and how long what is expected may take to come.

    Raises
    ------
    AssertionError : a promise is broken.
    """
    begin = dict(positions or {})
    check_config(make().Config)
    source = make()
    assert isinstance(source.kind, str), "`kind` is not a string"
    check_before_open(source, name)
    reading = _Reading(name, items, poll_seconds, patience_seconds)
    whole = reading.first(source, begin, feed)
    source.close()
    source.close()
    reading.nothing(source, "a poll after close")
    reading.same(source, begin, whole, "closed and opened again, it")
    for cut in _cuts(len(whole)):
        at = begin | {one.records.partition: one.records.position for one in whole[:cut]}
        reading.same(make(), at, whole[cut:], f"opened behind batch {cut} of {len(whole)}, it", twice=True)
    last = make()
    end = begin | {one.records.partition: one.records.position for one in whole}
    last.open(end)
    last.committed({})
    last.committed(end)
    last.close()
    reading.same(make(), end, [], "opened where everything was committed, it")
    if away is not None:
        check_source_away(away)


def check_before_open(source: Any, name: str) -> None:
    """Before `open` a source answers, is not ready, connects to check itself, and can be closed."""
    _check_status(source, name)
    assert not source.status().ready, "it is ready before it was opened"
    problems = source.check()
    assert problems == [], f"check() found something wrong with a source that works: {problems}"
    source.close()


def check_source_away(make: Callable[[], Any]) -> None:
    """Without its other side a source says so by TemporaryError or PermanentError, and can still be closed."""
    problems = make().check()
    assert isinstance(problems, list), "check() returns no list"
    assert problems, "check() finds nothing wrong although the other side is away"
    assert all(isinstance(one, str) and one for one in problems), "check() returns something other than sentences"
    source = make()
    error = error_of(lambda: source.open({})) or error_of(lambda: source.poll(0.1))
    assert error is not None, "neither open nor poll says that the other side is away"
    assert str(error), "an error without words"
    assert not source.status().healthy, "it is healthy although the other side is away"
    source.close()
    source.close()


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was handed over, and a copy of it as it was then."""

    records: Records
    copy: bytes


class _Reading:
    """Reads sources called `name` and compares what they deliver."""

    def __init__(self, name: str, items: Items | None, poll_seconds: float, patience_seconds: float) -> None:
        self._name, self._items, self._units = name, items, items or bodies
        self._poll_seconds, self._patience_seconds = poll_seconds, patience_seconds

    def first(self, source: Any, begin: Mapping[str, Any], feed: Callable[[Any], int | None] | None) -> list[_Batch]:
        """Read everything, fed twice so that something comes between two polls."""
        self._open(source, begin)
        whole: list[_Batch] = []
        for _ in range(2 if feed else 1):
            whole += self._read(source, feed(source) if feed else None)
        assert whole, "it delivered nothing: `feed` must give it something, or it must have something already"
        _check_status(source, self._name)
        status = source.status()
        assert status.ready, f"it delivered everything and is not ready: {status.detail}"
        assert status.healthy, f"it delivered everything and is not healthy: {status.detail}"
        for one in whole:
            assert bytes(one.records.buffer) == one.copy, "a later poll changed the buffer of an earlier batch"
        known = set(status.partitions)
        assert {one.records.partition for one in whole} <= known, f"status() names {sorted(known)} and delivers others"
        return whole

    def same(
        self, source: Any, positions: Mapping[str, Any], expected: list[_Batch], how: str, *, twice: bool = False
    ) -> None:
        """Opened at `positions` it delivers `expected`, whole and once, and nothing else."""
        for _ in range(1 + twice):
            self._open(source, positions)
        wanted = self._by_partition(expected)
        found = self._by_partition(self._read(source, sum(map(len, wanted.values()))))
        source.close()
        for partition in sorted(wanted.keys() | found.keys()):
            want, got = wanted.get(partition, []), found.get(partition, [])
            lost, again = Counter(want) - Counter(got), Counter(got) - Counter(want)
            assert not lost, f"{how} lost {lost.total()} of {len(want)} items of {partition}"
            assert not again, f"{how} delivered {again.total()} items of {partition} too many"
            assert self._items or want == got, f"{how} delivered the records of {partition} in another order"

    def nothing(self, source: Any, what: str) -> None:
        """A poll finds nothing, or says that it cannot."""
        found: list[Any] = []
        error = error_of(lambda: found.extend(source.poll(0.0)))
        assert error is not None or not found, f"{what} delivers something"

    def _by_partition(self, batches: list[_Batch]) -> dict[str, list[Any]]:
        told: dict[str, list[Any]] = {}
        for one in batches:
            told.setdefault(one.records.partition, []).extend(self._units(one.records))
        return {partition: found for partition, found in told.items() if found}

    def _open(self, source: Any, positions: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + self._patience_seconds
        while error := error_of(lambda: source.open(dict(positions))):
            assert time.monotonic() < deadline, f"it could not be opened: {error}"
            assert isinstance(error, TemporaryError), f"open refuses for good: {error}"

    def _read(self, source: Any, expected: int | None) -> list[_Batch]:
        """Poll until `expected` items have come (or any, when nobody knows), and then until nothing comes."""
        found: list[_Batch] = []
        came, empty, deadline = 0, 0, time.monotonic() + self._patience_seconds
        while empty < 2 or (came < expected if expected is not None else not came):
            fresh: list[Records] = []
            error = error_of(lambda into: into.extend(source.poll(self._poll_seconds)), fresh)
            assert error is None or isinstance(error, TemporaryError), f"poll refuses for good: {error}"
            for records in fresh:
                check_records(records, self._name)
                found.append(_Batch(records, bytes(records.buffer)))
                came += len(self._units(records))
            empty = 0 if fresh else empty + 1
            if time.monotonic() > deadline:
                break
        return found


def check_records(records: Records, name: str) -> None:
    """A batch lies within its buffer, names its partition after its source, and has a position that can be stored."""
    assert records.partition.partition("/")[0] == name, f"partition {records.partition!r} is not of source {name!r}"
    columns = {"start": records.start, "stop": records.stop, "offsets": records.offsets}
    for column, array in columns.items():
        assert array.dtype == np.int64, f"{column} is {array.dtype}, not int64"
        assert array.shape == (len(records),), f"{column} has the shape {array.shape}, not ({len(records)},)"
    assert (records.start >= 0).all(), "a record starts before its buffer"
    assert (records.start <= records.stop).all(), "a record stops before it starts"
    assert (records.stop <= len(records.buffer)).all(), "a record stops behind its buffer"
    assert (records.offsets >= 0).all(), "an offset is negative"
    check_json(records.position, "position")
    assert records.position is not None, "a batch without a position cannot be committed"
    for reason, count in records.dropped.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", reason), f"the reason {reason!r} is not lower_snake_case"
        assert count > 0, f"{count} records are said to be dropped as {reason}"


def _check_status(source: Any, name: str) -> None:
    status = source.status()
    assert isinstance(status.detail, str), "status().detail is no text"
    for partition, one in status.partitions.items():
        assert partition.partition("/")[0] == name, f"status() names partition {partition!r} of another source"
        assert one.lag >= 0, f"{partition} has a negative lag"
        assert not (one.at_end and one.lag), f"{partition} is at its end and {one.lag} records behind it"


def _cuts(batches: int) -> list[int]:
    """Ascending, as commits are: what was committed once may be gone."""
    return sorted({round(i * batches / (CUTS + 1)) for i in range(1, CUTS + 1)} - {0, batches})
