"""How far one value lies from what the level and the usual day predict, in units of the usual error.

Two predictors run side by side: an EW level, and an EW level of what is left after the usual shape of the day. The
seasonal one is believed while it predicts better than the other by `WORTH`. Levels learn errors clipped to `CLIP`
usual ones: a spike leaves no echo, a new level is learnt within some hundred rows.

What error is usual depends on the hour, where hours differ, and half (on a log scale) on how restless the last rows
were: the same excursion says less in a storm.

References
----------
Holt (1957), ONR 52; Gelper, Fried and Croux (2010), J. Forecast. 29:285 (clipped errors).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

FIELDS = (
    *("level", "seasonal", "mean", "plain_error", "seasonal_error"),
    *("usual", "restless", "spread_mean", "spread", "seen"),
)
LEVEL, SEASONAL, MEAN, PLAIN_ERROR, SEASONAL_ERROR, USUAL, RESTLESS, SPREAD_MEAN, SPREAD, SEEN = range(10)
RATES = ("level", "mean", "season", "gate", "usual", "hour", "restless", "spread", "day")
R_LEVEL, R_MEAN, R_SEASON, R_GATE, R_USUAL, R_HOUR, R_RESTLESS, R_SPREAD, R_DAY = range(9)
HOURS = 24
WORTH = 0.97
CLIP, WINSOR = 8.0, 5.0
FLOOR = 0.1
"""Smallest usual error, as a share of the spread of the values."""
TRUST, MOST_TRUST = 30.0, 300.0
"""Samples the usual error of all hours weighs against those of this one; samples of an hour that count at most."""
EARLY = 20.0


@njit(error_model="numpy", cache=True)
def expected(f, season, rates):  # type: ignore[no-untyped-def]
    """The believed prediction."""
    if f[SEEN] > rates[R_DAY] and f[SEASONAL_ERROR] < WORTH * f[PLAIN_ERROR]:
        return f[SEASONAL] + season
    return f[LEVEL]


@njit(error_model="numpy", cache=True)
def usual(f, hour):  # type: ignore[no-untyped-def]
    """Usual error now, from that of the hour (error, samples), that of all hours, and that of the last rows."""
    weight = min(hour[1], MOST_TRUST)
    local = (weight * hour[0] + TRUST * f[USUAL]) / (weight + TRUST)
    return math.sqrt(local * max(local, f[RESTLESS]))


@njit(error_model="numpy", cache=True)
def measure(error, unit):  # type: ignore[no-untyped-def]
    """Size of an error in usual ones; `WINSOR` where nothing ever differed."""
    return abs(error) / unit if unit > 0.0 else (0.0 if error == 0.0 else WINSOR)


@njit(error_model="numpy", cache=True)
def cut(error, most):  # type: ignore[no-untyped-def]
    """The error, cut to plus or minus `most`, unless that is nothing."""
    return max(-most, min(most, error)) if most > 0.0 else error


@njit(error_model="numpy", cache=True)
def learn_errors(f, errors, hour, rates, known):  # type: ignore[no-untyped-def]
    """Move what is usual towards the last errors, each cut to `WINSOR` usual ones once those are known.

    Parameters
    ----------
    errors : of the believed predictor, of the plain one, of the seasonal one. hour : of this hour, usual error and
        samples. known : usual error now; 0 = still unknown.
    """
    warm = 1.0 / (f[SEEN] + 1.0)
    floor = FLOOR * f[SPREAD]
    error, plain, seasonal = abs(errors[0]), abs(errors[1]), abs(errors[2])
    if known > 0.0:
        f[RESTLESS] += max(rates[R_RESTLESS], warm) * (cut(error, WINSOR * known) - f[RESTLESS])
        error = cut(error, WINSOR * max(f[USUAL], floor))
        plain, seasonal = cut(plain, WINSOR * f[PLAIN_ERROR]), cut(seasonal, WINSOR * f[SEASONAL_ERROR])
    else:
        f[RESTLESS] += warm * (error - f[RESTLESS])
    f[USUAL] += max(rates[R_USUAL], warm) * (error - f[USUAL])
    hour[0] += np.float32(max(rates[R_HOUR], 1.0 / (1.0 + hour[1])) * (error - hour[0]))
    hour[1] += np.float32(1.0)
    gate = max(rates[R_GATE], warm)
    f[PLAIN_ERROR] += gate * (plain - f[PLAIN_ERROR])
    f[SEASONAL_ERROR] += gate * (seasonal - f[SEASONAL_ERROR])


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
        f[LEVEL] = f[SEASONAL] = f[MEAN] = f[SPREAD_MEAN] = value
    known, first_day = f[SEEN] > EARLY, f[SEEN] <= rates[R_DAY]
    plain, seasonal = value - f[LEVEL], value - f[SEASONAL] - season[0]
    most, most_seasonal = CLIP * f[PLAIN_ERROR], CLIP * f[SEASONAL_ERROR]
    errors = (value - expected(f, season[0], rates), plain, plain if first_day else seasonal)
    learn_errors(f, errors, hour, rates, max(usual(f, hour), FLOOR * f[SPREAD]) if known else 0.0)
    bent = value - f[MEAN] - season[0]
    if known:
        plain = cut(plain, most)
    if not first_day:
        seasonal, bent = cut(seasonal, most_seasonal), cut(bent, CLIP * f[SEASONAL_ERROR])
    learn_levels(f, plain, seasonal, value, rates)
    season[0] += np.float32(max(rates[R_SEASON], 1.0 / (1.0 + season[1])) * bent)
    season[1] += np.float32(1.0)
    f[SEEN] += 1.0
