"""A sliding window of counts, kept as a few parts of some blocks each, and what was said of it of late.

A part is as narrow as its counts allow. Where it matters it knows the hours of the week its rows fell into (`hours`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.signals.hours import Mix
from aiops.types import Floats, Ints

FORGET_SECONDS = 86_400.0


class SlidingState(msgspec.Struct, array_like=True):
    """All that is saved of a window."""

    open: bytes
    blocks: int
    parts: list[tuple[float, str, bytes]]
    past: list[bytes]
    surprise: bytes
    mixes: list[Mix] = []
    """Of each part, then of the open one; empty where hours do not matter."""


class Sliding:
    """One sliding window; counts are flat.

    Parameters
    ----------
    blocks, parts : blocks of a part, and parts of the window.
    features : columns that are compared.
    """

    def __init__(self, blocks: int, parts: int, features: int) -> None:
        self._blocks, self._most, self._features = blocks, parts, features
        self._open, self._filled = np.zeros(0, np.uint32), 0
        self._open_mix: Mix = {}
        self._parts: list[tuple[float, npt.NDArray[Any], Mix]] = []
        self._past: list[Floats] = []
        self.surprise: Floats = np.zeros(features)

    @property
    def judged(self) -> bool:
        """Whether something was said of it."""
        return bool(self._past)

    @property
    def nbytes(self) -> int:
        """Bytes of the window's counts."""
        return self._open.nbytes + sum(counts.nbytes for _, counts, _ in self._parts)

    @property
    def mix(self) -> Mix:
        """The hours that its rows fell into."""
        return blended(mix for _, _, mix in self._parts)

    def window(self) -> Ints | None:
        """Counts of the window, flat; None while it is not full."""
        if len(self._parts) < self._most:
            return None
        found: Ints = np.sum([counts for _, counts, _ in self._parts], axis=0, dtype=np.int64)
        return found

    def take(self, end: float, block: npt.NDArray[np.uint32], mix: Mix) -> bool:
        """Add a block; whether that completed a part."""
        self._open = self._open + block if self._filled else block
        self._open_mix = blended((self._open_mix, mix))
        self._filled += 1
        if self._filled < self._blocks:
            return False
        self._parts = [one for one in self._parts[1 - self._most :] if end - one[0] < FORGET_SECONDS]
        narrow = np.uint16 if self._open.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
        self._parts.append((end, self._open.astype(narrow), self._open_mix))
        self._open, self._open_mix, self._filled = np.zeros(0, np.uint32), {}, 0
        return True

    def tell(self, found: Floats) -> None:
        """Keep what a comparison said; it counts when two of three windows a third of their length apart say it."""
        third = self._most // 3
        self._past.append(found)
        del self._past[: -(2 * third + 1)]
        some = np.array([self._past[-1 - lag] for lag in (0, third, 2 * third) if lag < len(self._past)])
        self.surprise = np.sort(some, axis=0)[-2] if len(some) > 1 else np.zeros_like(found)

    def hush(self) -> None:
        """Nothing can be said of it, and what was said before is about another time."""
        self._past, self.surprise = [], np.zeros(self._features)

    def state(self) -> SlidingState:
        """All of it."""
        parts = [(end, counts.dtype.str, counts.tobytes()) for end, counts, _ in self._parts]
        past = [floats(one) for one in self._past]
        mixes = [*(mix for _, _, mix in self._parts), self._open_mix]
        return SlidingState(self._open.tobytes(), self._filled, parts, past, floats(self.surprise), mixes)

    def load(self, state: SlidingState) -> None:
        """Take over what `state` gave."""
        self._open, self._filled = np.frombuffer(state.open, np.uint32).copy(), state.blocks
        mixes = state.mixes or [{} for _ in range(len(state.parts) + 1)]
        self._open_mix = mixes[-1]
        self._parts = [
            (end, np.frombuffer(body, kind), mix) for (end, kind, body), mix in zip(state.parts, mixes, strict=False)
        ]
        self._past, self.surprise = [array(one) for one in state.past], array(state.surprise)


def blended(mixes: Iterable[Mix]) -> Mix:
    """Mixes added up, by hour."""
    found: Mix = {}
    for mix in mixes:
        for hour, rows in mix.items():
            found[hour] = found.get(hour, 0.0) + rows
    return dict(sorted(found.items()))


def floats(values: Floats) -> bytes:
    """As bytes, little-endian."""
    return values.astype("<f8").tobytes()


def array(body: bytes) -> Floats:
    """The inverse."""
    return np.frombuffer(body, "<f8").astype(np.float64)
