"""Whether a model's columns still come from the reference's distribution.

Rows are counted into blocks. When a block is full, two windows - the last few blocks, for speed, and many,
for small shifts - are compared with the reference by a two-sample G-test, since a reference of finite size
errs as well. What is reported must survive, in this order: Benjamini-Hochberg over the model's features
(1995, JRSS B 57:289), a floor on the effect (PSI without its bias: a large window finds any trifle
significant), and persistence: it must stand in two of three windows a third of their length apart.

Without these three a model with 50 features is told to have drifted almost every day (SIGNALS: KS p < .05
over 50 features flags 94 of 100 clean windows).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from aiops.signals.reference import WIDTH
from aiops.types import Floats, Ints
from detectors.drift import benjamini_hochberg, g_test, psi

BLOCK_ROWS = 100
BLOCK_SECONDS = 60.0
WINDOWS = (3, 18)
"""Lengths of the windows, in blocks; both divisible by three."""
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


class _State(msgspec.Struct, array_like=True):
    """Blocks (end, counts) and, per window length, the surprises of past comparisons, newest last."""

    open: bytes
    opened: float
    rows: int
    blocks: list[tuple[float, bytes]]
    past: list[list[bytes]]
    surprise: bytes
    psi: bytes


class DriftWatch:
    """Sliding comparison of some columns with their frozen reference.

    Parameters
    ----------
    reference : shape (features, WIDTH), counts.
    pooled : whether the features are one family for Benjamini-Hochberg.
    """

    def __init__(self, reference: Ints, *, pooled: bool = True) -> None:
        self.reference = reference
        self._pooled = pooled
        self._open = np.zeros_like(reference)
        self._opened, self._rows = 0.0, 0
        self._blocks: list[tuple[float, Ints]] = []
        self._past: list[list[Floats]] = [[] for _ in WINDOWS]
        self.surprise = np.zeros(len(reference))
        self.psi = np.zeros(len(reference))

    @property
    def ready(self) -> bool:
        """Whether at least one comparison was made."""
        return any(self._past)

    @property
    def window(self) -> Ints:
        """Counts of the latest blocks, of the short window."""
        blocks = [counts for _, counts in self._blocks[-WINDOWS[0] :]]
        found: Ints = np.sum(blocks, axis=0) if blocks else self._open
        return found

    def add(self, step: float, step_seconds: float, rows: int, counts: Ints) -> None:
        """Count a step's rows; compare when that fills a block.

        Parameters
        ----------
        counts : shape (features, WIDTH), int64.
        """
        if not self._rows:
            self._opened = step
        self._rows += rows
        self._open += counts
        end = step + step_seconds
        if self._rows < BLOCK_ROWS or end - self._opened < BLOCK_SECONDS:
            return
        self._blocks = [block for block in self._blocks[1 - max(WINDOWS) :] if end - block[0] < FORGET_SECONDS]
        self._blocks.append((end, self._open))
        self._open, self._rows = np.zeros_like(self.reference), 0
        self._compare()

    def _compare(self) -> None:
        surprise = np.zeros(len(self.reference))
        for past, length in zip(self._past, WINDOWS, strict=True):
            if len(self._blocks) < length:
                continue
            current = np.sum([counts for _, counts in self._blocks[-length:]], axis=0)
            effect = effect_of(self.reference, current)
            if length == WINDOWS[0]:
                self.psi = effect
            past.append(self._judge(current, effect))
            del past[: -(2 * length // 3 + 1)]
            # Second largest of three: it stood in two.
            third = np.array([past[-1 - lag] for lag in (0, length // 3, 2 * length // 3) if lag < len(past)])
            if len(third) > 1:
                surprise = np.maximum(surprise, np.sort(third, axis=0)[-2])
        self.surprise = surprise

    def _judge(self, current: Ints, effect: Floats) -> Floats:
        p = np.where(current.sum(1) >= LEAST_ROWS, g_test(self.reference, current)[1], 1.0)
        p = benjamini_hochberg(p) if self._pooled else np.minimum(p * len(p), 1.0)
        found = np.minimum(-np.log10(np.maximum(p, 10**-CAP)), CAP)
        return np.where(effect >= PSI_FLOOR, found, 0.0)

    def encode(self) -> bytes:
        """All but the reference, as MessagePack."""
        past = [[_floats(one) for one in some] for some in self._past]
        blocks = [(end, counts.astype("<i8").tobytes()) for end, counts in self._blocks]
        state = _State(
            self._open.astype("<i8").tobytes(), self._opened, self._rows, blocks, past,
            _floats(self.surprise), _floats(self.psi),
        )  # fmt: skip
        return msgspec.msgpack.encode(state)

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._open = self._counts(state.open)
        self._opened, self._rows = state.opened, state.rows
        self._blocks = [(end, self._counts(counts)) for end, counts in state.blocks]
        self._past = [[_array(one) for one in some] for some in state.past]
        self.surprise, self.psi = _array(state.surprise), _array(state.psi)

    def _counts(self, body: bytes) -> Ints:
        return np.frombuffer(body, "<i8").astype(np.int64).reshape(-1, WIDTH)


def _floats(values: Floats) -> bytes:
    return values.astype("<f8").tobytes()


def _array(body: bytes) -> Floats:
    return np.frombuffer(body, "<f8").astype(np.float64)


def stack(counts: Sequence[Sequence[int]]) -> Ints:
    """Rows of counts as one matrix, shape (features, WIDTH)."""
    return np.asarray(counts, np.int64).reshape(-1, WIDTH)
