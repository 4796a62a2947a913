"""Do probabilities mean what they say, and do they still mean what they meant?

Scored rows whose outcome is known are counted into fifteen bins of equal width. Sums of probabilities and of squared
errors are kept as whole numbers (units of 2**-30), so that counts of any partition of the rows add up to the same
bytes. `ece` and `brier` say how far probability and outcome are apart; `same_outcomes` asks whether rows of equal
probability come true as often as they used to, which no look at the inputs can tell.

References
----------
Guo et al. (2017), ICML, arXiv 1706.04599; Brier (1950), Monthly Weather Review 78:1.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from detectors.protocol import Array, Floats

BINS = 15
UNIT = 2**30
LEAST = 5.0
"""Expected of either outcome in each stratum, as the chi-squared tail needs."""
ROWS, POSITIVES, PROBABILITY, SQUARES = range(4)


def bin_of(probability: Array, bins: int = BINS) -> Array:
    """Bin of each probability, int64: equal widths, 1.0 in the last."""
    return np.asarray(np.clip(np.asarray(probability, np.float64) * bins, 0.0, bins - 1.0).astype(np.int64))


def tally(probability: Array, outcome: Array) -> Array:
    """Count rows; tallies of parts add up to the tally of the whole.

    Parameters
    ----------
    probability : shape (m,), of the outcome 1, 0 to 1; rows that are NaN or outside do not count.
    outcome : shape (m,), 0 or 1.

    Returns
    -------
    int64, shape (BINS, 4): rows, outcomes 1, sum of probabilities and of squared errors in units of 2**-30.
    """
    p, y = np.asarray(probability, np.float64), np.asarray(outcome, np.float64)
    fine = (p >= 0.0) & (p <= 1.0) & np.isfinite(y)
    p, y = p[fine], y[fine]
    where = bin_of(p)
    parts = (np.ones(len(p)), y, np.rint(p * UNIT), np.rint((p - y) ** 2 * UNIT))
    counts = np.zeros((BINS, len(parts)), np.int64)
    for column, part in enumerate(parts):
        np.add.at(counts[:, column], where, part.astype(np.int64))
    return counts


def ece(counts: Array) -> Floats:
    """Expected calibration error, 0 to 1: mean distance of probability and outcome over the bins.

    Parameters
    ----------
    counts : shape (..., BINS, 4), from `tally`.

    Returns
    -------
    shape (...); NaN without rows.
    """
    rows = counts[..., ROWS].sum(axis=-1)
    distance = np.abs(counts[..., PROBABILITY] / UNIT - counts[..., POSITIVES]).sum(axis=-1)
    return np.asarray(np.divide(distance, rows, out=np.full(np.shape(rows), np.nan), where=rows > 0))


def brier(counts: Array) -> Floats:
    """Mean squared error of the probabilities, shape (...); NaN without rows."""
    rows, squares = counts[..., ROWS].sum(axis=-1), counts[..., SQUARES].sum(axis=-1) / UNIT
    return np.asarray(np.divide(squares, rows, out=np.full(np.shape(rows), np.nan), where=rows > 0))


def same_outcomes(reference: Array, current: Array) -> tuple[float, float]:
    """G-test of whether rows of equal probability come true as often as before.

    Bins are strata: a shift of the probabilities themselves is no difference. Neighbouring bins are merged until five
    of either outcome are expected in the smaller sample; a model whose outcomes are that rare is compared as a whole.

    Parameters
    ----------
    reference, current : shape (BINS, 4), from `tally`.

    Returns
    -------
    (G, p); (0, 1) when a sample is too small to say anything.
    """
    pairs = np.stack([reference, current])[..., (ROWS, POSITIVES)].astype(np.float64)
    strata = _merged(pairs)
    if not len(strata):
        return 0.0, 1.0
    rows, positives = strata[..., 0], strata[..., 1]
    share = positives.sum(axis=1, keepdims=True) / rows.sum(axis=1, keepdims=True)
    observed = np.stack([positives, rows - positives])
    expected = np.stack([rows * share, rows * (1.0 - share)])
    ratio = observed / np.where(expected > 0.0, expected, 1.0)
    g = float(2.0 * special.xlogy(observed, ratio).sum())
    return max(g, 0.0), float(special.chdtrc(len(strata), max(g, 0.0)))


def _merged(pairs: Floats) -> Floats:
    """Strata with enough of either outcome, shape (strata, sample, 2); pairs (sample, bin, 2)."""
    strata: list[Floats] = []
    open_ = np.zeros((2, 2))
    for b in range(pairs.shape[1]):
        open_ = open_ + pairs[:, b]
        if _enough(open_):
            strata.append(open_)
            open_ = np.zeros((2, 2))
    if strata:
        strata[-1] = strata[-1] + open_
    return np.array(strata).reshape(-1, 2, 2)


def _enough(pair: Floats) -> bool:
    rows, positives = pair[:, 0], pair[:, 1].sum()
    if rows.min() <= 0.0:
        return False
    share = positives / rows.sum()
    return bool(rows.min() * min(share, 1.0 - share) >= LEAST)
