"""Predictions that wait for their label.

Bounded and in order of arrival; the oldest is forgotten for a newcomer. Entries lie in segments, so that a
snapshot writes only the segments that changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from aiops.signals.reference import Value

SEGMENT = 1024
Waiting = tuple[Value, str]
"""What was predicted, by which version."""


class LabelJoin:
    """Pending predictions by (model, row id).

    Parameters
    ----------
    limit : predictions that wait at most.
    """

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._next = 0
        self._where: dict[tuple[str, str], int] = {}
        self._segments: dict[int, dict[int, tuple[str, str, Waiting]]] = {}
        self._parts: dict[str, bytes] = {}
        self._stale: set[int] = set()

    def __len__(self) -> int:
        return len(self._where)

    def wait(self, model: str, row: str, prediction: Value, version: str) -> None:
        """Remember a prediction; the same row again replaces it."""
        self.take(model, row)
        while len(self._where) >= self._limit:
            oldest = next(iter(self._where))
            self.take(*oldest)
        number, self._next = self._next, self._next + 1
        self._where[model, row] = number
        self._segments.setdefault(number // SEGMENT, {})[number] = (model, row, (prediction, version))
        self._stale.add(number // SEGMENT)

    def take(self, model: str, row: str) -> Waiting | None:
        """The prediction of a row, which then waits no longer; None when it is not known."""
        number = self._where.pop((model, row), None)
        if number is None:
            return None
        self._stale.add(number // SEGMENT)
        return self._segments[number // SEGMENT].pop(number)[2]

    def snapshot(self) -> dict[str, bytes]:
        """Segments as MessagePack; those that did not change are the same objects as last time."""
        for segment in sorted(self._stale):
            name = f"waiting-{segment:08d}"
            if self._segments.get(segment):
                self._parts[name] = msgspec.msgpack.encode(list(self._segments[segment].items()))
            else:
                self._segments.pop(segment, None)
                self._parts.pop(name, None)
        self._stale.clear()
        return dict(self._parts)

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `snapshot` gave."""
        for name in sorted(name for name in parts if name.startswith("waiting-")):
            entries = msgspec.msgpack.decode(parts[name], type=list[tuple[int, tuple[str, str, Waiting]]])
            for number, (model, row, waiting) in entries:
                self._where[model, row] = number
                self._segments.setdefault(number // SEGMENT, {})[number] = (model, row, waiting)
                self._next = number + 1
            self._parts[name] = parts[name]
