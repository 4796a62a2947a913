"""Tail probabilities as surprise: -log10 p, finite, between 0 and `protocol.CAP`.

Counts may be fractions here: an overdispersed count is judged as a binomial with fewer trials (quasi-binomial), which
the incomplete beta function carries over without rounding.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from detectors.protocol import CAP, Array, Floats

LN_10 = float(np.log(10.0))


def surprise(p: Array) -> Floats:
    """-log10 p, cut to 0..CAP; NaN stays NaN."""
    return np.asarray(np.clip(-np.log10(np.maximum(p, 10.0 ** -(CAP + 1))), 0.0, CAP))


def normal(z: Array) -> Floats:
    """Upper tail of a standard normal."""
    return np.asarray(np.clip(-special.log_ndtr(-np.asarray(z, np.float64)) / LN_10, 0.0, CAP))


def student(t: Array, degrees: Array) -> Floats:
    """Upper tail of Student's t."""
    return surprise(special.stdtr(degrees, -np.asarray(t, np.float64)))


def binomial_upper(count: Array, trials: Array, share: Array) -> Floats:
    """P(X >= count); 0 where nothing was counted."""
    count, trials = np.maximum(count, 0.0), np.maximum(trials, 0.0)
    inside = np.minimum(count, trials)
    p = special.betainc(np.maximum(inside, 1e-300), np.maximum(trials - inside + 1.0, 1e-300), np.clip(share, 0.0, 1.0))
    return surprise(np.where(inside > 0.0, p, 1.0))


def binomial_lower(count: Array, trials: Array, share: Array) -> Floats:
    """P(X <= count); 0 where everything was counted."""
    inside = np.clip(count, 0.0, np.maximum(trials, 0.0))
    left = trials - inside
    p = special.betainc(np.maximum(left, 1e-300), inside + 1.0, 1.0 - np.clip(share, 0.0, 1.0))
    return surprise(np.where(left > 0.0, p, 1.0))
