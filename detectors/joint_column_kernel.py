"""How far each column of an entity is from its usual, in sigmas that columns of any kind can share.

Level and variance are exponential averages over weeks, because faults last hours: a usual that follows within a
thousand rows calls the second half of a fault normal. Every value is measured twice, against the usual at any time and
against the usual at this time of day; a column whose days do not repeat has but the first. Four prudences make columns
comparable:

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

FIELDS = ("mean", "variance", "low", "high", "many", "last", "daily", "plain", "seen")
"""Of a column. `many` is 1 once it has shown three values; `daily` and `plain` are the mean squares of what is left of
it with and without the usual of the time of day."""
MEAN, VARIANCE, LOW, HIGH, MANY, LAST, DAILY, PLAIN, SEEN = range(9)
HALF_LIFE = 20_000.0
NEWEST = 1.0 - 0.5 ** (1.0 / HALF_LIFE)
EARLY = 100.0
"""Samples after which a deviation is trusted to the half."""
LINEAR, NEWS = 4.0, 1.0
OF_RANGE, OF_FLAG, OF_LEVEL = 0.01, 2.0, 1e-4
WORTH = 0.5
"""Share of the variance that the time of day must leave at most to be believed."""
LEAST_LEFT = 0.05
DAYS_KEPT = 10.0
"""Days of which the usual of the time of day is the mean."""
DAYS_BEFORE = 2.0
MOST = 1e7
FAR = 1e18
FADED = np.float32(0.9)
"""What is left of a column's deviation for every row without a sample."""


@njit(error_model="numpy", cache=True)
def squeeze(away, variance, column, many):  # type: ignore[no-untyped-def]
    """A distance in compressed sigmas."""
    reach = column[HIGH] - column[LOW]
    sigma = math.sqrt(variance) * (1.0 + EARLY / column[SEEN])
    sigma = max(sigma, (OF_RANGE if many else OF_FLAG) * reach, OF_LEVEL * abs(column[MEAN]))
    size = abs(away) / sigma
    if size > LINEAR:
        size = LINEAR * (1.0 + math.log(size / LINEAR))
    return math.copysign(size, away)


@njit(error_model="numpy", cache=True)
def deviations(value, column, usual, day):  # type: ignore[no-untyped-def]
    """Signed distance of a value from its usual at any time, and from its usual at this time of day."""
    if column[SEEN] == 0.0:
        return 0.0, 0.0
    away = value - column[MEAN]
    if column[HIGH] == column[LOW]:
        new = math.copysign(NEWS, away) if value != column[LOW] else 0.0
        return new, new
    many = column[MANY] > 0.0 or (value != column[LOW] and value != column[HIGH])
    plain = squeeze(away, column[VARIANCE], column, many)
    if column[SEEN] > DAYS_BEFORE * day and column[DAILY] < WORTH * column[PLAIN]:
        return plain, squeeze(away - usual, max(column[DAILY], LEAST_LEFT * column[VARIANCE]), column, many)
    return plain, plain


@njit(error_model="numpy", cache=True)
def learn(value, column, usual, clock):  # type: ignore[no-untyped-def]
    """Make a value part of the usual; return the usual of its time of day.

    Parameters
    ----------
    usual : of this time of day, relative to the mean.
    clock : rows a day; rows a slot of the day; number of this row in its slot.
    """
    day, per_slot, within = clock
    seen = column[SEEN]
    if seen == 0.0:
        column[MEAN], column[LOW], column[HIGH] = value, value, value
    elif column[LOW] < column[HIGH] and value != column[LOW] and value != column[HIGH]:
        column[MANY] = 1.0
    newest = max(NEWEST, 1.0 / (seen + 1.0))
    away = value - column[MEAN]
    if seen > DAYS_BEFORE * day:
        daily = max(NEWEST, 1.0 / (seen - DAYS_BEFORE * day + 1.0))
        column[DAILY] += daily * ((away - usual) ** 2 - column[DAILY])
        column[PLAIN] += daily * (away * away - column[PLAIN])
    visits = math.floor(seen / day) * per_slot + within
    usual += max(1.0 / (DAYS_KEPT * per_slot), 1.0 / (visits + 1.0)) * (away - usual)
    column[MEAN] += newest * away
    column[VARIANCE] = (1.0 - newest) * (column[VARIANCE] + newest * away * away)
    column[LOW], column[HIGH] = min(column[LOW], value), max(column[HIGH], value)
    column[LAST] = value
    column[SEEN] = min(seen + 1.0, MOST)
    return usual


@njit(error_model="numpy", cache=True)
def standardise(values, columns, season, clock, out):  # type: ignore[no-untyped-def]
    """Deviations of every column of one row, before it is learnt; return how many had a sample, and how many moved.

    Parameters
    ----------
    values : shape (k,), float64; NaN or infinite = no sample.
    columns : shape (k, len(FIELDS)), float64. season : shape (k,), float32, usual of this time of day.
    clock : as `learn`.
    out : two pairs of a row before and a row to be filled, shape (>= k,), float32, of the deviations at any time and at
        this time of day. A column without a sample keeps a fading part of what it had.
    """
    before, now, before_daily, now_daily = out
    here, moved = 0, 0
    for j in range(values.shape[0]):
        if math.isfinite(values[j]):
            value = max(-FAR, min(FAR, values[j]))
            moved += value != columns[j, LAST]
            now[j], now_daily[j] = deviations(value, columns[j], season[j], clock[0])
            season[j] = learn(value, columns[j], season[j], clock)
            here += 1
        else:
            now[j], now_daily[j] = FADED * before[j], FADED * before_daily[j]
    return here, moved
