"""Surprise of every row of a table. Each row is a column for the detectors; row t depends on rows up to t only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.scoring.table import Table
from aiops.types import Floats
from detectors.deep import Deep
from detectors.joint import Joint
from detectors.shape import Shape


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted beside the alarm: what was expected, the odd stretches, all columns as one entity."""

    expected: bool = False
    shape: bool = False
    joint: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """What was made of a table. Surprise is in -log10 p; 0 while warming up and where there is no sample.

    Attributes
    ----------
    alarm : shape (rows, series), surprise of each value.
    expected : shape (rows, series), in the series' own unit; NaN = nothing was expected yet.
    shape : shape (rows, series), surprise of each recent stretch; None = not asked for.
    joint : shape (rows,), surprise of all series as one; None = not asked for.
    joint_shape : the same of their recent stretch; None = not both were asked for.
    """

    alarm: Floats
    expected: Floats
    shape: Floats | None = None
    joint: Floats | None = None
    joint_shape: Floats | None = None


def score(table: Table, asked: Asked) -> Scores:
    """Score every row of a table."""
    n, at = len(table.names), table.at
    deep = Deep(step_seconds=table.step_seconds)
    alarm, expected = deep.scan(deep.init(n), table.values, at)
    shape = joint = joint_shape = None
    if asked.shape:
        detector = Shape(step_seconds=table.step_seconds)
        shape = np.nan_to_num(detector.scan(detector.init(n), table.values, at)[0])
    if asked.joint:
        joint, joint_shape = _together(table)
    return Scores(np.nan_to_num(alarm), expected, shape, joint, joint_shape if asked.shape else None)


def _together(table: Table) -> tuple[Floats, Floats]:
    """Surprise and shape of all series as one entity, shape (rows,) each."""
    rows, n = table.values.shape
    if not n:
        return np.zeros(rows), np.zeros(rows)
    detector = Joint(columns=n, step_seconds=table.step_seconds)
    found = detector.scan(detector.init(1), table.values[:, None, :], table.at)
    return np.nan_to_num(found.surprise[:, 0]), np.nan_to_num(found.shape[:, 0])
