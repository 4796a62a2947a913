"""Distance of the recent stretch of a series to the earlier stretches most like it, in one pass over the lags.

For every lag the squared differences between now and then run along, averaged over the last 2, 4, 8, 16, 30, 60 and 120
values in equal parts: what happened just now weighs most, and what came before tells which earlier stretch to compare
with, so that the distance rises soon and falls soon. The weighted mean is taken off either side: a level alone is no
shape. Lags shorter than the longest window are left out, or a long anomaly would excuse itself by its own beginning;
and two earlier stretches must be alike, or an anomaly would excuse the next one. A streaming left matrix profile
without z-normalisation, exact, over bounded memory.

Sums in single precision are taken up and put down, so a huge value leaves its rounding behind: a few lags are summed
anew with every value, all of them within `LAGS / FRESH` values.

References
----------
Yeh et al. (2016), ICDM, 1317 (matrix profile); Zhu et al. (2016), ICDM, 739 (running along the diagonal); Ramaswamy et
al. (2000), SIGMOD, 427 (k nearest neighbours).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

f4 = np.float32
WINDOWS = (2, 4, 8, 16, 30, 60, 120)
A, B, C, D, E, F, LONGEST = WINDOWS
LANES = 64
FIRST, LAGS = 120, 94 * LANES
"""The shortest lag held, and how many."""
LAST = FIRST + LAGS - 1
KEPT = LAST + LONGEST + 1
SLACK = 512
WIDTH = KEPT + SLACK
"""Of a ring: it slides down by one with every value and is moved up again every `SLACK` values."""
FRESH = 32
FEWEST = 90
"""Earlier stretches that must be known: of a few, none may fit what comes round by the hour."""
APART = 30
"""Lags on either side of the most similar stretch that are the same stretch."""
RINGS = ("value", "blend")
"""Rows of `rings`: values relative to the origin; weighted means of the stretches that end there."""
VALUE, BLEND = range(2)
PARTS = np.array([1.0 / (len(WINDOWS) * n) for n in WINDOWS], np.float32)
WEIGHTS = np.array([sum(part for part, n in zip(PARTS, WINDOWS, strict=True) if n > age) for age in range(LONGEST)], f4)
"""Of a squared difference, by age; they sum to one."""
SQUARES = len(WINDOWS)
"""Of a row of `sums`: after those of the values in each window, that of the squares in the longest."""
FAR = f4(3e38)


@njit(error_model="numpy", cache=True)
def carry(ring, head, distance):  # type: ignore[no-untyped-def]
    """Take up the newest difference of every lag, put down those that leave a window."""
    start, n = head + FIRST, distance.shape[0]
    now, new, whole = ring[head], ring[start : start + n], WEIGHTS[0]
    ya, yb, yc, yd = ring[head + A], ring[head + B], ring[head + C], ring[head + D]
    ye, yf, yg = ring[head + E], ring[head + F], ring[head + LONGEST]
    a, b, c = ring[start + A : start + A + n], ring[start + B : start + B + n], ring[start + C : start + C + n]
    d, e, f = ring[start + D : start + D + n], ring[start + E : start + E + n], ring[start + F : start + F + n]
    g = ring[start + LONGEST : start + LONGEST + n]
    for k in range(n):
        taken = whole * (now - new[k]) * (now - new[k])
        put = PARTS[0] * (ya - a[k]) * (ya - a[k]) + PARTS[1] * (yb - b[k]) * (yb - b[k])
        put += PARTS[2] * (yc - c[k]) * (yc - c[k]) + PARTS[3] * (yd - d[k]) * (yd - d[k])
        put += PARTS[4] * (ye - e[k]) * (ye - e[k]) + PARTS[5] * (yf - f[k]) * (yf - f[k])
        distance[k] += taken - put - PARTS[6] * (yg - g[k]) * (yg - g[k])


@njit(error_model="numpy", cache=True)
def renew(ring, head, distance, seen):  # type: ignore[no-untyped-def]
    """Sum a few lags anew; which ones goes round."""
    first = (seen % (LAGS // FRESH)) * FRESH
    part = distance[first : first + FRESH]
    part[:] = f4(0.0)
    for age in range(LONGEST):
        now, then = ring[head + age], ring[head + age + FIRST + first : head + age + FIRST + first + FRESH]
        for k in range(FRESH):
            part[k] += WEIGHTS[age] * (now - then[k]) * (now - then[k])


@njit(error_model="numpy", cache=True)
def centre(distance, blend, blends, known, centred):  # type: ignore[no-untyped-def]
    """Distances without the difference of the means; `FAR` where no stretch is known."""
    for k in range(distance.shape[0]):
        off = blend - blends[k]
        apart = distance[k] - off * off
        centred[k] = apart if apart > f4(0.0) else f4(0.0)
    centred[known:] = FAR


@njit(error_model="numpy", cache=True)
def smallest(centred):  # type: ignore[no-untyped-def]
    """Where the smallest is: lane by lane, for that the compiler can do in vectors."""
    lanes = centred[:LANES].copy()
    for start in range(LANES, centred.shape[0], LANES):
        block = centred[start : start + LANES]
        for k in range(LANES):
            lanes[k] = block[k] if block[k] < lanes[k] else lanes[k]
    best = int(np.argmin(lanes))
    where = best
    for k in range(best, centred.shape[0], LANES):
        if centred[k] < centred[where]:
            where = k
    return where


@njit(error_model="numpy", cache=True)
def slide(rings, sums):  # type: ignore[no-untyped-def]
    """Move the rings up to make room, and make the present level their origin; says by how much that moved."""
    shift = rings[BLEND, 0]
    sums[SQUARES] += float(shift) * (LONGEST * float(shift) - 2.0 * sums[SQUARES - 1])
    for j in range(rings.shape[0]):
        ring = rings[j]
        for k in range(KEPT - 1, -1, -1):
            ring[SLACK + k] = ring[k] - shift
    for j in range(len(WINDOWS)):
        sums[j] -= WINDOWS[j] * float(shift)
    return float(shift)


@njit(error_model="numpy", cache=True)
def movement(sums):  # type: ignore[no-untyped-def]
    """Standard deviation of the values in the longest window."""
    mean = sums[SQUARES - 1] / LONGEST
    return math.sqrt(max(sums[SQUARES] / LONGEST - mean * mean, 0.0))


@njit(error_model="numpy", cache=True)
def nearest(value, rings, sums, distance, seen, scratch):  # type: ignore[no-untyped-def]
    """Root mean square distance to the earlier stretch most like the recent one, and to the next; negative while none.

    Parameters
    ----------
    value : float32, relative to the origin of its series; learnt here.
    rings : shape (2, WIDTH). sums : shape (SQUARES + 1,), float64.
    distance : shape (LAGS,), weighted squared differences by lag.
    seen : number of values learnt before; `slide` comes before every `SLACK`-th.
    scratch : shape (LAGS,), float32, overwritten.

    Returns
    -------
    mean of the two distances; the first alone while no second one is known.
    """
    head = SLACK - 1 - seen % SLACK
    ring = rings[VALUE]
    ring[head] = value
    blend = 0.0
    for j in range(len(WINDOWS)):
        sums[j] += float(value) - float(ring[head + WINDOWS[j]])
        blend += sums[j] / WINDOWS[j]
    sums[SQUARES] += float(value) ** 2 - float(ring[head + LONGEST]) ** 2
    rings[BLEND, head] = f4(blend / len(WINDOWS))
    carry(ring, head, distance)
    renew(ring, head, distance, seen)
    known = min(seen + 2 - LONGEST - FIRST, LAGS)
    if known < FEWEST:
        return -1.0
    centre(distance, rings[BLEND, head], rings[BLEND, head + FIRST : head + FIRST + LAGS], known, scratch)
    first = smallest(scratch)
    least = math.sqrt(scratch[first])
    scratch[max(0, first - APART) : first + APART + 1] = FAR
    second = scratch[smallest(scratch)]
    return 0.5 * (least + math.sqrt(second)) if second < FAR else least
