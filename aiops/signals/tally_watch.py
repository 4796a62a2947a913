"""Counts against the counts of a reference: the first rows are the reference, then blocks of the latest are compared.

What a comparison says must stand in two of three windows a third of their length apart, as in `drift_watch`. The counts
are of any shape; whoever makes the watch says what comparing them means.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from aiops.types import Floats, Ints

BLOCK_ROWS = 100
BLOCK_SECONDS = 60.0
LENGTH = 6
"""Blocks of a window; divisible by three."""
REFERENCE_ROWS = 2_000
LEAST_REFERENCE = 500
REFERENCE_SECONDS = 7_200.0
FORGET_SECONDS = 7 * 86_400.0
Compare = Callable[[Ints, Ints], Floats]
"""(reference, current) -> surprise of each of the things compared, effects too small to tell already 0."""


class _State(msgspec.Struct, array_like=True):
    reference: bytes
    rows: int
    since: float
    frozen: bool
    open: bytes
    open_rows: int
    opened: float
    blocks: list[tuple[float, bytes]]
    past: list[bytes]
    surprise: bytes


class TallyWatch:
    """Sliding comparison of counts with their reference.

    Parameters
    ----------
    shape : of the counts.
    compare : what a window of counts says against the reference.
    """

    def __init__(self, shape: tuple[int, ...], compare: Compare) -> None:
        self._shape, self._compare = shape, compare
        self.reference = np.zeros(shape, np.int64)
        self.frozen = False
        self._rows, self._since = 0, 0.0
        self._open = np.zeros(shape, np.int64)
        self._open_rows, self._opened = 0, 0.0
        self._blocks: list[tuple[float, Ints]] = []
        self._past: list[Floats] = []
        self.surprise: Floats = np.zeros(0)

    @property
    def ready(self) -> bool:
        """Whether at least one window was compared."""
        return bool(self._past)

    @property
    def window(self) -> Ints:
        """Counts of the latest blocks."""
        found: Ints = np.sum([counts for _, counts in self._blocks], axis=0) if self._blocks else self._open
        return found

    def add(self, step: float, step_seconds: float, rows: int, counts: Ints) -> None:
        """Count a step's rows; into the reference until that is full, then into blocks that are compared."""
        if not rows:
            return
        if not self.frozen:
            self._learn(step, step_seconds, rows, counts)
            return
        if not self._open_rows:
            self._opened = step
        self._open_rows += rows
        self._open += counts
        end = step + step_seconds
        if self._open_rows < BLOCK_ROWS or end - self._opened < BLOCK_SECONDS:
            return
        self._blocks = [one for one in self._blocks[1 - LENGTH :] if end - one[0] < FORGET_SECONDS]
        self._blocks.append((end, self._open))
        self._open, self._open_rows = np.zeros(self._shape, np.int64), 0
        if len(self._blocks) == LENGTH:
            self._judge()

    def _learn(self, step: float, step_seconds: float, rows: int, counts: Ints) -> None:
        if not self._rows:
            self._since = step
        self._rows += rows
        self.reference += counts
        aged = step + step_seconds - self._since >= REFERENCE_SECONDS
        self.frozen = self._rows >= REFERENCE_ROWS or (aged and self._rows >= LEAST_REFERENCE)

    def _judge(self) -> None:
        self._past.append(self._compare(self.reference, self.window))
        del self._past[: -(2 * LENGTH // 3 + 1)]
        third = np.array([self._past[-1 - lag] for lag in (0, LENGTH // 3, 2 * LENGTH // 3) if lag < len(self._past)])
        self.surprise = np.sort(third, axis=0)[-2] if len(third) > 1 else np.zeros_like(third[0])

    def encode(self) -> bytes:
        """All of it, as MessagePack."""
        return msgspec.msgpack.encode(
            _State(
                _ints(self.reference), self._rows, self._since, self.frozen, _ints(self._open), self._open_rows,
                self._opened, [(end, _ints(counts)) for end, counts in self._blocks],
                [one.astype("<f8").tobytes() for one in self._past], self.surprise.astype("<f8").tobytes(),
            )
        )  # fmt: skip

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self.reference, self._open = self._counts(state.reference), self._counts(state.open)
        self._rows, self._since, self.frozen = state.rows, state.since, state.frozen
        self._open_rows, self._opened = state.open_rows, state.opened
        self._blocks = [(end, self._counts(counts)) for end, counts in state.blocks]
        self._past = [_floats(one) for one in state.past]
        self.surprise = _floats(state.surprise)

    def _counts(self, body: bytes) -> Ints:
        return np.frombuffer(body, "<i8").astype(np.int64).reshape(self._shape)


def _ints(counts: Ints) -> bytes:
    return counts.astype("<i8").tobytes()


def _floats(body: bytes) -> Floats:
    return np.frombuffer(body, "<f8").astype(np.float64)
