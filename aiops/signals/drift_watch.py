"""Whether a model's columns still come from the reference's distribution.

Rows are counted into blocks. When a block is full, two windows - the last few blocks, for speed, and many,
for small shifts - are compared with the reference by a two-sample G-test, since a reference of finite size
errs as well. What is reported must survive, in this order: Benjamini-Hochberg over the model's features
(1995, JRSS B 57:289), a floor on the effect (PSI without its bias: a large window finds any trifle
significant), and persistence: it must stand in two of three windows a third of their length apart.

The long window is kept as six parts and moves on by one: counts of 100 features in both windows take some 25 kB.

Without these three a model with 50 features is told to have drifted almost every day (SIGNALS: KS p < .05
over 50 features flags 94 of 100 clean windows).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.signals.reference import WIDTH
from aiops.types import Floats, Ints
from detectors.drift import benjamini_hochberg, g_test, psi

BLOCK_ROWS = 100
BLOCK_SECONDS = 60.0
WINDOWS = ((1, 3), (3, 6))
"""Blocks of a part, and parts, of the short and of the long window; thirds of a window are whole parts."""
LEAST_ROWS = 200
PSI_FLOOR = 0.1
FORGET_SECONDS = 86_400.0
CAP = 30.0


def effect_of(reference: Ints, current: Ints) -> Floats:
    """Population stability index less what chance alone makes of it, not below 0; shape (features,)."""
    bins = ((reference + current) > 0).sum(1)
    chance = np.maximum(bins - 1, 0) * (1 / np.maximum(reference.sum(1), 1) + 1 / np.maximum(current.sum(1), 1))
    found: Floats = np.maximum(psi(reference, current) - chance, 0.0)
    return found


class _RingState(msgspec.Struct, array_like=True):
    open: bytes
    blocks: int
    parts: list[tuple[float, str, bytes]]
    past: list[bytes]
    surprise: bytes


class _State(msgspec.Struct, array_like=True):
    """The open block, the rings, and the effect that the short window showed last."""

    open: bytes
    opened: float
    rows: int
    rings: list[_RingState]
    psi: bytes


class _Ring:
    """One sliding window, kept as a few parts of some blocks each; counts are flat and as narrow as they may be."""

    def __init__(self, blocks: int, parts: int, features: int) -> None:
        self._blocks, self._most = blocks, parts
        self._open, self._filled = np.zeros(0, np.uint32), 0
        self._parts: list[tuple[float, npt.NDArray[Any]]] = []
        self._past: list[Floats] = []
        self.surprise: Floats = np.zeros(features)

    @property
    def judged(self) -> bool:
        return bool(self._past)

    @property
    def nbytes(self) -> int:
        """Bytes of the window's counts."""
        return self._open.nbytes + sum(counts.nbytes for _, counts in self._parts)

    def window(self) -> Ints | None:
        """Counts of the window, flat; None while it is not full."""
        if len(self._parts) < self._most:
            return None
        found: Ints = np.sum([counts for _, counts in self._parts], axis=0, dtype=np.int64)
        return found

    def take(self, end: float, block: npt.NDArray[np.uint32]) -> bool:
        """Add a block; whether that completed a part."""
        self._open = self._open + block if self._filled else block
        self._filled += 1
        if self._filled < self._blocks:
            return False
        self._parts = [one for one in self._parts[1 - self._most :] if end - one[0] < FORGET_SECONDS]
        narrow = np.uint16 if self._open.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
        self._parts.append((end, self._open.astype(narrow)))
        self._open, self._filled = np.zeros(0, np.uint32), 0
        return True

    def tell(self, found: Floats) -> None:
        """Keep what a comparison said; it counts when two of three windows a third of their length apart say it."""
        third = self._most // 3
        self._past.append(found)
        del self._past[: -(2 * third + 1)]
        some = np.array([self._past[-1 - lag] for lag in (0, third, 2 * third) if lag < len(self._past)])
        self.surprise = np.sort(some, axis=0)[-2] if len(some) > 1 else np.zeros_like(found)

    def state(self) -> _RingState:
        parts = [(end, counts.dtype.str, counts.tobytes()) for end, counts in self._parts]
        past = [_floats(one) for one in self._past]
        return _RingState(self._open.tobytes(), self._filled, parts, past, _floats(self.surprise))

    def load(self, state: _RingState) -> None:
        self._open, self._filled = np.frombuffer(state.open, np.uint32).copy(), state.blocks
        self._parts = [(end, np.frombuffer(body, kind)) for end, kind, body in state.parts]
        self._past, self.surprise = [_array(one) for one in state.past], _array(state.surprise)


