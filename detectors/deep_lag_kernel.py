"""Distance of the last few values to the most similar stretch of the last `LAGS`.

For every lag an EW sum of squared differences between now and then runs along, with a length of about one and a half
values: a streaming left matrix profile of very short windows without z-normalisation, exact and in one pass over the
lags. What came before at the same height, in the same way, is not news, whatever a forecast says.

References
----------
Yeh et al. (2016), ICDM, 1317 (matrix profile).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

LAGS = 1_500
DECAY = np.float32(0.5 ** (1.0 / 1.5))
FEWEST = 20
FAR = np.int32(2**31 - 1)


@njit(error_model="numpy", cache=True)
def carry(value, past, distance):  # type: ignore[no-untyped-def]
    """Carry on the distances of a run of lags."""
    for k in range(past.shape[0]):
        apart = value - past[k]
        distance[k] = DECAY * distance[k] + apart * apart


@njit(error_model="numpy", cache=True)
def smallest(distance):  # type: ignore[no-untyped-def]
    """The smallest distance.

    Of numbers that are not negative the bits order as the numbers do, and integers the compiler may compare in vectors.
    """
    least = FAR
    for bits in distance.view(np.int32):
        least = min(least, bits)
    return np.array([least], np.int32).view(np.float32)[0]


@njit(error_model="numpy", cache=True)
def nearest(value, ring, distance, seen):  # type: ignore[no-untyped-def]
    """Root of the smallest EW mean square over all lags; 0 while there are too few. Learns the value.

    Parameters
    ----------
    value : float32, relative to the origin of its series.
    ring : shape (LAGS,), values, the newest at `-seen % LAGS`, older ones behind it.
    distance : shape (LAGS,), by lag.
    seen : number of values learnt before.
    """
    known, head = min(seen, LAGS), -seen % LAGS
    first = min(known, LAGS - head)
    carry(value, ring[head : head + first], distance[:first])
    carry(value, ring[: known - first], distance[first:known])
    ring[(head - 1) % LAGS] = value
    return math.sqrt(smallest(distance[:known]) * (np.float32(1.0) - DECAY)) if known > FEWEST else 0.0
