"""One row of one series through the deeper stage, and many rows of many series.

Score on a log scale = log(1 + forecast error) + log(1 + lag distance) + log(1 + novelty): odd in several ways at once
beats very odd in one. The score becomes a tail probability by the series' own past, is limited by how much evidence
there is, and by what was said of late: a row repeats an alarm only by exceeding it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors import calibrate
from detectors import deep_forecast_kernel as forecast
from detectors import deep_lag_kernel as lag
from detectors import deep_novelty_kernel as novelty
from detectors.protocol import CAP

FIELDS = ("origin", "last", "changes", "lag_usual", "echo")
"""Of a row of `core`: value all others are relative to; value before; rows that differed from the one before; usual lag
distance; last emission, fading."""
ORIGIN, LAST, CHANGES, LAG_USUAL, ECHO = range(5)
FAR = 1e18
LARGEST = 30.0
"""Usual errors beyond which a component has said enough."""
NOVEL = 100.0
PER_CHANGE = 1.0 / 20.0
FADE = 0.5 ** (1.0 / 50.0)
MURMUR, LOUDEST_MURMUR = 0.3, 2.0

measure, average = forecast.measure, forecast.average
predict, study = forecast.expected, forecast.learn
nearest = lag.nearest
gap, remember = novelty.gap, novelty.learn
place, keep = calibrate.place, calibrate.learn


@njit(error_model="numpy", cache=True)
def limit(series):  # type: ignore[no-untyped-def]
    """Most that may be said: no event is rarer than one in the rows seen, unless many changes show their law."""
    core, seen = series[0], series[1][forecast.SEEN]
    return math.log10(seen + 1.0) + PER_CHANGE * core[CHANGES]


@njit(error_model="numpy", cache=True)
def speak(said, core):  # type: ignore[no-untyped-def]
    """The surprise to print: what does not exceed the last emission, faded, is but a murmur."""
    core[ECHO] *= FADE
    if said > core[ECHO]:
        core[ECHO] = said
        return said
    return min(MURMUR * said, LOUDEST_MURMUR)


@njit(error_model="numpy", cache=True)
def row(raw, s, series, rates, limits):  # type: ignore[no-untyped-def]
    """Score one value, then learn it.

    Parameters
    ----------
    raw : the value, finite. s : slot of the season.
    series : views of the state of one series: core, forecast, season, grid, cells, ring, distance, past, law.
    rates : `forecast.RATES`. limits : direction, floor, warmup.

    Returns
    -------
    surprise (NaN during warm-up), expected.
    """
    core, f, season, grid, cells, ring, distance, past, law = series
    seen = f[forecast.SEEN]
    if seen == 0.0:
        core[ORIGIN] = raw
    value = max(-FAR, min(FAR, raw - core[ORIGIN]))
    foreseen = predict(f, season[0, s], rates) if seen > 0.0 else value
    floor, early = max(forecast.FLOOR * f[forecast.SPREAD], limits[1]), seen <= forecast.EARLY
    away = nearest(np.float32(value), ring, distance, int(seen))
    score = 0.0
    if not early and (value - foreseen) * limits[0] >= 0.0:
        score = math.log1p(min(measure(value - foreseen, f[forecast.USUAL], floor), LARGEST))
        score += math.log1p(min(measure(away, core[LAG_USUAL], floor), LARGEST))
        score += math.log1p(NOVEL * gap(value, grid, cells))
    surprise = math.nan
    if seen >= limits[2]:
        surprise = speak(min(place(score, law), limit(series), CAP), core)
    keep(score, past, law)
    core[LAG_USUAL] = average(core[LAG_USUAL], away, max(rates[forecast.R_USUAL], 1.0 / (seen + 1.0)), floor, early)
    core[CHANGES] += value != core[LAST]
    core[LAST] = value
    remember(value, grid, cells, seen == 0.0)
    study(f, season, s, value, rates)
    return surprise, foreseen + core[ORIGIN]


@njit(error_model="numpy", cache=True)
def scan(values, slots, state, rates, limits):  # type: ignore[no-untyped-def]
    """Rows in order, series after series.

    Parameters
    ----------
    values : shape (rows, n). slots : shape (rows,), slot of the season of each row.
    state : arrays of leading length n, in the order `row` wants them. limits : shape (3, n).

    Returns
    -------
    surprise, expected : shape (rows, n).
    """
    core, f, season, grid, cells, ring, distance, past, law = state
    surprise, expected = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for i in range(values.shape[1]):
        series = (core[i], f[i], season[i], grid[i], cells[i], ring[i], distance[i], past[i], law[i])
        bounds = (limits[0, i], limits[1, i], limits[2, i])
        for t in range(values.shape[0]):
            if math.isfinite(values[t, i]):
                surprise[t, i], expected[t, i] = row(values[t, i], slots[t], series, rates, bounds)
    return surprise, expected
