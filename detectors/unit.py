"""Has a column changed its unit: the same values, times a factor, or on another scale of degrees?

Cents for euros, milliseconds for seconds, Fahrenheit for Celsius. A column that left its bins for one (`displaced`) is
looked at again: the factor between the quantiles of both samples is taken out, and the column must then be its old
self. A factor that no two units have between them, and that is not large, is a drift of the values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.homogeneity import contrast
from detectors.protocol import Array, Floats

FACTORS = (
    10.0, 12.0, 16.0, 24.0, 28.3495, 60.0, 100.0, 1_000.0, 1_024.0, 3.6, 3.28084, 7.0, 39.3701, 86_400.0, 3_600.0, 1e4,
    1e5, 1e6, 1_048_576.0, 1e9, 1_073_741_824.0,
)  # fmt: skip
"""Factors between units that are in use."""
DEGREES = {
    "°C as °F": (1.8, 32.0),
    "°F as °C": (1 / 1.8, -32 / 1.8),
    "°C as K": (1.0, 273.15),
    "K as °C": (1.0, -273.15),
}
LEAST_ROWS = 20
LEAST_FACTOR = 3.0
"""A scale that differs by less is no other unit."""
LARGE = 10.0
"""From here on a factor need not be one that is in use: nothing drifts so far and stays its old self."""
NEAR = 0.05
"""Distance of logarithms below which a factor is taken for one in use; beside it stand two standard errors."""
BINARY = 0.08
"""More than the logarithm of any power of 1,024 in use is beyond the power of a thousand."""
MEDIAN_ERROR = 1.2533
"""Standard error of a median over that of a mean (of normal values)."""
MISFIT = 0.1
"""Largest difference of shares that the rest of a change of unit may leave."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Another unit.

    Attributes
    ----------
    factor : by which values grew; of degrees that of the medians.
    degrees : the scales, such as `°C as °F`; empty = it is a factor.
    """

    factor: float
    degrees: str = ""


def displaced(reference: Array, current: Array) -> Array:
    """Whether most rows have left for one bin, or for the two outermost; bool, shape (k,), of counts (k, bins)."""
    share, usual = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) for counts in (current, reference))
    ends, usual_ends = (one[:, 0] + one[:, -1] for one in (share, usual))
    at = share.argmax(axis=1)[:, None]
    most, was = (np.take_along_axis(one, at, axis=1)[:, 0] for one in (share, usual))
    return np.asarray(((ends > 0.5) & (usual_ends < 0.25)) | ((most > 0.5) & (most > 3.0 * was)))


def change(counts: Array, edges: Floats, values: Floats) -> Unit | None:
    """The unit in which a column would be its old self again, None when there is none.

    Parameters
    ----------
    counts : shape (bins,), rows of the reference; bin i holds what is at most `edges[i]`.
    edges : shape (bins - 1,), ascending.
    values : the column now, without NaN.
    """
    if len(values) < LEAST_ROWS or not counts.sum():
        return None
    below = np.cumsum(counts)[:-1] / counts.sum()
    known = (below > 0.0) & (counts[:-1] > 0)
    if not known.any():
        return None
    marks, cuts = edges[known], np.quantile(values, below[known], method="inverted_cdf")
    for said, (slope, zero) in DEGREES.items():
        near = abs(np.median(marks * slope + zero - cuts)) < 0.25 * np.ptp(cuts)
        if near and _fits(counts, edges, (values - zero) / slope):
            return Unit(_ratio(float(np.median(cuts)), float(np.median(marks)), slope), said)
    same = (np.sign(marks) == np.sign(cuts)) & (marks != 0.0)
    if 2 * np.count_nonzero(same) < len(marks):
        return None
    factor = float(np.median(np.abs(cuts[same] / marks[same])))
    if 1.0 / LEAST_FACTOR < factor < LEAST_FACTOR or not _fits(counts, edges, values / factor):
        return None
    return _named(factor, _error(values, int(counts.sum())))


def _named(factor: float, error: float) -> Unit | None:
    size = factor if factor > 1.0 else 1.0 / factor
    distance, nearest = min((abs(np.log(size / one)), one) for one in FACTORS)
    # A thousand and 1,024 are told apart only where the error allows.
    tens = [one for one in (10.0**k for k in range(1, 10)) if abs(np.log(nearest / one)) < min(3.0 * error, BINARY)]
    distance, nearest = (abs(np.log(size / tens[0])), tens[0]) if tens else (distance, nearest)
    near = NEAR + (2.0 * error if size >= LARGE / 2.0 and nearest >= LARGE else 0.0)
    if distance >= near and size < LARGE:
        return None
    exact = nearest if distance < near else size
    return Unit(exact if factor > 1.0 else 1.0 / exact)


def _error(values: Floats, known: int) -> float:
    """Standard error of the logarithm of the factor, a ratio of quantiles of both samples."""
    size = np.abs(values[values != 0.0])
    return float(MEDIAN_ERROR * np.log(size).std() * np.sqrt(1.0 / len(size) + 1.0 / known)) if len(size) else 0.0


def _ratio(now: float, before: float, slope: float) -> float:
    return now / before if abs(before) > 1e-9 * abs(now) else slope


def _fits(counts: Array, edges: Floats, values: Floats) -> bool:
    again = np.bincount(np.searchsorted(edges, values), minlength=len(counts))
    slack = 1.5 / np.sqrt(max(min(len(values), int(counts.sum())), 1))
    return bool(contrast(counts[None], again[None]).effect[0] < MISFIT + slack)
