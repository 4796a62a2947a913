"""Detectors of others that can be run here in a minute, and figures that others published, with their sources.

Every peer scores row t before it learns it. What it returns has no unit; the scorers only compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.accuracy.data import Floats

WINDOW = 6_400
"""Rows of NAB's windowed Gaussian."""


def windowed_gaussian(values: Floats) -> Floats:
    """Distance to the mean of the last 6,400 rows in their standard deviations: NAB's own baseline."""
    x = np.nan_to_num(values)
    centred = x - x[0]
    sums = [np.concatenate(([0.0], np.cumsum(one))) for one in (centred, centred * centred)]
    end = np.arange(len(x))
    begin = np.maximum(end - WINDOW, 0)
    count = np.maximum(end - begin, 1)
    mean, square = ((one[end] - one[begin]) / count for one in sums)
    deviation = np.sqrt(np.maximum(square - mean * mean, 1e-12 * (1.0 + mean * mean)))
    return np.where(end > 10, np.abs(centred - mean) / deviation, 0.0)


def first_difference(values: Floats) -> Floats:
    """Step to the row before, in exponentially weighted mean steps of the past: what a rule of thumb would do."""
    steps = np.abs(np.diff(np.nan_to_num(values), prepend=values[:1]))
    usual, scores, rate = 0.0, np.zeros(len(steps)), 0.001
    for i, step in enumerate(steps.tolist()):
        scores[i] = step / usual if usual > 0.0 else 0.0
        usual += max(rate, 1.0 / (i + 1.0)) * (step - usual)
    return scores


RUN: Mapping[str, Callable[[Floats], Floats]] = {
    "windowed Gaussian": windowed_gaussian,
    "first difference": first_difference,
}

NAB_SOURCE = "github.com/numenta/NAB, results and README"
NAB: Mapping[str, tuple[float, float, float]] = {
    "ARTime (told each file's range in advance)": (74.9, 65.1, 80.4),
    "Numenta HTM (told each file's range in advance)": (70.5, 62.6, 75.2),
    "CAD OSE (told each file's range in advance)": (69.9, 67.0, 73.2),
    "earthgecko Skyline": (58.2, 46.2, 63.9),
    "KNN-CAD": (58.0, 43.4, 64.8),
    "Random Cut Forest": (51.7, 38.4, 59.7),
}
KPI_SOURCE = "Ren et al. (2019), KDD: the whole KPI test set"
KPI: Mapping[str, float] = {"SR": 0.675, "SR-CNN (trained)": 0.749}
TSB_SOURCE = "published_VUS-PR_U.csv and _M.csv of TheDatumOrg/TSB-AD, mean over the same files; not streaming"
MTS_SOURCE = "TSB-AD-M, mean over its 20 SMD series; not streaming"
SMD: Mapping[str, float] = {"PCA": 0.364, "KMeansAD": 0.358, "CNN": 0.353, "Anomaly Transformer": 0.067}
