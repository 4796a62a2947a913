"""How far each column of an entity is from its usual, in sigmas that columns of any kind can share.

Level and variance are exponential averages over weeks, because faults last hours: a usual that follows within a
thousand rows calls the second half of a fault normal. Four prudences make columns comparable:

- a sigma is at least 1 % of the range so far, so that a nearly constant column is not odd at every tremor;
- beyond `LINEAR` sigmas only the logarithm counts, so that one wild column cannot hide what many others do;
- a flag (two values so far) is measured in its range, not its deviation: a command given once a week is no fault;
- a constant that moves for the first time is worth `NEWS` sigmas, not infinitely many.

References
----------
Huber (1964), Ann. Math. Statist. 35:73 (linear, then less); Welford (1962), Technometrics 4:419 (running variance).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

FIELDS = ("mean", "variance", "low", "high", "many", "last", "seen")
"""Of a column; `many` is 1 once it has shown three values."""
MEAN, VARIANCE, LOW, HIGH, MANY, LAST, SEEN = range(7)
HALF_LIFE = 20_000.0
NEWEST = 1.0 - 0.5 ** (1.0 / HALF_LIFE)
EARLY = 100.0
"""Samples after which a deviation is trusted to the half."""
LINEAR, NEWS = 4.0, 1.0
OF_RANGE, OF_FLAG, OF_LEVEL = 0.01, 2.0, 1e-4
MOST = 1e7
FAR = 1e18
FADED = np.float32(0.9)
"""What is left of a column's deviation for every row without a sample."""


@njit(error_model="numpy", cache=True)
def deviation(value, column):  # type: ignore[no-untyped-def]
    """Signed distance of a value from the column's usual, in compressed sigmas."""
    if column[SEEN] == 0.0 or value == column[MEAN]:
        return 0.0
    reach = column[HIGH] - column[LOW]
    if reach == 0.0:
        return math.copysign(NEWS, value - column[MEAN])
    many = column[MANY] > 0.0 or (value != column[LOW] and value != column[HIGH])
    sigma = math.sqrt(column[VARIANCE]) * (1.0 + EARLY / column[SEEN])
    sigma = max(sigma, (OF_RANGE if many else OF_FLAG) * reach, OF_LEVEL * abs(column[MEAN]))
    size = abs(value - column[MEAN]) / sigma
    if size > LINEAR:
        size = LINEAR * (1.0 + math.log(size / LINEAR))
    return math.copysign(size, value - column[MEAN])


@njit(error_model="numpy", cache=True)
def learn(value, column):  # type: ignore[no-untyped-def]
    """Make a value part of the usual."""
    if column[SEEN] == 0.0:
        column[MEAN], column[LOW], column[HIGH] = value, value, value
    elif column[LOW] < column[HIGH] and value != column[LOW] and value != column[HIGH]:
        column[MANY] = 1.0
    newest = max(NEWEST, 1.0 / (column[SEEN] + 1.0))
    away = value - column[MEAN]
    column[MEAN] += newest * away
    column[VARIANCE] = (1.0 - newest) * (column[VARIANCE] + newest * away * away)
    column[LOW], column[HIGH] = min(column[LOW], value), max(column[HIGH], value)
    column[LAST] = value
    column[SEEN] = min(column[SEEN] + 1.0, MOST)


@njit(error_model="numpy", cache=True)
def standardise(values, columns, last, out):  # type: ignore[no-untyped-def]
    """Deviation of every column of one row, before it is learnt; return how many had a sample, and how many moved.

    Parameters
    ----------
    values : shape (k,), float64; NaN or infinite = no sample.
    columns : shape (k, len(FIELDS)), float64.
    last : shape (>= k,), float32, deviations of the row before; a column without a sample keeps a fading part of its.
    out : shape (>= k,), float32, to be filled.
    """
    here, moved = 0, 0
    for j in range(values.shape[0]):
        if math.isfinite(values[j]):
            value = max(-FAR, min(FAR, values[j]))
            moved += value != columns[j, LAST]
            out[j] = deviation(value, columns[j])
            learn(value, columns[j])
            here += 1
        else:
            out[j] = FADED * last[j]
    return here, moved
