"""Distance of the recent stretch of a series to the most similar earlier one, in one pass over the lags.

For every lag the squared differences between now and then run along, summed over the last 8, 16, 30, 60 and 120 values
in equal parts: what happened just now weighs most, and two minutes ago still tells which earlier stretch to compare
with, so that the distance rises soon and falls soon. The mean of the longest window is taken off either side: a level
alone is no shape. Lags shorter than the longest window are left out, or a long anomaly would excuse itself by its own
beginning. A streaming left matrix profile without z-normalisation, exact.

Sums in single precision are taken up and put down, so a huge value leaves its rounding behind: a few lags are summed
anew with every value, all of them within `LAGS / FRESH` values.

References
----------
Yeh et al. (2016), ICDM, 1317 (matrix profile); Zhu et al. (2016), ICDM, 739 (running along the diagonal).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

f4 = np.float32
WINDOWS = (8, 16, 30, 60, 120)
A, B, C, D, LONGEST = WINDOWS
FIRST, LAST = 120, 1_500
LAGS = LAST - FIRST + 1
"""Lags held: `FIRST` to `LAST`."""
KEPT = LAST + LONGEST + 1
SLACK = 512
WIDTH = KEPT + SLACK
"""Of a ring: it slides down by one with every value and is moved up again every `SLACK` values."""
FRESH = 8
RINGS = ("value", "mean", "blend")
"""Rows of `rings`: values relative to the origin; mean over the longest window; mean of the means of all windows."""
VALUE, MEAN, BLEND = range(3)
PARTS = np.array([1.0 / (len(WINDOWS) * n) for n in WINDOWS], np.float32)
WEIGHTS = np.array([sum(part for part, n in zip(PARTS, WINDOWS, strict=True) if n > age) for age in range(LONGEST)], f4)
"""Of a squared difference, by age; they sum to one."""


@njit(error_model="numpy", cache=True)
def carry(ring, head, distance):  # type: ignore[no-untyped-def]
    """Take up the newest difference of every lag, put down those that leave a window."""
    start = head + FIRST
    now, new = ring[head], ring[start : start + LAGS]
    whole, pa, pb, pc, pd, pe = WEIGHTS[0], PARTS[0], PARTS[1], PARTS[2], PARTS[3], PARTS[4]
    ya, yb, yc, yd, ye = ring[head + A], ring[head + B], ring[head + C], ring[head + D], ring[head + LONGEST]
    a, b = ring[start + A : start + A + LAGS], ring[start + B : start + B + LAGS]
    c, d = ring[start + C : start + C + LAGS], ring[start + D : start + D + LAGS]
    e = ring[start + LONGEST : start + LONGEST + LAGS]
    for k in range(LAGS):
        taken = whole * (now - new[k]) * (now - new[k])
        put = pa * (ya - a[k]) * (ya - a[k]) + pb * (yb - b[k]) * (yb - b[k]) + pc * (yc - c[k]) * (yc - c[k])
        distance[k] += taken - put - pd * (yd - d[k]) * (yd - d[k]) - pe * (ye - e[k]) * (ye - e[k])


@njit(error_model="numpy", cache=True)
def renew(ring, head, distance, seen):  # type: ignore[no-untyped-def]
    """Sum a few lags anew; which ones goes round."""
    first = min((seen % (LAGS // FRESH + 1)) * FRESH, LAGS - FRESH)
    part = distance[first : first + FRESH]
    part[:] = f4(0.0)
    for age in range(LONGEST):
        now, then = ring[head + age], ring[head + age + FIRST + first : head + age + FIRST + first + FRESH]
        for k in range(FRESH):
            part[k] += WEIGHTS[age] * (now - then[k]) * (now - then[k])


@njit(error_model="numpy", cache=True)
def smallest(rings, head, distance, scratch):  # type: ignore[no-untyped-def]
    """The smallest centred distance of the lags in `distance`.

    Of numbers that are not negative the bits order as the numbers do, and integers the compiler may compare in vectors.
    """
    mean, blend = rings[MEAN, head], rings[BLEND, head]
    means, blends = rings[MEAN, head + FIRST :], rings[BLEND, head + FIRST :]
    for k in range(distance.shape[0]):
        off = mean - means[k]
        centred = distance[k] + off * (off - f4(2.0) * (blend - blends[k]))
        scratch[k] = max(centred, f4(0.0))
    least = np.int32(2**31 - 1)
    for bits in scratch[: distance.shape[0]].view(np.int32):
        least = min(least, bits)
    return np.array([least], np.int32).view(np.float32)[0]


@njit(error_model="numpy", cache=True)
def slide(rings, sums):  # type: ignore[no-untyped-def]
    """Move the rings up to make room, and make the present level their origin; says by how much that moved."""
    shift = rings[MEAN, 0]
    for j in range(rings.shape[0]):
        ring = rings[j]
        for k in range(KEPT - 1, -1, -1):
            ring[SLACK + k] = ring[k] - shift
    for j in range(len(WINDOWS)):
        sums[j] -= WINDOWS[j] * float(shift)
    return float(shift)


@njit(error_model="numpy", cache=True)
def nearest(value, rings, sums, distance, seen, scratch):  # type: ignore[no-untyped-def]
    """Root mean square distance of the recent stretch to the most similar earlier one; negative while there is none.

    Parameters
    ----------
    value : float32, relative to the origin of its series; learnt here.
    rings : shape (3, WIDTH). sums : shape (len(WINDOWS),), float64, of the values in each window.
    distance : shape (LAGS,), weighted squared differences by lag.
    seen : number of values learnt before; `slide` comes before every `SLACK`-th.
    scratch : shape (LAGS,), float32, overwritten.
    """
    head = SLACK - 1 - seen % SLACK
    ring = rings[VALUE]
    ring[head] = value
    blend = 0.0
    for j in range(len(WINDOWS)):
        sums[j] += float(value) - float(ring[head + WINDOWS[j]])
        blend += sums[j] / WINDOWS[j]
    rings[MEAN, head] = f4(sums[len(WINDOWS) - 1] / LONGEST)
    rings[BLEND, head] = f4(blend / len(WINDOWS))
    carry(ring, head, distance)
    renew(ring, head, distance, seen)
    known = min(seen + 2 - LONGEST - FIRST, LAGS)
    return math.sqrt(smallest(rings, head, distance[:known], scratch)) if known > 0 else -1.0
