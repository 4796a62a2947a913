"""Compiled core of `homogeneity`: what two rows of counts say about each other.

One pass per pair of rows, no allocation in it; probabilities are taken from the statistics outside, where scipy
has them.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LEAST = 5.0
"""Expected in each bin of the smaller sample, as the chi-squared tail needs."""
STATISTICS = 6
"""Columns of the answer: G, Williams' divisor, degrees of freedom, location, scale, effect."""


@njit("f8(f8, f8)", error_model="numpy", cache=True)
def _normal(z, skewness):  # type: ignore[no-untyped-def]
    """The normal deviate of a standardised statistic of this skewness (Pearson III by Wilson and Hilferty)."""
    if abs(skewness) < 1e-3:
        return z
    return 6.0 / skewness * (np.cbrt(max(1.0 + 0.5 * skewness * z, 0.0)) - 1.0) + skewness / 6.0


@njit("void(f8[:], i8[:], i8[:], f8, f8)", error_model="numpy", cache=True)
def _grouped(out, reference, current, n0, n1):  # type: ignore[no-untyped-def]
    """G of neighbouring bins added up until each expects `LEAST`; out[0:3] = G, Williams' divisor, degrees."""
    bins, whole = reference.shape[0], n0 + n1
    least = LEAST * whole / min(n0, n1)
    left = 0.0
    for b in range(bins):
        left += reference[b] + current[b]
    g, inverse, groups = 0.0, 0.0, 0
    a0, a1 = 0.0, 0.0
    for b in range(bins):
        a0 += reference[b]
        a1 += current[b]
        left -= reference[b] + current[b]
        total = a0 + a1
        # What is left over would make no bin of its own: it joins the last one.
        if total > 0.0 and ((total >= least and left >= least) or left == 0.0):
            if a0 > 0.0:
                g += 2.0 * a0 * np.log(a0 * whole / (total * n0))
            if a1 > 0.0:
                g += 2.0 * a1 * np.log(a1 * whole / (total * n1))
            inverse += whole / total
            groups += 1
            a0, a1 = 0.0, 0.0
    out[0], out[1], out[2] = max(g, 0.0), 1.0, groups - 1.0
    if groups > 1:
        out[1] += (whole / n0 + whole / n1 - 1.0) * (inverse - 1.0) / (6.0 * whole * (groups - 1.0))


@njit("void(f8[:], i8[:], i8[:], f8[:, ::1], f8, f8)", error_model="numpy", cache=True)
def _ranked(out, reference, current, scores, n0, n1):  # type: ignore[no-untyped-def]
    """Standardised sums of the linear and the quadratic score of mid-ranks; out[3:5]. Of `scores` nothing is kept."""
    whole, below = n0 + n1, 0.0
    means = (0.0, 0.0)
    for b in range(reference.shape[0]):
        total = float(reference[b] + current[b])
        x = (2.0 * below + total) / whole - 1.0
        scores[0, b], scores[1, b] = x, x * x
        means = (means[0] + total * x / whole, means[1] + total * (x * x) / whole)
        below += total
    for order in range(2):
        second, third, found = 0.0, 0.0, 0.0
        for b in range(reference.shape[0]):
            total = float(reference[b] + current[b])
            d = scores[order, b] - means[order]
            second += total * d * d / whole
            third += total * d * d * d / whole
            found += current[b] * d
        # Moments of a sum of n1 drawn without replacement; rank scores of one value only say nothing.
        spread = second * n0 * n1 / max(whole - 1.0, 1.0)
        if second > 1e-12 and whole > 2.0:
            skewness = third * n0 * n1 * (n0 - n1) / ((whole - 1.0) * (whole - 2.0)) / spread**1.5
            out[3 + order] = _normal(found / np.sqrt(spread), skewness)


@njit("void(i8[:, ::1], i8[:, ::1], b1, f8[:, ::1])", error_model="numpy", cache=True)
def contrast(reference, current, ordered, out):  # type: ignore[no-untyped-def]
    """Fill out (rows, STATISTICS) from counts (rows, bins); `ordered` bins have a rank."""
    scores = np.empty((2, reference.shape[1]))
    for i in range(reference.shape[0]):
        n0, n1 = 0.0, 0.0
        for b in range(reference.shape[1]):
            n0 += reference[i, b]
            n1 += current[i, b]
        out[i] = 0.0
        out[i, 1] = 1.0
        if n0 == 0.0 or n1 == 0.0:
            continue
        _grouped(out[i], reference[i], current[i], n0, n1)
        gap, low, high, moved = 0.0, 0.0, 0.0, 0.0
        for b in range(reference.shape[1]):
            d = current[i, b] / n1 - reference[i, b] / n0
            gap += d
            moved += abs(d)
            low, high = min(low, gap), max(high, gap)
        if ordered:
            _ranked(out[i], reference[i], current[i], scores, n0, n1)
            out[i, 5] = max(high, -low)
        else:
            out[i, 5] = 0.5 * moved
