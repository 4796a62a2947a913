"""The verdict on a window as values: what `aiops drift` prints, draws and ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.drift.quality import Fault

LEVEL = 1e-4
"""Probability of a false alert, a window; of what is not data quality."""
LEAST_ROWS = 10
"""Rows of a window from which distributions can differ at all: two bins of which five are expected in each."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column's part of a verdict; see docs/drift.md for p, q and effect."""

    name: str
    kind: str
    p: float
    q: float
    effect: float
    drift: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of performance, as people quote it: accuracy, not errors."""

    name: str
    reference: float
    current: float | None
    p: float
    alert: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a group, in the newest window."""

    group: str
    metric: str
    value: float
    reference: float
    alert: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say about one window.

    Attributes
    ----------
    p : of the window by itself; of the last `windows` together where only they alert.
    """

    file: str
    rows: int
    alert: bool
    p: float
    windows: int
    columns: list[Column]
    quality: list[Fault]
    performance: list[Metric]
    fairness: list[Gap]

    def document(self) -> dict[str, Any]:
        """As `--format json` prints it."""
        return {
            "file": self.file,
            "rows": self.rows,
            "alert": self.alert,
            "p": _short(self.p),
            "windows": self.windows,
            "columns": [
                {"name": one.name, "kind": one.kind, "p": _short(one.p), "q": _short(one.q),
                 "effect": _short(one.effect), "drift": one.drift}
                for one in self.columns
            ],
            "quality": [
                {"name": one.name, "kind": one.kind, "value": one.value, "expected": one.expected, "hint": one.hint,
                 "alert": one.grave}
                for one in self.quality
            ],
            "performance": {
                one.name: {"reference": _short(one.reference), "current": _short(one.current), "p": _short(one.p),
                           "alert": one.alert}
                for one in self.performance
            },
            "fairness": [
                {"group": one.group, "metric": one.metric, "value": _short(one.value),
                 "reference": _short(one.reference), "alert": one.alert}
                for one in self.fairness
            ],
        }  # fmt: skip


def _short(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")
