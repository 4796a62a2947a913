"""What a scored row says, as numbers: its answer, and how wrong that was."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aiops.signals.outcome import differ, truth
from aiops.signals.reference import Value
from aiops.types import Floats, Prediction

ANSWERS = ("prediction", "proba")


def answers(name: str, rows: Sequence[Prediction]) -> list[Value]:
    """One of `ANSWERS`, row by row."""
    return [row.proba if name == "proba" else row.prediction for row in rows]


def number(row: Prediction) -> float | None:
    """The answer as a number: the prediction, or the probability of a prediction that is a word."""
    said = row.prediction if isinstance(row.prediction, (int, float)) else row.proba
    return float(said) if said is not None and abs(said) < 1e300 else None


def numbers(rows: Sequence[Prediction]) -> Floats:
    """The answers as numbers, shape (rows,); NaN = none."""
    return np.array([math.nan if (found := number(row)) is None else found for row in rows])


def errors(rows: Sequence[Prediction]) -> Floats:
    """1 = wrong, as the label says; without one, how likely wrong, as the probability says; NaN = not known."""
    return np.array([_error(row) for row in rows])


def _error(row: Prediction) -> float:
    if row.label is not None:
        distance = isinstance(row.label, float) and row.label % 1 != 0
        return math.nan if distance else float(differ(row.prediction, row.label))
    said = truth(row.prediction)
    if said is None or row.proba is None or not 0.0 <= row.proba <= 1.0:
        return math.nan
    return row.proba if said == 0 else 1.0 - row.proba
