"""Surprise of every row of a table. Each row is a column for the detectors; row t depends on rows up to t only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.scoring.table import Table
from aiops.types import Floats
from detectors.deep import Deep


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
    detector = Deep(step_seconds=table.step_seconds)
    alarm, expected = detector.scan(detector.init(len(table.names)), table.values, table.at)
    return Scores(np.nan_to_num(alarm), expected)
