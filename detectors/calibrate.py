"""A score as a tail probability, from the series' own past scores: empirical body, generalised-Pareto tail.

Past scores stand in a histogram of `BINS` equal bins, forgotten exponentially by giving each newer one more weight.
The edge is the score that a share `SHARE` of them exceeds; what exceeds it has a mean excess, taken winsorised, so that
past faults do not make the next one ordinary; beyond the edge p falls as a generalised Pareto tail of fixed, heavy
shape. Heavier tails than usual are believed in part only (`OWN_EXCESS`): a series may excuse itself only so far, for
one whose every fiftieth value is an outrage is a broken series.

All functions work on one row of state, compiled, without allocation: any detector's kernel can call them. Scores are
expected on a log scale, 0 to about `TOP`; larger ones count as `TOP` in the past, not in the present.

References
----------
Pickands (1975), Ann. Statist. 3:119; Siffer et al. (2017), KDD, 1067 (peaks over threshold on streams).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors.protocol import Array

BINS = 256
TOP = 16.0
SHARE = 0.02
SHAPE = 0.22
HALF_LIFE = 30_000.0
PRIOR_SAMPLES, PRIOR_MEAN = 50.0, 0.5
USUAL_EXCESS = 0.19
OWN_EXCESS = 0.4
LOWEST_EDGE, LOWEST_EXCESS = 1.2, 0.1
WINSOR = 8.0
EVERY, ALWAYS_BELOW = 8, 500
FIELDS = ("weight", "edge", "excess", "placed")
"""Of a row of `law`: weight of the next score, edge, mean excess, scores seen."""
WEIGHT, EDGE, EXCESS, PLACED = range(4)
GROWTH = 0.5 ** (-1.0 / HALF_LIFE)
YOUTH = 500.0
"""Scores after which a past so old counts half as much as the present: what was said in youth was said in ignorance."""
HEAVIEST = 1e6
WIDTH = TOP / BINS
AT_EDGE = -math.log10(SHARE)


def fresh(n: int) -> tuple[Array, Array]:
    """`past`, shape (n, BINS) float32, and `law`, shape (n, 4) float64, of series without a past: a prudent prior."""
    reach = np.exp(-np.arange(BINS + 1) * WIDTH / PRIOR_MEAN)
    past = np.tile(np.asarray(-PRIOR_SAMPLES * np.diff(reach), np.float32), (n, 1))
    law = np.tile([1.0, PRIOR_MEAN * math.log(1.0 / SHARE), USUAL_EXCESS, 0.0], (n, 1))
    return past, law


@njit(error_model="numpy", cache=True)
def fit(past, law):  # type: ignore[no-untyped-def]
    """Edge and mean excess of what `past` holds, into `law`."""
    total = 0.0
    for j in range(BINS):
        total += past[j]
    beyond, j = 0.0, BINS - 1
    while j > 0 and beyond + past[j] < SHARE * total:
        beyond += past[j]
        j -= 1
    inside = SHARE * total - beyond
    part = inside / past[j] if past[j] > 0.0 else 0.0
    edge = (j + 1 - part) * WIDTH
    near, excess = inside * part * 0.5 * WIDTH, 0.0
    for turn in range(2):
        most = TOP if turn == 0 else WINSOR * excess
        excess = near
        for i in range(j + 1, BINS):
            excess += past[i] * min((i + 0.5) * WIDTH - edge, most)
        excess /= SHARE * total
    law[EDGE] = max(edge, LOWEST_EDGE)
    law[EXCESS] = max(USUAL_EXCESS * (excess / USUAL_EXCESS) ** OWN_EXCESS, LOWEST_EXCESS)


@njit(error_model="numpy", cache=True)
def place(score, law):  # type: ignore[no-untyped-def]
    """-log10 of how often scores as large as this one come."""
    if score <= law[EDGE]:
        return AT_EDGE * max(score, 0.0) / law[EDGE]
    return AT_EDGE + math.log10(1.0 + SHAPE * (score - law[EDGE]) / law[EXCESS]) / SHAPE


@njit(error_model="numpy", cache=True)
def learn(score, past, law):  # type: ignore[no-untyped-def]
    """Put a score, not negative, to the past; the law follows every few scores."""
    past[min(int(score / WIDTH), BINS - 1)] += np.float32(law[WEIGHT])
    law[PLACED] += 1.0
    law[WEIGHT] *= max(GROWTH, 1.0 + 1.0 / (law[PLACED] + YOUTH))
    if law[WEIGHT] > HEAVIEST:
        for j in range(BINS):
            past[j] /= np.float32(law[WEIGHT])
        law[WEIGHT] = 1.0
    if law[PLACED] < ALWAYS_BELOW or law[PLACED] % EVERY == 0.0:
        fit(past, law)
