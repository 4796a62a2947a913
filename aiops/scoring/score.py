"""Surprise of every row of a table. Each row is a column for the detectors; row t depends on rows up to t only.

Alarm = the largest of what forecast and level shift say, as one tail probability corrected for asking two. `expected`
is the forecast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.scoring.table import Table
from aiops.types import Floats, Ints
from detectors.baseline import Baseline
from detectors.shift import Shift

ASKED = math.log10(2.0)


@dataclass(frozen=True, slots=True)
class Scores:
    """What was made of a table.

    Attributes
    ----------
    alarm : shape (rows, series), surprise in -log10 p; 0 while warming up and where there is no sample.
    expected : shape (rows, series), in the series' own unit; NaN = nothing was expected yet.
    """

    alarm: Floats
    expected: Floats


def score(table: Table) -> Scores:
    """Score every row of a table."""
    rows, n = table.values.shape
    if not n or not rows:
        return Scores(np.zeros((rows, n)), np.full((rows, n), np.nan))
    point, expected = _scan(Baseline(step_seconds=table.step_seconds), table.values, table.at)
    level, _ = _scan(Shift(), table.values, table.at)
    return Scores(np.maximum(np.fmax(np.nan_to_num(point), np.nan_to_num(level)) - ASKED, 0.0), expected)


def _scan(detector: Any, values: Floats, at: Ints) -> tuple[Floats, Floats]:
    state, found = detector.init(values.shape[1]), np.empty((2, *values.shape))
    for row, column in enumerate(values):
        found[:, row] = detector.update(state, column, int(at[row]))
    return found[0], found[1]
