"""Buckets as a distribution: shares above each bound, quantiles with their error.

A histogram is a row of `BUCKETS` counts and one of upper bounds, both ascending; what it has fewer is filled up with
empty buckets, and no bound at all is `OPEN`. Counts are per bucket, not cumulative, and may be fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.protocol import Array, Floats

BUCKETS = 32
OPEN = float(np.finfo(np.float64).max)
"""Bound of the last bucket: finite, because what is not finite is no sample."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """Shape (n,) each: the quantile, what it surely lies between, and the bucket it is in; NaN = no counts."""

    value: Floats
    low: Floats
    high: Floats
    bucket: Array


def above(counts: Floats) -> Floats:
    """Counts above each bound, shape (n, BUCKETS); the last column is 0."""
    reverse = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.concatenate([reverse[:, 1:], np.zeros((len(counts), 1))], axis=1))


def cuts(share: Floats) -> Floats:
    """How many independent looks the looks at all bounds are worth, shape (n,).

    Neighbouring shares p > q are correlated by sqrt(q (1 - p) / (p (1 - q))); of two looks so correlated the second
    adds about sqrt(1 - correlation^2) of a look where the tail is thin.
    """
    p, q = share[:, :-1], share[:, 1:]
    fresh = np.sqrt(np.clip((p - q) / np.maximum(p * (1.0 - q), 1e-300), 0.0, 1.0))
    return np.asarray(1.0 + fresh.sum(axis=1))


def quantile(counts: Floats, bounds: Floats, q: Floats, error: Floats) -> Quantile:
    """The q-quantile of each row, linear inside its bucket, as Prometheus does it.

    Parameters
    ----------
    counts, bounds : shape (n, BUCKETS).
    q : shape (n,), between 0 and 1.
    error : shape (n,), by which the rank may be wrong. `low` and `high` are the outer bounds of the buckets that hold
        the ranks q - error and q + error: nobody knows where in its bucket a value lies.
    """
    rows = np.arange(len(counts))
    total = counts.sum(axis=1)
    below = np.cumsum(counts, axis=1)
    lower = np.concatenate([np.zeros((len(counts), 1)), bounds[:, :-1]], axis=1)

    def holds(rank: Floats) -> Array:
        return np.asarray(np.argmax(below >= (rank * total * (1.0 - 1e-12))[:, None], axis=1))

    at = holds(q)
    first, last = lower[rows, at], bounds[rows, at]
    inside = q * total - (below[rows, at] - counts[rows, at])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = first + (np.where(last >= OPEN, first, last) - first) * inside / counts[rows, at]
    low = lower[rows, holds(np.maximum(q - error, 0.0))]
    high = bounds[rows, holds(np.minimum(q + error, 1.0))]
    known = total > 0.0
    return Quantile(
        np.where(known, value, np.nan),
        np.where(known, low, np.nan),
        np.where(known, np.where(high >= OPEN, np.inf, high), np.nan),
        at,
    )
