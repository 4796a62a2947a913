"""NAB's score: early hits in a window earn up to 1, false alarms cost, one threshold for all files.

0 is what saying nothing earns, 100 a perfect detector. Rows in the first 15 % of a file (750 at most) are not judged.

References
----------
Lavin and Ahmad (2015), arXiv:1510.03336.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.accuracy.data import Case, Floats

PROBATION_SHARE, PROBATION_ROWS = 0.15, 5_000


def score(folder: Path, cases: Sequence[Case], scores: Mapping[str, Floats]) -> dict[str, float]:
    """The score of every profile of `folder`/config/profiles.json at its best threshold.

    Parameters
    ----------
    scores : file -> a score for each row, shape (rows,).
    """
    profiles = json.loads((folder / "config" / "profiles.json").read_text())
    judged = [_judged(case, scores[case.name]) for case in cases]
    windows = sum(len(case.windows) for case in cases)
    return {name: _best(judged, windows, one["CostMatrix"]) for name, one in profiles.items()}


Judged = list[tuple[float, float, int]]
"""Of each row: detector's score, worth of an alarm there, number of its window in the file (-1 = none)."""


def _judged(case: Case, score: Floats) -> Judged:
    rows = len(score)
    worth, window = np.full(rows, -1.0), np.full(rows, -1)
    assert case.time is not None
    for number, (begin, end) in enumerate(case.windows):
        first, last = int(np.searchsorted(case.time, begin)), int(np.searchsorted(case.time, end))
        width = last - first + 1
        inside = np.arange(first, last + 1)
        window[inside] = number
        worth[inside] = _sigmoid((inside - last - 1) / width) / _sigmoid(np.asarray(-1.0))
        behind = np.arange(last + 1, rows)
        worth[behind] = _sigmoid((behind - last) / max(width - 1, 1))
    skipped = int(PROBATION_SHARE * min(rows, PROBATION_ROWS))
    return list(zip(score[skipped:].tolist(), worth[skipped:].tolist(), window[skipped:].tolist(), strict=True))


def _sigmoid(position: Floats) -> Floats:
    return np.where(position > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(position, 3.0))) - 1.0)


def _best(files: Sequence[Judged], windows: int, cost: Mapping[str, float]) -> float:
    """Lower the threshold row by row; what a window has earned is its best row so far."""
    hit, miss, false = cost["tpWeight"], cost["fnWeight"], cost["fpWeight"]
    rows = [(score, worth, (file, window) if window >= 0 else None)
            for file, judged in enumerate(files) for score, worth, window in judged]  # fmt: skip
    rows.sort(key=lambda row: -row[0])
    earned: dict[tuple[int, int], float] = {}
    total = best = -miss * windows
    for i, (score, worth, window) in enumerate(rows):
        if window is None:
            total += false * worth
        else:
            before = earned.get(window, -miss)
            earned[window] = max(before, hit * worth)
            total += earned[window] - before
        if i + 1 == len(rows) or rows[i + 1][0] < score:
            best = max(best, total)
    return 100.0 * (best + miss * windows) / (windows * (hit + miss))
