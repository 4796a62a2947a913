"""One row of one series through the shape detector, and many rows of many series.

The distance to the most similar earlier stretch (`shape_lag_kernel`) is divided by what is usual for the series, put on
a log scale and placed among the series' own past scores (`calibrate`). Usual is the root of the mean third power: a
series whose waveform fits badly at every turn must be odder than its own bad fits.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors import calibrate
from detectors import shape_lag_kernel as lag
from detectors.protocol import CAP

FIELDS = ("origin", "last", "changes", "usual", "level", "spread", "moves", "seen", "scored")
"""Of a row of `core`: value all others are relative to; value before; rows that differed from the one before; mean
third power of the distance; mean and variance of the values; mean standard deviation within a stretch; values and
distances learnt."""
ORIGIN, PREVIOUS, CHANGES, USUAL, LEVEL, SPREAD, MOVES, SEEN, SCORED = range(9)
FAR = 1e15
SLOW = 1.0 - 0.5 ** (1.0 / 20_000.0)
FLOOR = 1e-3
"""Smallest usual distance, in standard deviations of the values."""
WILD = 300.0
"""Standard deviations beyond which a value is odd enough: rounding of larger ones would drown the others."""
CALM, LEAST = 0.3, 0.1
"""How much a distance counts for more while the series moves less than usual, and the least movement."""
WINSOR = 3.0
STEEP, POWER = 1.6, 3
SURPRISED, SELDOM = 2.0, 50
"""A surprising score is learnt only at every fiftieth row: what is odd for long shall not become usual by that."""
PER_CHANGE = 1.0 / 20.0
HELD = 8
"""Rows for which a surprise is kept up: a waveform crosses its usual course now and then."""
SHARE = 0.75
"""Of the surprise that counts: what is kept up, and not learnt from, comes that much oftener (measured on noise)."""

nearest, slide, movement = lag.nearest, lag.slide, lag.movement
place, keep = calibrate.place, calibrate.learn


@njit(error_model="numpy", cache=True)
def relate(raw, core, rings, sums):  # type: ignore[no-untyped-def]
    """The value relative to the origin of its series, which follows the level now and then; level and spread learn."""
    seen = int(core[SEEN])
    if seen == 0:
        core[ORIGIN] = core[PREVIOUS] = core[LEVEL] = raw
    elif seen % lag.SLACK == 0:
        core[ORIGIN] += slide(rings, sums)
    core[CHANGES] += raw != core[PREVIOUS]
    core[PREVIOUS] = raw
    most = WILD * math.sqrt(core[SPREAD]) if core[SPREAD] > 0.0 else FAR
    away = max(-FAR, min(FAR, raw - core[LEVEL]))
    value = core[LEVEL] - core[ORIGIN] + max(-most, min(most, away))
    weight = max(SLOW, 1.0 / (core[SEEN] + 1.0))
    core[LEVEL] += weight * away
    core[SPREAD] = (1.0 - weight) * (core[SPREAD] + weight * away * away)
    return np.float32(max(-FAR, min(FAR, value)))


@njit(error_model="numpy", cache=True)
def weigh(away, moves, core):  # type: ignore[no-untyped-def]
    """The distance as it counts: what is ordinary in a busy hour is odd in a quiet one."""
    core[MOVES] += max(SLOW, 1.0 / core[SEEN]) * (moves - core[MOVES])
    if core[MOVES] <= 0.0:
        return away
    return away * (core[MOVES] / (LEAST * core[MOVES] + (1.0 - LEAST) * moves)) ** CALM


@njit(error_model="numpy", cache=True)
def measure(away, core):  # type: ignore[no-untyped-def]
    """The distance in usual ones; learnt, bounded, after that."""
    usual = max(core[USUAL] ** (1.0 / 3.0), FLOOR * math.sqrt(core[SPREAD]), 1e-30)
    fresh = core[SCORED] < 1.0
    weight = max(SLOW, 1.0 / (core[SCORED] + 1.0))
    bounded = away if core[SCORED] < 20.0 else min(away, WINSOR * usual)
    core[USUAL] += weight * (bounded**3 - core[USUAL])
    core[SCORED] += 1.0
    return 1.0 if fresh else away / usual


@njit(error_model="numpy", cache=True)
def row(raw, series, warmup, scratch):  # type: ignore[no-untyped-def]
    """Score one value, then learn it; NaN during warm-up.

    Parameters
    ----------
    raw : the value, finite.
    series : views of the state of one series: core, rings, sums, distance, past, law, held.
    warmup : samples before the first surprise. scratch : shape (LAGS,), overwritten.
    """
    core, rings, sums, distance, past, law, held = series
    value = relate(raw, core, rings, sums)
    away = nearest(value, rings, sums, distance, int(core[SEEN]), scratch)
    core[SEEN] += 1.0
    weighed = weigh(away, movement(sums), core)
    if away < 0.0:
        return math.nan
    score = STEEP * math.log1p(measure(weighed, core) ** POWER)
    said = place(score, law)
    if said < SURPRISED or core[SEEN] % SELDOM == 0.0:
        keep(score, past, law)
    most = math.log10(core[SEEN]) + PER_CHANGE * core[CHANGES]
    held[int(core[SEEN]) % HELD] = min(SHARE * said, most, CAP)
    return held.max() if core[SEEN] > warmup else math.nan


@njit(error_model="numpy", cache=True)
def scan(values, state, warmup):  # type: ignore[no-untyped-def]
    """Surprise, shape (rows, n), of rows in order, series after series.

    Parameters
    ----------
    values : shape (rows, n). warmup : shape (n,).
    state : arrays of leading length n, in the order `row` wants them.
    """
    core, rings, sums, distance, past, law, held = state
    surprise = np.full(values.shape, np.nan)
    scratch = np.empty(lag.LAGS, np.float32)
    for i in range(values.shape[1]):
        series = (core[i], rings[i], sums[i], distance[i], past[i], law[i], held[i])
        for t in range(values.shape[0]):
            if math.isfinite(values[t, i]):
                surprise[t, i] = row(values[t, i], series, warmup[i], scratch)
    return surprise
