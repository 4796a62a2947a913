"""A limit somebody knows, with hysteresis.

It learns nothing and forgets one thing: whether it is in breach. Above `above` (or below `below`) the surprise is 9
and more; once in breach it stays so until the value is back behind the limit by `clear`. A limit that a person wrote
is a statement, not a statistic, so the number is a convention: above every sensible threshold, and larger the
further the value went, so that findings can be ordered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters

BREACH = 9.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """Static limits.

    Parameters per series: `above` and `below` (infinite = no such limit; on the limit is not beyond it) and `clear`,
    the distance, in the series' unit, by which the value must be back behind the limit before the breach ends.
    """

    name: ClassVar[str] = "threshold"
    budgeted: ClassVar[bool] = False
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"above": np.inf, "below": -np.inf, "clear": 0.0}

    def init(self, n: int) -> State:
        return {"breach": np.zeros(n, np.int8), **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Surprise 0, or 9 + log10(1 + excess / |limit|) while in breach; expected is the limit in question.

        A missing sample neither begins nor ends a breach.
        """
        check(state, x)
        seen = np.isfinite(x)
        above, below = state["p_above"].astype(np.float64), state["p_below"].astype(np.float64)
        was, clear = state["breach"], state["p_clear"].astype(np.float64)
        value = np.where(seen, x, 0.0)
        up = value > np.where(was > 0, above - clear, above)
        down = value < np.where(was < 0, below + clear, below)
        breach = np.where(up, 1, np.where(down, -1, 0)).astype(np.int8)
        state["breach"][:] = np.where(seen, breach, was)
        limit = np.where(down & ~up, below, np.where(np.isfinite(above), above, below))
        bounded = np.where(np.isfinite(limit), limit, 0.0)
        excess = np.abs(value - bounded) / np.maximum(np.abs(bounded), 1e-9)
        score = np.where(breach != 0, np.minimum(BREACH + np.log10(1.0 + excess), CAP), 0.0)
        return np.where(seen, score, np.nan), np.where(np.isfinite(limit), limit, np.nan)
