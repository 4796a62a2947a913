"""Has a column changed its unit: the same values, times a power of ten?

Cents for euros, milliseconds for seconds. Of the magnitudes log10 |x| three moments are kept as whole numbers (units of
2**-20), so that parts add up exactly. A change of unit moves their mean by a whole number and leaves their spread as it
was; an ordinary drift does neither, except by luck.
"""

from __future__ import annotations

import numpy as np

from detectors.protocol import Array

UNIT = 2**20
ROWS, SUM, SQUARES = range(3)
LEAST_ROWS = 20
TOLERANCE = 0.1
"""Decades by which the shift may miss a whole number, beside three standard errors: a factor of 1.26."""
Z = 3.0
SPREAD = 1.5
"""Ratio of the two spreads that still counts as the same."""


def moments(values: Array) -> Array:
    """int64, shape (3,): rows that are finite and not 0, sum of log10 |x| and of its square in units of 2**-20."""
    x = np.asarray(values, np.float64)
    magnitude = np.log10(np.abs(x[np.isfinite(x) & (x != 0.0)]))
    return np.array([
        len(magnitude), np.rint(magnitude * UNIT).astype(np.int64).sum(),
        np.rint(magnitude**2 * UNIT).astype(np.int64).sum(),
    ], np.int64)  # fmt: skip


def exponent(reference: Array, current: Array) -> Array:
    """The power of ten by which values grew, 0 = no change of unit; int64, shape (...).

    Parameters
    ----------
    reference, current : shape (..., 3), from `moments`.
    """
    rows = np.stack([reference[..., ROWS], current[..., ROWS]]).astype(np.float64)
    mean = np.stack([reference[..., SUM], current[..., SUM]]) / UNIT / np.maximum(rows, 1.0)
    square = np.stack([reference[..., SQUARES], current[..., SQUARES]]) / UNIT / np.maximum(rows, 1.0)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    shift = mean[1] - mean[0]
    whole = np.rint(shift)
    error = np.sqrt((spread**2 / np.maximum(rows, 1.0)).sum(axis=0))
    # A value that hardly varies has no spread to speak of; a hundredth of a decade stands in for it.
    alike = np.abs(np.log((spread[1] + 0.01) / (spread[0] + 0.01))) <= np.log(SPREAD)
    near = np.abs(shift - whole) <= np.minimum(TOLERANCE + Z * error, 0.4)
    # A column that spans many decades may wander by one of them.
    clear = (np.abs(shift) > 2.0 * Z * error) & (np.abs(shift) > 0.5 * spread[0])
    found = alike & near & clear & (rows.min(axis=0) >= LEAST_ROWS)
    return np.asarray(np.where(found, whole, 0.0).astype(np.int64))
