"""How far one value lies from what the level and the usual day predict, in units of the usual error.

Three predictors run side by side: an EW level, an EW level of what is left after the usual shape of the day, and the
value before. The seasonal one is believed while it predicts better than the level by `WORTH`, the value before while it
predicts twice as well as either: steps, counters of state, flat lines. Levels learn errors clipped to `CLIP`
usual ones: a spike leaves no echo, and a level that stays away for `LASTING` rows is learnt within a hundred more.

What error is usual depends on the hour, where hours differ.

References
----------
Holt (1957), ONR 52; Gelper, Fried and Croux (2010), J. Forecast. 29:285 (clipped errors).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

FIELDS = (
    *("level", "seasonal", "mean", "last", "plain_error", "seasonal_error", "last_error"),
    *("usual", "spread_mean", "spread", "away", "seen"),
)
LEVEL, SEASONAL, MEAN, LAST, PLAIN_ERROR, SEASONAL_ERROR, LAST_ERROR = range(7)
USUAL, SPREAD_MEAN, SPREAD, AWAY, SEEN = range(7, 12)
RATES = ("level", "mean", "season", "gate", "usual", "hour", "spread", "day")
R_LEVEL, R_MEAN, R_SEASON, R_GATE, R_USUAL, R_HOUR, R_SPREAD, R_DAY = range(8)
WORTH, WORTH_OF_NONE = 0.97, 0.5
CLIP, WINSOR = 8.0, 5.0
LASTING = 60.0
"""Rows in a row with an error that had to be clipped, after which it is a new level and is learnt as it is."""
FLOOR = 0.1
"""Smallest usual error, as a share of the spread of the values."""
TRUST, MOST_TRUST = 30.0, 300.0
"""Samples the usual error of all hours weighs against those of this one; samples of an hour that count at most."""
EARLY = 20.0


@njit(error_model="numpy", cache=True)
def expected(f, season, rates):  # type: ignore[no-untyped-def]
    """The believed prediction."""
    best, found = f[PLAIN_ERROR], f[LEVEL]
    if f[SEEN] > rates[R_DAY] and f[SEASONAL_ERROR] < WORTH * best:
        best, found = f[SEASONAL_ERROR], f[SEASONAL] + season
    return f[LAST] if f[LAST_ERROR] < WORTH_OF_NONE * best else found


@njit(error_model="numpy", cache=True)
def usual(f, hour):  # type: ignore[no-untyped-def]
    """Usual error now, from that of the hour (error, samples) and that of all hours."""
    weight = min(hour[1], MOST_TRUST)
    return (weight * hour[0] + TRUST * f[USUAL]) / (weight + TRUST)


@njit(error_model="numpy", cache=True)
def measure(error, unit):  # type: ignore[no-untyped-def]
    """Size of an error in usual ones; infinite where nothing ever differed."""
    return abs(error) / unit if unit > 0.0 else (0.0 if error == 0.0 else math.inf)


@njit(error_model="numpy", cache=True)
def cut(error, most):  # type: ignore[no-untyped-def]
    """The error, cut to plus or minus `most`, unless that is nothing."""
    return max(-most, min(most, error)) if most > 0.0 else error


@njit(error_model="numpy", cache=True)
def learn_errors(f, errors, hour, rates, known):  # type: ignore[no-untyped-def]
    """Move what is usual towards the last errors, each cut to `WINSOR` usual ones once those are known.

    Parameters
    ----------
    errors : of the believed predictor, the level, the seasonal one, the value before. hour : of this hour, usual error
        and samples.
    """
    warm = 1.0 / (f[SEEN] + 1.0)
    error, plain, seasonal, last = abs(errors[0]), abs(errors[1]), abs(errors[2]), abs(errors[3])
    if known:
        error = cut(error, WINSOR * max(f[USUAL], FLOOR * f[SPREAD]))
        plain, seasonal = cut(plain, WINSOR * f[PLAIN_ERROR]), cut(seasonal, WINSOR * f[SEASONAL_ERROR])
        last = cut(last, WINSOR * f[LAST_ERROR])
    f[USUAL] += max(rates[R_USUAL], warm) * (error - f[USUAL])
    hour[0] += np.float32(max(rates[R_HOUR], 1.0 / (1.0 + hour[1])) * (error - hour[0]))
    hour[1] += np.float32(1.0)
    gate = max(rates[R_GATE], warm)
    f[PLAIN_ERROR] += gate * (plain - f[PLAIN_ERROR])
    f[SEASONAL_ERROR] += gate * (seasonal - f[SEASONAL_ERROR])
    f[LAST_ERROR] += gate * (last - f[LAST_ERROR])


@njit(error_model="numpy", cache=True)
def learn_levels(f, plain, seasonal, value, rates):  # type: ignore[no-untyped-def]
    """Move both levels, the middle of the day, and the spread around a slow middle."""
    warm = 1.0 / (f[SEEN] + 1.0)
    keep, slow = max(rates[R_LEVEL], warm), max(rates[R_SPREAD], warm)
    f[LEVEL] += keep * plain
    f[SEASONAL] += keep * seasonal
    f[MEAN] += max(rates[R_MEAN], warm) * (value - f[MEAN])
    distance = value - f[SPREAD_MEAN]
    f[SPREAD_MEAN] += slow * distance
    usual_distance = cut(abs(distance), WINSOR * f[SPREAD]) if f[SEEN] > EARLY else abs(distance)
    f[SPREAD] += slow * (usual_distance - f[SPREAD])


@njit(error_model="numpy", cache=True)
def learn(f, season, hour, value, rates):  # type: ignore[no-untyped-def]
    """Move everything towards a value.

    Parameters
    ----------
    f : `FIELDS` of one series. season : of this slot of the day, height and days learnt. hour : of this hour, usual
        error and samples. rates : `RATES`.
    """
    if f[SEEN] == 0.0:
        f[LEVEL] = f[SEASONAL] = f[MEAN] = f[LAST] = f[SPREAD_MEAN] = value
    known, first_day = f[SEEN] > EARLY, f[SEEN] <= rates[R_DAY]
    plain, seasonal = value - f[LEVEL], value - f[SEASONAL] - season[0]
    most, most_seasonal = CLIP * f[PLAIN_ERROR], CLIP * f[SEASONAL_ERROR]
    errors = (value - expected(f, season[0], rates), plain, plain if first_day else seasonal, value - f[LAST])
    learn_errors(f, errors, hour, rates, known)
    bent = value - f[MEAN] - season[0]
    f[AWAY] = f[AWAY] + 1.0 if abs(plain) > most and abs(seasonal) > most_seasonal else 0.0
    if known and f[AWAY] <= LASTING:
        plain = cut(plain, most)
        seasonal = seasonal if first_day else cut(seasonal, most_seasonal)
    if not first_day:
        bent = cut(bent, CLIP * f[SEASONAL_ERROR])
    learn_levels(f, plain, seasonal, value, rates)
    season[0] += np.float32(max(rates[R_SEASON], 1.0 / (1.0 + season[1])) * bent)
    season[1] += np.float32(1.0)
    f[LAST] = value
    f[SEEN] += 1.0