class DriftWatch:
    """Sliding comparison of some columns with their frozen reference.

    Parameters
    ----------
    reference : shape (features, WIDTH), counts.
    widths : bins of each feature, shape (features,); what lies beyond is not kept.
    pooled : whether the features are one family for Benjamini-Hochberg.
    """

    def __init__(self, reference: Ints, widths: Sequence[int] | None = None, *, pooled: bool = True) -> None:
        self.reference = reference
        self._pooled = pooled
        bins = np.full(len(reference), WIDTH) if widths is None else np.asarray(widths)
        self._used = np.arange(WIDTH) < bins[:, None]
        size = int(self._used.sum())
        self._open = np.zeros(size, np.uint32)
        self._opened, self._rows = 0.0, 0
        self._rings = [_Ring(blocks, parts, len(reference)) for blocks, parts in WINDOWS]
        self.surprise = np.zeros(len(reference))
        self.psi = np.zeros(len(reference))

    @property
    def ready(self) -> bool:
        """Whether at least one comparison was made."""
        return any(ring.judged for ring in self._rings)

    @property
    def window(self) -> Ints:
        """Counts of the short window, shape (features, WIDTH); of none while it is not full."""
        found = self._rings[0].window()
        return np.zeros_like(self.reference) if found is None else self._wide(found)

    @property
    def nbytes(self) -> int:
        """Bytes of both windows' counts."""
        return self._open.nbytes + sum(ring.nbytes for ring in self._rings)

    def add(self, step: float, step_seconds: float, rows: int, counts: Ints) -> None:
        """Count a step's rows; compare when that fills a block.

        Parameters
        ----------
        counts : shape (features, WIDTH), int64.
        """
        if not self._rows:
            self._opened = step
        self._rows += rows
        self._open += counts[self._used].astype(np.uint32)
        end = step + step_seconds
        if self._rows < BLOCK_ROWS or end - self._opened < BLOCK_SECONDS:
            return
        block, self._open, self._rows = self._open, np.zeros_like(self._open), 0
        for i, ring in enumerate(self._rings):
            if ring.take(end, block) and (window := ring.window()) is not None:
                self._compare(ring, self._wide(window), short=i == 0)
        self.surprise = np.max([ring.surprise for ring in self._rings], axis=0)

    def _compare(self, ring: _Ring, current: Ints, *, short: bool) -> None:
        effect = effect_of(self.reference, current)
        if short:
            self.psi = effect
        ring.tell(self._judge(current, effect))

    def _judge(self, current: Ints, effect: Floats) -> Floats:
        p = np.where(current.sum(1) >= LEAST_ROWS, g_test(self.reference, current)[1], 1.0)
        p = benjamini_hochberg(p) if self._pooled else np.minimum(p * len(p), 1.0)
        found = np.minimum(-np.log10(np.maximum(p, 10**-CAP)), CAP)
        return np.where(effect >= PSI_FLOOR, found, 0.0)

    def _wide(self, flat: Ints) -> Ints:
        found = np.zeros(self._used.shape, np.int64)
        found[self._used] = flat
        return found

    def encode(self) -> bytes:
        """All but the reference, as MessagePack."""
        rings = [ring.state() for ring in self._rings]
        return msgspec.msgpack.encode(_State(self._open.tobytes(), self._opened, self._rows, rings, _floats(self.psi)))

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._open = np.frombuffer(state.open, np.uint32).copy()
        self._opened, self._rows = state.opened, state.rows
        for ring, saved in zip(self._rings, state.rings, strict=True):
            ring.load(saved)
        self.psi = _array(state.psi)
        self.surprise = np.max([ring.surprise for ring in self._rings], axis=0)


def _floats(values: Floats) -> bytes:
    return values.astype("<f8").tobytes()


def _array(body: bytes) -> Floats:
    return np.frombuffer(body, "<f8").astype(np.float64)


def stack(counts: Sequence[Sequence[int]]) -> Ints:
    """Rows of counts as one matrix, shape (features, WIDTH)."""
    return np.asarray(counts, np.int64).reshape(-1, WIDTH)
