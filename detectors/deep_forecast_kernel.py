"""How far one value lies from what the level and the usual day predict, in units of the usual error.

Two predictors run side by side: an EW level, and an EW level of what is left after the usual shape of the day. The
seasonal one is believed while it predicts better than the other by `WORTH`. Levels learn errors clipped to `CLIP`
usual ones: a spike leaves no echo, a new level is learnt within some hundred rows.

References
----------
Holt (1957), ONR 52; Gelper, Fried and Croux (2010), J. Forecast. 29:285 (clipped errors).
"""

from __future__ import annotations

import numpy as np
from numba import njit

FIELDS = ("level", "seasonal", "mean", "plain_error", "seasonal_error", "usual", "spread_mean", "spread", "seen")
LEVEL, SEASONAL, MEAN, PLAIN_ERROR, SEASONAL_ERROR, USUAL, SPREAD_MEAN, SPREAD, SEEN = range(9)
RATES = ("level", "mean", "season", "gate", "usual", "spread", "day")
R_LEVEL, R_MEAN, R_SEASON, R_GATE, R_USUAL, R_SPREAD, R_DAY = range(7)
WORTH = 0.97
CLIP, WINSOR, SEASON_CLIP = 8.0, 5.0, 8.0
FLOOR = 0.1
"""Smallest usual error, as a share of the spread of the values."""
EARLY = 20.0


@njit(error_model="numpy", cache=True)
def expected(f, season, rates):  # type: ignore[no-untyped-def]
    """The believed prediction."""
    if f[SEEN] > rates[R_DAY] and f[SEASONAL_ERROR] < WORTH * f[PLAIN_ERROR]:
        return f[SEASONAL] + season
    return f[LEVEL]


@njit(error_model="numpy", cache=True)
def clip(error, most):  # type: ignore[no-untyped-def]
    """The error, cut to plus or minus `most`."""
    return max(-most, min(most, error))


@njit(error_model="numpy", cache=True)
def measure(error, usual, floor):  # type: ignore[no-untyped-def]
    """Size of an error in usual errors; 0 where nothing ever differed."""
    unit = max(usual, floor)
    return abs(error) / unit if unit > 0.0 else (0.0 if error == 0.0 else WINSOR)


@njit(error_model="numpy", cache=True)
def average(now, value, rate, floor, early):  # type: ignore[no-untyped-def]
    """The next EW mean of `value`, winsorised once it is known what is usual."""
    unit = max(now, floor)
    if not early and unit > 0.0:
        value = min(value, WINSOR * unit)
    return now + rate * (value - now)


@njit(error_model="numpy", cache=True)
def learn(f, season, s, value, rates):  # type: ignore[no-untyped-def]
    """Move levels, season and usual errors towards a value.

    Parameters
    ----------
    f : `FIELDS` of one series. season : shape (2, slots): shape of the day, days learnt. s : slot.
    rates : `RATES`.
    """
    seen, warm = f[SEEN], 1.0 / (f[SEEN] + 1.0)
    if seen == 0.0:
        f[LEVEL] = f[SEASONAL] = f[MEAN] = f[SPREAD_MEAN] = value
    early, first_day = seen <= EARLY, seen <= rates[R_DAY]
    plain = value - f[LEVEL]
    seasonal = value - f[SEASONAL] - season[0, s]
    judged = plain if first_day else seasonal
    error = value - expected(f, season[0, s], rates)
    floor = FLOOR * f[SPREAD]
    f[USUAL] = average(f[USUAL], abs(error), max(rates[R_USUAL], warm), floor, early)
    gate, most_plain, most_seasonal = max(rates[R_GATE], warm), CLIP * f[PLAIN_ERROR], CLIP * f[SEASONAL_ERROR]
    f[PLAIN_ERROR] = average(f[PLAIN_ERROR], abs(plain), gate, 0.0, early)
    f[SEASONAL_ERROR] = average(f[SEASONAL_ERROR], abs(judged), gate, 0.0, early)
    if not early and most_plain > 0.0:
        plain = clip(plain, most_plain)
        if not first_day:
            seasonal = clip(seasonal, most_seasonal)
    keep = max(rates[R_LEVEL], warm)
    f[LEVEL] += keep * plain
    f[SEASONAL] += keep * seasonal
    away = value - f[MEAN]
    f[MEAN] += max(rates[R_MEAN], warm) * away
    bent = away - season[0, s]
    if not first_day and f[SEASONAL_ERROR] > 0.0:
        bent = clip(bent, SEASON_CLIP * f[SEASONAL_ERROR])
    season[0, s] += np.float32(max(rates[R_SEASON], 1.0 / (1.0 + season[1, s])) * bent)
    season[1, s] += np.float32(1.0)
    distance = value - f[SPREAD_MEAN]
    slow = max(rates[R_SPREAD], warm)
    f[SPREAD_MEAN] += slow * distance
    f[SPREAD] = average(f[SPREAD], abs(distance), slow, 0.0, early)
    f[SEEN] += 1.0
