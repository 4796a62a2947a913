"""VUS-PR: area under precision and recall, averaged over how far beyond its labels an anomaly may be found.

Every width of the buffer from 0 to the period of the series is tried; labels fade out within half of it. As in the
`opt` version of the TSB-AD package, but with counts instead of a pass for each threshold.

References
----------
Paparrizos et al. (2022), PVLDB 15:2774.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.data import Floats, Truth, runs

Ints = npt.NDArray[np.int64]
LEVELS = 250
LONGEST_PERIOD, NO_PERIOD = 300, 125
ROWS_FOR_PERIOD = 20_000


def vus_pr(truth: Truth, score: Floats, values: Floats) -> float:
    """Of one series; NaN where nothing is labelled.

    Parameters
    ----------
    truth, score, values : shape (rows,); `values` only for the period.
    """
    if not truth.any():
        return float("nan")
    ranks = np.linspace(0, len(score) - 1, LEVELS).astype(np.int64)
    thresholds = np.sort(score)[::-1][ranks]
    # The first threshold, from the highest, at which a row is flagged.
    level = np.searchsorted(-thresholds, -score)
    width = period(values)
    flagged = _cumulated(level)
    return float(np.mean([_area(truth, level, flagged, one) for one in range(width + 1)]))


def _area(truth: Truth, level: Ints, flagged: Floats, width: int) -> float:
    half, labelled = width // 2, runs(truth)
    soft = _soft(truth, labelled, width)
    near = np.flatnonzero((soft > 0.0) & ~truth)
    hits = _cumulated(level[truth]) + _cumulated(level[near], soft[near])
    positives = truth.sum() + 0.5 * _cumulated(level[near], soft[near])
    recall = np.minimum(hits / positives, 1.0) * _existence(labelled, level, half)
    return float(np.dot(np.diff(recall, prepend=0.0), hits / flagged))


def _soft(truth: Truth, labelled: Ints, width: int) -> Floats:
    """Label of each row once segments fade out to both sides."""
    soft, rows = truth.astype(np.float64), len(truth)
    away = np.arange(1, width // 2 + 1)
    fading = np.sqrt(1.0 - away / max(width, 1))
    for at in (labelled[:, 1:] - 1 + away, labelled[:, :1] - away):
        inside = (at >= 0) & (at < rows)
        np.add.at(soft, at[inside], np.broadcast_to(fading, at.shape)[inside])
    return np.minimum(soft, 1.0)


def _existence(labelled: Ints, level: Ints, half: int) -> Floats:
    """Share of the widened segments that are touched, at each threshold; those that meet are one."""
    wide = labelled + np.asarray([-half, half])
    begins = np.append(True, wide[1:, 0] > wide[:-1, 1] - 1)
    ends = np.append(begins[1:], True)
    first, last = np.maximum(wide[begins, 0], 0), np.minimum(wide[ends, 1], len(level))
    touched = np.asarray([level[a:b].min() for a, b in zip(first, last, strict=True)])
    return _cumulated(touched) / len(first)


def _cumulated(level: Ints, weight: Floats | None = None) -> Floats:
    counts = np.bincount(level, weight, minlength=LEVELS + 1)[:LEVELS]
    return np.cumsum(counts).astype(np.float64)


def period(values: Floats) -> int:
    """The lag of the highest peak of the autocorrelation between 3 and 300; 125 where there is none."""
    x = np.nan_to_num(values[:ROWS_FOR_PERIOD])
    x = x - x.mean()
    spectrum = np.abs(np.fft.rfft(x, 1 << (2 * len(x)).bit_length())) ** 2
    correlation = np.fft.irfft(spectrum)[: min(401, len(x))]
    if correlation[0] <= 1e-12 * max(1.0, len(x)):
        return NO_PERIOD
    tail = correlation[3:]
    peaks = 1 + np.flatnonzero((tail[1:-1] > tail[:-2]) & (tail[1:-1] > tail[2:]))
    if not len(peaks):
        return NO_PERIOD
    best = int(peaks[np.argmax(tail[peaks])])
    return best + 3 if 3 <= best <= LONGEST_PERIOD else NO_PERIOD
