"""One row of one series through the deeper stage, and many rows of many series.

Score on a log scale = weighted sum of log(1 + forecast error), log(1 + lag distance), log(1 + novelty): odd in several
ways at once beats very odd in one. What does not exceed the last outstanding score, which fades, is no news;
what is news becomes a tail probability by the series' own past news, limited by how much evidence there is. News is
calibrated, not scores: those of neighbouring rows depend on each other, and peaks over a threshold must be declustered.
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

FIELDS = ("origin", "last", "changes", "lag_usual", "echo", "held")
"""Of a row of `core`: value all others are relative to; value before; rows that differed from the one before; usual lag
distance; last outstanding score, fading; surprise of the row before with the sign of its error, if that stood out."""
ORIGIN, LAST, CHANGES, LAG_USUAL, ECHO, HELD = range(6)
FAR = 1e18
LARGEST, LARGEST_LAG = 20.0, 10.0
"""Usual errors, and usual lag distances, beyond which enough is said."""
NOVEL = 100.0
MIXTURE = ("forecast", "lag", "novelty", "fade")
"""Weights of the three, and what is left of an outstanding score after a row."""
BY_FORECAST, BY_LAG, BY_NOVELTY, FADE = range(4)
PER_CHANGE = 1.0 / 20.0
LOUDER = 1.2
"""An outstanding score silences what is not so much larger."""
MURMUR, LOUDEST_MURMUR = 0.3, 2.0
STANDS_OUT, OUTSTANDING, GOES_ON = 8.0, 3.6, 2.4
"""Usual errors that stand out; surprise that a second such row on the same side confirms, and by how much more:
of lone spikes in heavy-tailed noise fewer than one in two hundred and fifty is followed by another."""

predict, study, usual, measure, cut = (
    *(forecast.expected, forecast.learn, forecast.usual),
    *(forecast.measure, forecast.cut),
)
nearest, gap, remember = lag.nearest, novelty.gap, novelty.learn
place, keep = calibrate.place, calibrate.learn


@njit(error_model="numpy", cache=True)
def limit(core, seen):  # type: ignore[no-untyped-def]
    """Most that may be said: no event is rarer than one in the rows seen, unless many changes show their law."""
    return min(math.log10(seen + 1.0) + PER_CHANGE * core[CHANGES], CAP)


@njit(error_model="numpy", cache=True)
def oddness(found, units, mixture):  # type: ignore[no-untyped-def]
    """Score of a row; `found` is forecast error, lag distance and novelty, `units` those of the first two."""
    score = mixture[BY_FORECAST] * math.log1p(min(measure(found[0], units[0]), LARGEST))
    score += mixture[BY_LAG] * math.log1p(min(measure(found[1], units[1]), LARGEST_LAG))
    return score + mixture[BY_NOVELTY] * math.log1p(NOVEL * found[2])


@njit(error_model="numpy", cache=True)
def speak(score, core, past, law, fade):  # type: ignore[no-untyped-def]
    """Surprise of a score, which is learnt; what is no news is but a murmur."""
    core[ECHO] *= fade
    news = score > core[ECHO]
    said = place(score, law)
    if news:
        core[ECHO] = LOUDER * score
    keep(score if news else 0.0, past, law)
    return said if news else min(MURMUR * said, LOUDEST_MURMUR)


@njit(error_model="numpy", cache=True)
def confirm(said, size, core):  # type: ignore[no-untyped-def]
    """Surprise of a row whose forecast error is `size` usual ones: more than it says itself where it goes on."""
    held = core[HELD]
    core[HELD] = math.copysign(said, size) if abs(size) >= STANDS_OUT else 0.0
    if core[HELD] * held > 0.0 and abs(held) >= OUTSTANDING:
        return max(said, abs(held) + GOES_ON)
    return said


@njit(error_model="numpy", cache=True)
def row(raw, slots, series, rules, limits):  # type: ignore[no-untyped-def]
    """Score one value, then learn it.

    Parameters
    ----------
    raw : the value, finite. slots : of the season, of the hour.
    series : views of the state of one series: core, forecast, season, hours, grid, cells, ring, distance, past, law.
    rules : `forecast.RATES`, `MIXTURE`. limits : direction, floor, warmup.

    Returns
    -------
    surprise (NaN during warm-up), expected.
    """
    core, f, seasons, hours, grid, cells, ring, distance, past, law = series
    rates, mixture = rules
    season, hour, seen = seasons[slots[0]], hours[slots[1]], f[forecast.SEEN]
    if seen == 0.0:
        core[ORIGIN] = raw
    value = max(-FAR, min(FAR, raw - core[ORIGIN]))
    foreseen = predict(f, season[0], rates) if seen > 0.0 else value
    early, floor = seen <= forecast.EARLY, max(forecast.FLOOR * f[forecast.SPREAD], limits[1])
    away = nearest(np.float32(value), ring, distance, int(seen))
    lag_unit, score, size = max(core[LAG_USUAL], floor), 0.0, 0.0
    if not early and (value - foreseen) * limits[0] >= 0.0:
        units = max(usual(f, hour), floor), lag_unit
        score = oddness((value - foreseen, away, gap(value, grid, cells)), units, mixture)
        size = (value - foreseen) / units[0] if units[0] > 0.0 else 0.0
    said = confirm(speak(score, core, past, law, mixture[FADE]), size, core)
    surprise = min(said, limit(core, seen))
    bounded = away if early else cut(away, forecast.WINSOR * lag_unit)
    core[LAG_USUAL] += max(rates[forecast.R_USUAL], 1.0 / (seen + 1.0)) * (bounded - core[LAG_USUAL])
    core[CHANGES] += value != core[LAST]
    core[LAST] = value
    remember(value, grid, cells, seen == 0.0)
    study(f, season, hour, value, rates)
    return surprise if seen >= limits[2] else math.nan, foreseen + core[ORIGIN]


@njit(error_model="numpy", cache=True)
def scan(values, slots, state, rules, limits):  # type: ignore[no-untyped-def]
    """Rows in order, series after series.

    Parameters
    ----------
    values : shape (rows, n). slots : shape (rows, 2), of the season and of the hour of each row.
    state : arrays of leading length n, in the order `row` wants them. rules : as there. limits : shape (3, n).

    Returns
    -------
    surprise, expected : shape (rows, n).
    """
    core, f, season, hours, grid, cells, ring, distance, past, law = state
    surprise, expected = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for i in range(values.shape[1]):
        series = core[i], f[i], season[i], hours[i], grid[i], cells[i], ring[i], distance[i], past[i], law[i]
        bounds = limits[0, i], limits[1, i], limits[2, i]
        for t in range(values.shape[0]):
            if math.isfinite(values[t, i]):
                surprise[t, i], expected[t, i] = row(values[t, i], slots[t], series, rules, bounds)
    return surprise, expected
