"""Where formats put what they read, and the one place that judges it.

A format says "this record holds this sample"; whether a time is possible, a value finite, a name short
enough or a series admitted is decided here, over whole columns, alike for every format. Lateness is not
judged: only the panel knows its watermark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ParamSpec

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.decode.series import REFUSED, SeriesTable
from aiops.types import AnyEvent, Decoded, Floats, Ints, Kind, Labels, LogRecord, Rejected, Samples, Slots

FUTURE_SECONDS = 300.0
YEAR_2000 = 946_684_800.0
NAME_CHARS = 1_024
VALUE_CHARS = 4_096
TOO_LONG = -3  # stands where a slot would: the labels are too long

P = ParamSpec("P")

REASONS = ("", "name_too_long", "series_cap", "invalid_time", "future", "non_finite")
DETAIL_CHARS = 200
ENCODER = msgspec.msgpack.Encoder()
BAD_PARTS = 10_000


class Refused(Exception):
    """A record, or a part of one, cannot be used.

    Parameters
    ----------
    reason : `lower_snake_case`, the label of `aiops_dropped_total`.
    detail : for the dead letter; cut to 200 characters.
    count : samples or events lost.
    """

    def __init__(self, reason: str, detail: str = "", count: int = 1) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.count = reason, detail[:DETAIL_CHARS], count


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive records of one format.

    Attributes
    ----------
    buffer : uint8, all bytes.
    start, stop : shape (n,), int64; record i is `buffer[start[i]:stop[i]]`.
    record : shape (n,), int32, ascending; index of each in the batch.
    """

    buffer: npt.NDArray[np.uint8]
    start: Ints
    stop: Ints
    record: Slots

    def __len__(self) -> int:
        return len(self.start)

    def body(self, i: int) -> bytes:
        return self.buffer[self.start[i] : self.stop[i]].tobytes()

    def each(self, sink: Sink, read: Callable[[int, bytes, Sink], None]) -> None:
        """Call `read(record, body, sink)` for every record; what it refuses is noted and costs that record only."""
        for record, body in self:
            sink.attempt(record, read, record, body, sink)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for i in range(len(self)):
            yield int(self.record[i]), self.body(i)

    def cut(self, row: Ints, at: int) -> bytes:
        """Return the bytes a kernel's row points at with `row[at]` and `row[at + 1]`."""
        return self.buffer[row[at] : row[at + 1]].tobytes()

    def first(self, n: int) -> Run:
        return self.between(0, n)

    def between(self, first: int, last: int) -> Run:
        return Run(self.buffer, self.start[first:last], self.stop[first:last], self.record[first:last])

    def pick(self, chosen: npt.NDArray[np.bool_]) -> Run:
        return Run(self.buffer, self.start[chosen], self.stop[chosen], self.record[chosen])


def joined(bodies: list[tuple[int, bytes]]) -> Run:
    """Return (record, body) pairs as a run."""
    ends = np.cumsum([len(body) for _, body in bodies], dtype=np.int64)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    buffer = np.frombuffer(b"".join(body for _, body in bodies), np.uint8)
    return Run(buffer, starts, ends, np.array([record for record, _ in bodies], np.int32))


