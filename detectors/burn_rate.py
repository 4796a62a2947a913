"""How fast an error budget burns: the multi-window, multi-burn-rate alert of the SRE workbook.

Fires when the budget burns 14.4 times too fast over an hour and still over five minutes (2 % of a month's budget
gone), or 6 times over six hours and still over thirty minutes (5 %). The windows are exponential, so they cost four
pairs of numbers instead of six hours of columns. The surprise is the binomial tail of the errors against the budget,
which keeps three requests at night from paging as the bare ratio would.

References
----------
Beyer et al. (2018), The Site Reliability Workbook, chapter 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import binomial_upper

PAIRS = ((3_600.0, 300.0, 14.4), (21_600.0, 1_800.0, 6.0))
"""Long window, short window (seconds), burn rate."""


@dataclass(frozen=True, slots=True)
class BurnRate:
    """`x` has shape (n, 2): errors, total; `expected` is the share of errors the budget allows.

    Parameters
    ----------
    step_seconds : length of a column.

    Parameters per series: `objective`, the share that must succeed, and `min_total`, requests in the short window
    below which nothing is said.
    """

    step_seconds: float = 15.0

    name: ClassVar[str] = "burn_rate"
    budgeted: ClassVar[bool] = False
    inputs: ClassVar[int] = 2
    parameters: ClassVar[Mapping[str, float]] = {"objective": 0.999, "min_total": 10.0}

    def init(self, n: int) -> State:
        windows = 2 * len(PAIRS)
        return {
            "errors": np.zeros((n, windows), order="F"),
            "total": np.zeros((n, windows), order="F"),
            **parameters(self, n),
        }

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Surprise of the worse pair: its binomial tail while it burns too fast, below 3 otherwise."""
        check(state, x, self.inputs)
        seen = np.isfinite(x).all(axis=1)
        total = np.where(seen, np.maximum(x[:, 1], 0.0), 0.0)
        errors = np.clip(np.where(seen, x[:, 0], 0.0), 0.0, total)
        budget = np.clip(1.0 - state["p_objective"].astype(np.float64), 1e-9, 1.0)
        score = np.zeros(len(x))
        for pair, (long, short, limit) in enumerate(PAIRS):
            burns, tails = [], []
            for column, seconds in ((2 * pair, long), (2 * pair + 1, short)):
                keep = np.exp(-self.step_seconds / seconds)
                state["errors"][:, column] = keep * state["errors"][:, column] + errors
                state["total"][:, column] = keep * state["total"][:, column] + total
                e, t = state["errors"][:, column], state["total"][:, column]
                burns.append(e / np.maximum(t, 1e-12) / budget)
                tails.append(binomial_upper(e, t, budget))
            burn, tail = np.minimum(*burns) / limit, np.minimum(*tails)
            enough = state["total"][:, 2 * pair + 1] >= state["p_min_total"]
            pair_score = np.where(burn >= 1.0, tail, np.minimum(tail, 3.0 * burn))
            score = np.maximum(score, np.where(enough, pair_score, 0.0))
        return np.where(seen, score, np.nan), budget
