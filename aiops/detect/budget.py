"""The stated budget of false pages, as a threshold.

`n` slots that may page, each tested once a step, make n * steps-a-week tests. A surprise of s is passed by
chance in 10**-s of them; pages for one slot need `for` columns in a row, which are counted as one test.
The threshold solves n * tests * 10**-s = N. It can only raise what a rule states, never lower it.
"""

from __future__ import annotations

import numpy as np

from aiops.types import Floats, Ints

WEEK_SECONDS = 604_800.0


def thresholds(stated: Floats, hold: Ints, *, pages_per_week: float, step_seconds: float) -> Floats:
    """Surprise from which each of n slots may page.

    Parameters
    ----------
    stated : shape (n,), the rules' own thresholds.
    hold : shape (n,), columns of `for`.
    pages_per_week : the budget of all slots together.
    step_seconds : length of a column.

    Returns
    -------
    shape (n,), never below `stated`.
    """
    if not len(stated):
        return stated
    tests = WEEK_SECONDS / step_seconds / np.maximum(hold + 1, 1)
    return np.asarray(np.maximum(stated, np.log10(np.maximum(tests.sum() / pages_per_week, 1.0))), np.float64)


def estimate(surprise_at: Floats, hold: Ints, step_seconds: float) -> float:
    """False pages a week to be expected by chance at the given thresholds."""
    if not len(surprise_at):
        return 0.0
    tests = WEEK_SECONDS / step_seconds / np.maximum(hold + 1, 1)
    return float((tests * 10.0**-surprise_at).sum())
