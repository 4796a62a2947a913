"""Columns that part company: the squared distance of a row from what the columns usually do together.

The covariance of the deviations is an exponential average over weeks; its Cholesky factor is made anew every `EVERY`
rows, or as many as there are columns, which costs less than a row's own arithmetic and cannot drift, as recursive
inverses do. A ridge keeps columns that always agree from making every rounding an event.

References
----------
Mahalanobis (1936), Proc. Nat. Inst. Sci. India 2:49; Hotelling (1931), Ann. Math. Statist. 2:360.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

HALF_LIFE = 20_000.0
NEWEST = 1.0 - 0.5 ** (1.0 / HALF_LIFE)
PRIOR = 10.0
"""Rows that the unit matrix stands for at the beginning."""
RIDGE = 0.1
EVERY = 64


@njit(error_model="numpy", cache=True)
def factorise(covariance, factor):  # type: ignore[no-untyped-def]
    """Upper Cholesky factor of covariance plus ridge, into `factor`; only the upper halves are used."""
    k = covariance.shape[0]
    for i in range(k):
        for j in range(i, k):
            factor[i, j] = covariance[i, j]
        factor[i, i] += RIDGE
    for i in range(k):
        root = math.sqrt(max(factor[i, i], RIDGE))
        for j in range(i, k):
            factor[i, j] /= root
        for u in range(i + 1, k):
            for j in range(u, k):
                factor[u, j] -= factor[i, u] * factor[i, j]


@njit(error_model="numpy", cache=True)
def distance(row, factor, whitened):  # type: ignore[no-untyped-def]
    """Squared Mahalanobis distance of `row`; its whitened form in `whitened`, shape (k,), float64."""
    k = factor.shape[0]
    whitened[:] = row
    total = 0.0
    for i in range(k):
        whitened[i] /= factor[i, i]
        for j in range(i + 1, k):
            whitened[j] -= factor[i, j] * whitened[i]
        total += whitened[i] * whitened[i]
    return total


@njit(error_model="numpy", cache=True)
def attribute(row, factor, whitened):  # type: ignore[no-untyped-def]
    """Each column's part of the distance, at least 0, in place of the whitened row."""
    for i in range(factor.shape[0] - 1, -1, -1):
        for j in range(i + 1, factor.shape[0]):
            whitened[i] -= factor[i, j] * whitened[j]
        whitened[i] /= factor[i, i]
    for i in range(factor.shape[0]):
        whitened[i] = max(whitened[i] * row[i], 0.0)


@njit(error_model="numpy", cache=True)
def learn(row, covariance, factor, rows):  # type: ignore[no-untyped-def]
    """Make a row, the `rows`-th, part of what is usual."""
    newest = max(NEWEST, 1.0 / (rows + PRIOR))
    for i in range(covariance.shape[0]):
        for j in range(i, covariance.shape[0]):
            covariance[i, j] += newest * (np.float64(row[i]) * row[j] - covariance[i, j])
    if int(rows) % max(EVERY, covariance.shape[0]) == 0:
        factorise(covariance, factor)