class Sink:
    """Collects one batch.

    Parameters
    ----------
    table : series of the partition.
    now : daemon clock, epoch seconds; only bounds the future and stands in for a missing time.
    topic : of the partition, where a format's records do not name what they are about; empty = none.
    """

    def __init__(self, table: SeriesTable, now: float, topic: str = "") -> None:
        self.table, self.now, self.topic = table, now, topic
        self._columns: list[tuple[Slots, Floats, Floats, Slots]] = []
        self._single: list[tuple[int, float, float, int]] = []
        self._events: list[tuple[int, AnyEvent]] = []
        self._rejected: dict[tuple[int, str], Rejected] = {}
        self._bad = (-1, 0)  # the record read last, and how many of its parts were refused

    def resolve(self, labels: Labels, kind: Kind) -> int:
        """Return the slot of `labels`, -1 = refused by a cap, -3 = a name or value is too long."""
        for name, value in labels.pairs:
            if len(name) > NAME_CHARS or len(value) > (NAME_CHARS if name == "__name__" else VALUE_CHARS):
                return TOO_LONG
        return self.table.slot(labels, kind)

    def sample(self, record: int, series: tuple[Labels, Kind], timestamp: float, value: float) -> None:
        """Add one sample. One whose time is impossible makes no series."""
        slot = 0 if self.time_fault(timestamp) else self.resolve(*series)
        self._single.append((slot, timestamp, value, record))

    def good_time(self, timestamp: Floats) -> npt.NDArray[np.bool_]:
        """Tell which times are possible, shape (n,)."""
        return (timestamp >= YEAR_2000) & (timestamp <= self.now + FUTURE_SECONDS)

    def samples(self, record: Slots, slots: Slots, timestamp: Floats, value: Floats) -> None:
        """Add columns of shape (n,); the arrays are kept."""
        self._flush()
        if len(slots):
            self._columns.append((slots, timestamp, value, record))

    def event(self, record: int, event: AnyEvent) -> None:
        """Add an event if its time is possible and its numbers can be saved, refuse it otherwise."""
        reason = self.time_fault(event.timestamp)
        if reason:
            self.reject(record, reason, f"timestamp {event.timestamp!r}")
        elif not _savable(event):
            self.reject(record, "invalid_field", "a whole number of more than 64 bits")
        else:
            self._events.append((record, event))

    def time_fault(self, timestamp: float) -> str:
        """Why a time is impossible, empty when it is not."""
        if not timestamp >= YEAR_2000:  # NaN too
            return "invalid_time"
        return "future" if timestamp > self.now + FUTURE_SECONDS else ""

    def reject(self, record: int, reason: str, detail: str = "", count: int = 1) -> None:
        """Note a loss. One note a record and reason: the first detail, the sum of the counts."""
        before = self._rejected.get((record, reason))
        first = detail[:DETAIL_CHARS] if before is None else before.detail
        self._rejected[record, reason] = Rejected(record, reason, first, count + (before.count if before else 0))

    def attempt(self, record: int, read: Callable[P, None], *args: P.args, **named: P.kwargs) -> bool:
        """Call `read`; a refusal is noted. Returns whether it went well.

        Raises
        ------
        Refused : 10,000 parts of the record were bad; whoever reads the record gives up on the rest.
        """
        try:
            read(*args, **named)
        except Refused as refusal:
            self.reject(record, refusal.reason, refusal.detail, refusal.count)
            self._bad = (record, self._bad[1] + 1 if self._bad[0] == record else 1)
            if self._bad[1] == BAD_PARTS:  # once: the next level up notes it and goes on with the next record
                raise Refused("invalid_field", "too many bad parts; the rest of the record was not read") from refusal
            return False
        return True

    def _flush(self) -> None:
        if not self._single:
            return
        slots, timestamp, value, record = zip(*self._single, strict=True)
        self._single = []
        self._columns.append(
            (np.array(slots, np.int32), np.array(timestamp, float), np.array(value, float), np.array(record, np.int32))
        )

    def decoded(self) -> Decoded:
        """Judge all samples and return the batch, everything ordered by record."""
        self._flush()
        samples = self._judge() if self._columns else Samples.empty()
        self._events.sort(key=lambda event: event[0])
        rejected = sorted(self._rejected.values(), key=lambda one: one.record)
        return Decoded(samples, self._events, rejected)

    def _judge(self) -> Samples:
        one = len(self._columns) == 1
        slots, timestamp, value, record = (
            self._columns[0] if one else map(np.concatenate, zip(*self._columns, strict=True))
        )
        if np.any(record[1:] < record[:-1]):
            order = np.argsort(record, kind="stable")
            slots, timestamp, value, record = slots[order], timestamp[order], value[order], record[order]
        good = (slots >= 0) & self.good_time(timestamp) & ~np.isinf(value)
        if good.all():
            return Samples(slots, timestamp, value, record)
        bad = ~good
        self._note(slots[bad], timestamp[bad], value[bad], record[bad])
        return Samples(slots[good], timestamp[good], value[good], record[good])

    def _note(self, slots: Slots, timestamp: Floats, value: Floats, record: Slots) -> None:
        """Count the refused samples per record and reason."""
        reason = np.full(len(slots), REASONS.index("non_finite"))
        reason[timestamp > self.now + FUTURE_SECONDS] = REASONS.index("future")
        reason[~(timestamp >= YEAR_2000)] = REASONS.index("invalid_time")
        reason[slots == REFUSED] = REASONS.index("series_cap")
        reason[slots == TOO_LONG] = REASONS.index("name_too_long")
        pairs, first, count = np.unique(record.astype(np.int64) * 8 + reason, return_index=True, return_counts=True)
        for pair, at, n in zip(pairs.tolist(), first.tolist(), count.tolist(), strict=True):
            name = REASONS[pair % 8]
            about = {"non_finite": value, "future": timestamp, "invalid_time": timestamp}.get(name)
            self.reject(pair // 8, name, "" if about is None else repr(float(about[at])), n)


def _savable(event: AnyEvent) -> bool:
    """Whether an event can wait for its step: JSON's integers have no bound, those of the saved state have one."""
    if isinstance(event, LogRecord):
        return True
    try:
        ENCODER.encode(event)
    except OverflowError:
        return False
    return True


def seconds(nanoseconds: int) -> float:
    """Epoch seconds of OTLP's nanoseconds; the same arithmetic in every format and kernel."""
    return nanoseconds / 1e9 if 0 <= nanoseconds < 2**64 else math.nan
