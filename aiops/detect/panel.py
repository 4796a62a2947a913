"""Settles late, duplicate and reordered samples and events, and closes one column per step at the watermark.

Everything is judged by event time. Whether a record is late is decided record by record against the records
before it, never by where a batch happened to be cut: any split of the same records closes the same columns.
A step [k * step, (k + 1) * step) closes once the newest event time has passed its end by `lateness`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.types import AnyEvent, Change, Decoded, Floats, Ints, Kind, Samples, Slots

EMPTY_SECONDS = 7_200.0
"""Empty columns are closed for this long, so that silence ripens; a longer gap is then skipped."""


@dataclass(frozen=True, slots=True)
class Column:
    """One closed step.

    Attributes
    ----------
    at : number of the step; it began at `at * step_seconds`.
    series, value : the slots that have a sample, ascending, and the sample: the last by event time of a
        gauge or counter, the sum of a delta.
    events : in canonical order: by time, then by content.
    """

    at: int
    series: Slots
    value: Floats
    events: list[AnyEvent] = field(default_factory=list)


_NO_SERIES: Slots = np.empty(0, np.int32)
_NO_VALUES: Floats = np.empty(0)
_ENCODER = msgspec.msgpack.Encoder()
_EVENTS = msgspec.msgpack.Decoder(list[tuple[int, AnyEvent]])


class Panel:
    """The open steps of one partition.

    Parameters
    ----------
    step_seconds : length of a column.
    lateness_seconds : how much older than the newest a record may be and still count.
    """

    def __init__(self, step_seconds: float, lateness_seconds: float) -> None:
        self.step_seconds, self.lateness_seconds = step_seconds, lateness_seconds
        self.newest = -math.inf
        self.closed: int | None = None
        self._empty_run = 0
        self._series: list[Slots] = []
        self._at: list[Ints] = []
        self._time: list[Floats] = []
        self._value: list[Floats] = []
        self._events: list[tuple[int, AnyEvent]] = []
        self._changes: list[tuple[int, Change]] = []

    @property
    def event_time(self) -> float:
        """End of the last closed step; -inf before the first."""
        return -math.inf if self.closed is None else (self.closed + 1) * self.step_seconds

    def add(self, decoded: Decoded) -> int:
        """Keep what is not late; return how many samples and events were; a change still counts elsewhere."""
        samples, events = decoded.samples, decoded.events
        n = 1 + max(int(samples.record[-1]) if len(samples) else -1, events[-1][0] if events else -1)
        if n == 0:
            return 0
        limit = self._limits(samples, events, n)
        late = 0
        if len(samples):
            at = np.floor(samples.timestamp / self.step_seconds).astype(np.int64)
            keep = at > limit[samples.record]
            late += int(len(keep) - np.count_nonzero(keep))
            self._series.append(samples.series[keep])
            self._at.append(at[keep])
            self._time.append(samples.timestamp[keep])
            self._value.append(samples.value[keep])
        for record, event in events:
            step = math.floor(event.timestamp / self.step_seconds)
            if isinstance(event, Change):
                self._changes.append((max(step, int(limit[record]) + 1), event))
            if step > limit[record]:
                self._events.append((step, event))
            elif not isinstance(event, Change):
                late += 1
        return late

    def _limits(self, samples: Samples, events: list[tuple[int, AnyEvent]], n: int) -> Ints:
        """Last closed step as each record of the batch found it, shape (n,); moves `newest`."""
        newest = np.full(n + 1, -np.inf)
        newest[0] = self.newest
        np.maximum.at(newest, samples.record + 1, samples.timestamp)
        for record, event in events:
            newest[record + 1] = max(newest[record + 1], event.timestamp)
        newest = np.maximum.accumulate(newest)
        self.newest = float(newest[-1])
        before = np.where(np.isfinite(newest[:-1]), newest[:-1], -1e15)
        limit = np.floor((before - self.lateness_seconds) / self.step_seconds).astype(np.int64) - 1
        return limit if self.closed is None else np.maximum(limit, self.closed)

    def take_changes(self) -> list[tuple[int, Change]]:
        """Changes added since the last call, each with its step, or the first that was open when its record came."""
        found, self._changes = self._changes, []
        return found

    def advance(self, event_time: float) -> None:
        """Let time pass without a record, as for a partition that is quiet."""
        if math.isfinite(self.newest):
            self.newest = max(self.newest, event_time)

    def close(self, kinds: npt.NDArray[np.int8]) -> Iterator[Column]:
        """Yield the columns that the watermark has passed, oldest first; `kinds` of all slots, shape (slots,)."""
        if not math.isfinite(self.newest):
            return
        last = math.floor((self.newest - self.lateness_seconds) / self.step_seconds) - 1
        ready = self._take(last, kinds)
        first = min(ready) if self.closed is None and ready else last + 1 if self.closed is None else self.closed + 1
        longest = math.ceil(EMPTY_SECONDS / self.step_seconds)
        occupied = sorted(ready)
        at = first
        while at <= last:
            if at in ready:
                self._empty_run = 0
            elif self._empty_run >= longest:
                # Silence has ripened: go on at the next column that holds something.
                at = next((one for one in occupied if one > at), last + 1)
                self.closed = at - 1
                continue
            else:
                self._empty_run += 1
            self.closed = at
            yield ready.get(at) or Column(at, _NO_SERIES, _NO_VALUES)
            at += 1

    def _take(self, last: int, kinds: npt.NDArray[np.int8]) -> dict[int, Column]:
        """Remove what belongs to steps up to `last`; return it settled."""
        columns = self._take_samples(last, kinds)
        due = [(step, event) for step, event in self._events if step <= last]
        if due:
            self._events = [(step, event) for step, event in self._events if step > last]
            due.sort(key=lambda one: (one[0], one[1].timestamp, _ENCODER.encode(one[1])))
            for step, group in groupby(due, key=lambda one: one[0]):
                there = columns.get(step) or Column(step, _NO_SERIES, _NO_VALUES)
                columns[step] = Column(step, there.series, there.value, [event for _, event in group])
        return columns

    def _take_samples(self, last: int, kinds: npt.NDArray[np.int8]) -> dict[int, Column]:
        if not self._at or not any(len(part) and int(part.min()) <= last for part in self._at):
            return {}
        series, at = np.concatenate(self._series), np.concatenate(self._at)
        time, value = np.concatenate(self._time), np.concatenate(self._value)
        due = at <= last
        later = ~due
        self._series, self._at = [series[later]], [at[later]]
        self._time, self._value = [time[later]], [value[later]]
        return dict(_settled(Samples(series[due], time[due], value[due], _NO_SERIES), at[due], kinds))

    def snapshot(self) -> bytes:
        """Everything that is still open, as msgpack."""
        series = np.concatenate([_NO_SERIES, *self._series])
        at = np.concatenate([np.empty(0, np.int64), *self._at])
        parts = [np.concatenate([_NO_VALUES, *self._time]), np.concatenate([_NO_VALUES, *self._value])]
        head = [1, self.newest, self.closed, self._empty_run]
        arrays = [part.tobytes() for part in (series, at, *parts)]
        return msgspec.msgpack.encode([head, arrays, _ENCODER.encode(self._events)])

    def restore(self, data: bytes) -> None:
        """The inverse of `snapshot`."""
        (_, self.newest, self.closed, self._empty_run), arrays, events = msgspec.msgpack.decode(data)
        self._series = [np.frombuffer(arrays[0], np.int32).copy()]
        self._at = [np.frombuffer(arrays[1], np.int64).copy()]
        self._time, self._value = [np.frombuffer(arrays[2]).copy()], [np.frombuffer(arrays[3]).copy()]
        self._events = _EVENTS.decode(events)


def _settled(samples: Samples, at: Ints, kinds: npt.NDArray[np.int8]) -> Iterator[tuple[int, Column]]:
    if _is_settled(samples, at):
        yield from _columns(samples.series, samples.value, at, kinds)
        return
    # Of two samples with equal series and time the larger stays: independent of which came first.
    order = np.lexsort((np.nan_to_num(samples.value, nan=-np.inf), samples.timestamp, samples.series, at))
    series, time, value, at = samples.series[order], samples.timestamp[order], samples.value[order], at[order]
    same = (series[1:] == series[:-1]) & (time[1:] == time[:-1]) & (at[1:] == at[:-1])
    keep = np.append(~same, True)
    yield from _columns(series[keep], value[keep], at[keep], kinds)


def _is_settled(samples: Samples, at: Ints) -> bool:
    """Whether steps, and series within a step, ascend strictly, as regular senders have it: then nothing is to do."""
    return bool(np.all((at[1:] > at[:-1]) | ((at[1:] == at[:-1]) & (samples.series[1:] > samples.series[:-1]))))


def _columns(series: Slots, value: Floats, at: Ints, kinds: npt.NDArray[np.int8]) -> Iterator[tuple[int, Column]]:
    begin = 0
    for end in np.flatnonzero(np.append(at[1:] != at[:-1], True)) + 1:
        step = int(at[begin])
        yield step, Column(step, *_one_a_series(series[begin:end], value[begin:end], kinds))
        begin = int(end)


def _one_a_series(series: Slots, value: Floats, kinds: npt.NDArray[np.int8]) -> tuple[Slots, Floats]:
    last = np.append(series[1:] != series[:-1], True)
    if last.all():
        return series, value
    firsts = np.flatnonzero(np.append(True, series[1:] != series[:-1]))
    known = ~np.isnan(value)
    sums = np.add.reduceat(np.where(known, value, 0.0), firsts)
    # Nothing but staleness markers is no sample, not a count of zero.
    sums[~np.logical_or.reduceat(known, firsts)] = np.nan
    unique = series[last]
    return unique, np.where(kinds[unique] == Kind.DELTA, sums, value[last])
