"""Silence made visible: counts seen within the last hour are 0 when nothing comes.

Without this a service that stops logging would merely be absent, and nothing watches what is absent.
It holds no values, only when each key was last seen.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from aiops.signals.emitted import Key

FORGET_SECONDS = 3600.0


class Recent:
    """Keys and the step each was last seen in.

    Parameters
    ----------
    limit : keys remembered at most; what comes beyond is emitted but not filled with 0 later.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._seen: dict[Key, float] = {}
        self._encoded: bytes | None = None

    def __contains__(self, name: Key) -> bool:
        return name in self._seen

    @property
    def full(self) -> bool:
        return len(self._seen) >= self._limit

    def fill(self, step: float, counts: Mapping[Key, float]) -> dict[Key, float]:
        """The step's counts, and 0 for every key seen within the hour before `step`."""
        horizon = step - FORGET_SECONDS
        expired = [name for name, seen in self._seen.items() if seen < horizon]
        for name in expired:
            del self._seen[name]
        for name in sorted(counts):
            if name in self._seen or len(self._seen) < self._limit:
                self._seen[name] = step
        if expired or counts:
            self._encoded = None
        return {**dict.fromkeys(self._seen, 0.0), **counts}

    def snapshot(self) -> bytes:
        """MessagePack, sorted; the same object while nothing changed."""
        if self._encoded is None:
            self._encoded = msgspec.msgpack.encode(sorted(self._seen.items()))
        return self._encoded

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._seen = dict(msgspec.msgpack.decode(part, type=list[tuple[Key, float]]))
        self._encoded = part
