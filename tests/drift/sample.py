"""A small table with columns of several kinds, and verdicts of files of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.csv

from aiops.drift.cells import Roles
from aiops.drift.job import compare, learn
from aiops.drift.verdict import Verdict

Frame = dict[str, Any]


def population(rows: int, rng: np.random.Generator, features: int = 12) -> Frame:
    """Numbers of several shapes and a category: `a0` to `a11`, `amount`, `count`, `colour`."""
    frame: Frame = {f"a{i}": rng.normal(i, 1.0 + i, rows) for i in range(features)}
    frame["amount"] = np.exp(rng.normal(3.0, 0.8, rows))
    frame["count"] = np.floor(np.exp(rng.normal(1.0, 0.6, rows))).astype(int)
    frame["colour"] = rng.choice(["red", "green", "blue", "black"], rows, p=[0.5, 0.3, 0.15, 0.05])
    return frame


def answered(frame: Frame, rng: np.random.Generator, wrong: float = 0.05) -> Frame:
    """With `y`, and `yhat` that is wrong in a share of rows."""
    rows = len(frame["a0"])
    y = rng.random(rows) < 0.4
    return {**frame, "y": np.where(y, "yes", "no"), "yhat": np.where(y ^ (rng.random(rows) < wrong), "yes", "no")}


def write(path: Path, frame: Frame) -> Path:
    """As CSV."""
    mixed = {name: [None if one is None else str(one) for one in column] if isinstance(column, list) else column
             for name, column in frame.items()}  # fmt: skip
    pyarrow.csv.write_csv(pyarrow.table(mixed), path, pyarrow.csv.WriteOptions(quoting_style="none"))
    return path


def judged(folder: Path, reference: Frame, *windows: Frame, **roles: str) -> list[Verdict]:
    """Verdicts of windows against a reference, through files."""
    known, _ = learn(write(folder / "reference.csv", reference), Roles(**roles))
    paths = [write(folder / f"w{i}.csv", window) for i, window in enumerate(windows)]
    return [verdict for verdict, _ in compare(known, paths)]


def called(verdict: Verdict) -> list[str]:
    """Columns that a verdict names."""
    return [column.name for column in verdict.columns if column.drift]


def faults(verdict: Verdict) -> list[tuple[str, str]]:
    """Column and kind of a verdict's faults."""
    return [(fault.name, fault.kind) for fault in verdict.quality]
