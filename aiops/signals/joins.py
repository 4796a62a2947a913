"""Halves that wait for each other: a prediction for its label, a request for its response.

Bounded and in order of arrival; the oldest is forgotten for a newcomer. Entries lie in segments, so that a
snapshot writes only the segments that changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from aiops.types import Prediction

SEGMENT = 1024


class RowJoin:
    """Waiting rows by (model, row id).

    Parameters
    ----------
    name : of its parts in a snapshot.
    limit : rows that wait at most.
    """

    def __init__(self, name: str = "waiting", limit: int = 50_000) -> None:
        self._prefix = f"{name}-"
        self._limit = limit
        self._next = 0
        self._where: dict[tuple[str, str], int] = {}
        self._segments: dict[int, dict[int, Prediction]] = {}
        self._parts: dict[str, bytes] = {}
        self._stale: set[int] = set()

    def __len__(self) -> int:
        return len(self._where)

    def wait(self, row: Prediction) -> None:
        """Remember a row; the same one again replaces it."""
        self.take(row.model, row.id)
        while len(self._where) >= self._limit:
            self.take(*next(iter(self._where)))
        number, self._next = self._next, self._next + 1
        self._where[row.model, row.id] = number
        self._segments.setdefault(number // SEGMENT, {})[number] = row
        self._stale.add(number // SEGMENT)

    def take(self, model: str, row: str) -> Prediction | None:
        """The row, which then waits no longer; None when it is not known."""
        number = self._where.pop((model, row), None)
        if number is None:
            return None
        self._stale.add(number // SEGMENT)
        return self._segments[number // SEGMENT].pop(number)

    def forget(self, before: float) -> None:
        """Let go of rows that are older than a time; they lie in order of arrival, which is nearly that of time."""
        while self._where:
            oldest = next(iter(self._where))
            number = self._where[oldest]
            if self._segments[number // SEGMENT][number].timestamp >= before:
                return
            self.take(*oldest)

    def snapshot(self) -> dict[str, bytes]:
        """Segments as MessagePack; those that did not change are the same objects as last time."""
        for segment in sorted(self._stale):
            name = f"{self._prefix}{segment:08d}"
            if self._segments.get(segment):
                self._parts[name] = msgspec.msgpack.encode(list(self._segments[segment].items()))
            else:
                self._segments.pop(segment, None)
                self._parts.pop(name, None)
        self._stale.clear()
        return dict(self._parts)

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `snapshot` gave."""
        for name in sorted(name for name in parts if name.startswith(self._prefix)):
            for number, row in msgspec.msgpack.decode(parts[name], type=list[tuple[int, Prediction]]):
                self._where[row.model, row.id] = number
                self._segments.setdefault(number // SEGMENT, {})[number] = row
                self._next = number + 1
            self._parts[name] = parts[name]
