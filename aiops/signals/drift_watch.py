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

import msgspec
import numpy as np

from aiops.signals.hours import Hours, Mix
from aiops.signals.reference import WIDTH
from aiops.signals.sliding import Sliding, SlidingState, array, blended, floats
from aiops.types import Floats, Ints
from detectors.drift import benjamini_hochberg, g_test, psi

BLOCK_ROWS = 100
BLOCK_SECONDS = 60.0
WINDOWS = ((1, 3), (3, 6))
"""Blocks of a part, and parts, of the short and of the long window; thirds of a window are whole parts."""
LEAST_ROWS = 200
PSI_FLOOR = 0.1
SEASONAL_FLOOR = 0.05
"""The same hour's values wander less: .22 deviations of a normal column, where `PSI_FLOOR` is .32."""
CAP = 30.0


def effect_of(reference: Ints, current: Ints) -> Floats:
    """Population stability index less what chance alone makes of it, not below 0; shape (features,)."""
    bins = ((reference + current) > 0).sum(1)
    chance = np.maximum(bins - 1, 0) * (1 / np.maximum(reference.sum(1), 1) + 1 / np.maximum(current.sum(1), 1))
    found: Floats = np.maximum(psi(reference, current) - chance, 0.0)
    return found


class _State(msgspec.Struct, array_like=True):
    """The open block, the rings, and the effect that the short window showed last."""

    open: bytes
    opened: float
    rows: int
    rings: list[SlidingState]
    psi: bytes
    mix: Mix = {}


class DriftWatch:
    """Sliding comparison of some columns with their frozen reference.

    Parameters
    ----------
    reference : shape (features, WIDTH), counts.
    widths : bins of each feature, shape (features,); what lies beyond is not kept.
    pooled : whether the features are one family for Benjamini-Hochberg.
    timezone : whose hours of the week the windows are compared with, instead of with the reference; None = with that.
    """

    def __init__(
        self,
        reference: Ints,
        widths: Sequence[int] | None = None,
        *,
        pooled: bool = True,
        timezone: str | None = None,
    ) -> None:
        self._reference = reference
        self._pooled = pooled
        bins = np.full(len(reference), WIDTH) if widths is None else np.asarray(widths)
        self.hours = Hours(bins, timezone) if timezone else None
        self._mix: Mix = {}
        self._used = np.arange(WIDTH) < bins[:, None]
        size = int(self._used.sum())
        self._open = np.zeros(size, np.uint32)
        self._opened, self._rows = 0.0, 0
        self._rings = [Sliding(blocks, parts, len(reference)) for blocks, parts in WINDOWS]
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
        return np.zeros_like(self._reference) if found is None else self._wide(found)

    @property
    def reference(self) -> Ints:
        """What the short window is compared with, shape (features, WIDTH)."""
        found = self._expected(self._rings[0])
        return self._reference if found is None else found

    def teach(self, at: float, counts: Ints) -> None:
        """Count past rows of one moment for the hours of the week, shape (features, WIDTH)."""
        if self.hours is not None:
            self.hours.count(at, counts[self._used])

    def follow(self, before: DriftWatch) -> None:
        """Begin with the hours of another watch over the same columns, if their week is complete."""
        if self.hours is not None and before.hours is not None and before.hours.complete:
            self.hours.restore(before.hours.snapshot())

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
        flat = counts[self._used]
        self._open += flat.astype(np.uint32)
        end = step + step_seconds
        if self.hours is not None and rows:
            middle = step + step_seconds / 2.0
            self._mix = blended((self._mix, self.hours.mix(middle, rows)))
            self.hours.learn(middle, flat)
        if self._rows < BLOCK_ROWS or end - self._opened < BLOCK_SECONDS:
            return
        block, self._open, self._rows = self._open, np.zeros_like(self._open), 0
        mix, self._mix = self._mix, {}
        for i, ring in enumerate(self._rings):
            if ring.take(end, block, mix) and (window := ring.window()) is not None:
                self._compare(ring, self._wide(window), short=i == 0)
        self.surprise = np.max([ring.surprise for ring in self._rings], axis=0)

    def _compare(self, ring: Sliding, current: Ints, *, short: bool) -> None:
        reference = self._expected(ring)
        if reference is None:
            ring.hush()
            self.psi = np.zeros_like(self.psi) if short else self.psi
            return
        effect = effect_of(reference, current)
        if short:
            self.psi = effect
        ring.tell(self._judge(reference, current, effect))

    def _expected(self, ring: Sliding) -> Ints | None:
        """What a window is compared with; None = its hours of the week are not known yet."""
        if self.hours is None:
            return self._reference
        found = self.hours.expected(ring.mix)
        return None if found is None else self._wide(found)

    def _judge(self, reference: Ints, current: Ints, effect: Floats) -> Floats:
        p = np.where(current.sum(1) >= LEAST_ROWS, g_test(reference, current)[1], 1.0)
        p = benjamini_hochberg(p) if self._pooled else np.minimum(p * len(p), 1.0)
        found = np.minimum(-np.log10(np.maximum(p, 10**-CAP)), CAP)
        return np.where(effect >= (PSI_FLOOR if self.hours is None else SEASONAL_FLOOR), found, 0.0)

    def _wide(self, flat: Ints) -> Ints:
        found = np.zeros(self._used.shape, np.int64)
        found[self._used] = flat
        return found

    def encode(self) -> bytes:
        """All but the reference and the hours, as MessagePack."""
        rings = [ring.state() for ring in self._rings]
        return msgspec.msgpack.encode(
            _State(self._open.tobytes(), self._opened, self._rows, rings, floats(self.psi), self._mix)
        )

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._open = np.frombuffer(state.open, np.uint32).copy()
        self._opened, self._rows, self._mix = state.opened, state.rows, state.mix
        for ring, saved in zip(self._rings, state.rings, strict=True):
            ring.load(saved)
        self.psi = array(state.psi)
        self.surprise = np.max([ring.surprise for ring in self._rings], axis=0)


def stack(counts: Sequence[Sequence[int]]) -> Ints:
    """Rows of counts as one matrix, shape (features, WIDTH)."""
    return np.asarray(counts, np.int64).reshape(-1, WIDTH)
