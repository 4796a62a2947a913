"""How unlike anything usual the last rows of an entity are: distance to the nearest of a few learnt windows.

A window is `blocks` means of `stride` rows of all columns. Some `CENTRES` windows, learnt by sequential k-means, are
what an entity usually does; the squared distance to the nearest is what k-means cannot reconstruct, and its parts by
column say which metrics are at fault. The sum over columns is kept by column until the end: no order of summation is
left to the compiler, and the parts come free.

References
----------
MacQueen (1967), Berkeley Symp. 1:281 (sequential k-means); Yairi et al. (2001), i-SAIRAS (k-means on windows);
Liu and Paparrizos (2024), NeurIPS 37, TSB-AD (where it is the best of 23 on multivariate series, with look-ahead).
"""

from __future__ import annotations

import numpy as np
from numba import njit

CENTRES = 10
HALF_LIFE = 20_000.0
NEWEST = 1.0 - 0.5 ** (1.0 / HALF_LIFE)
MOST = 1e7


@njit(error_model="numpy", cache=True)
def gather(ring, newest, stride, window):  # type: ignore[no-untyped-def]
    """Fill `window`, shape (blocks, k), oldest first, with means of rows of the ring that end at row `newest`."""
    blocks, k = window.shape
    share = np.float32(1.0 / stride)
    for i in range(blocks):
        first = newest - (blocks - i) * stride + 1
        for j in range(k):
            window[i, j] = ring[first, j]
        for u in range(first + 1, first + stride):
            for j in range(k):
                window[i, j] += ring[u, j]
        if stride > 1:
            for j in range(k):
                window[i, j] *= share


@njit(error_model="numpy", cache=True)
def apart(window, centre, parts):  # type: ignore[no-untyped-def]
    """Squared distance, by column into `parts`, shape (k,)."""
    blocks, k = window.shape
    for j in range(k):
        away = window[0, j] - centre[0, j]
        parts[j] = away * away
    for i in range(1, blocks):
        for j in range(k):
            away = window[i, j] - centre[i, j]
            parts[j] += away * away
    total = np.float32(0.0)
    for j in range(k):
        total += parts[j]
    return total


@njit(error_model="numpy", cache=True)
def nearest(window, centres, known, parts):  # type: ignore[no-untyped-def]
    """Number of the nearest of the first `known` centres and mean squared distance; its parts by column in `parts[0]`.

    Parameters
    ----------
    centres : shape (CENTRES, blocks, k). parts : shape (2, k), to be filled.
    """
    best, least = -1, np.float32(np.inf)
    for c in range(known):
        total = apart(window, centres[c], parts[1])
        if total < least:
            best, least = c, total
            parts[0] = parts[1]
    if best < 0:
        parts[0] = 0.0
        return best, 0.0
    parts[0] /= np.float32(window.shape[0])
    return best, least / window.shape[0]


@njit(error_model="numpy", cache=True)
def ending(window, centre):  # type: ignore[no-untyped-def]
    """Squared distance of the newest block alone: what a fault that begins now changes first."""
    total = np.float32(0.0)
    for j in range(window.shape[1]):
        away = window[-1, j] - centre[-1, j]
        total += away * away
    return total


@njit(error_model="numpy", cache=True)
def learn(window, best, centres, weight):  # type: ignore[no-untyped-def]
    """Move the nearest centre towards the window; without one (`best` < 0) the window becomes the next centre."""
    c = best
    if c < 0:
        c = 0
        while weight[c] > 0.0:
            c += 1
    weight[c] = min(weight[c] + 1.0, MOST)
    newest = np.float32(max(NEWEST, 1.0 / weight[c]))
    for i in range(window.shape[0]):
        for j in range(window.shape[1]):
            centres[c, i, j] += newest * (window[i, j] - centres[c, i, j])
