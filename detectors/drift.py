"""Has a distribution moved: two samples compared on bins frozen with the reference.

The reference is binned once, at its own quantiles (or its commonest categories and "other"); afterwards a window costs
one pass of counting, and windows can be counted piecemeal and added. The test is the G-test of homogeneity, which is
honest at every sample size (a bare threshold on PSI or Wasserstein fires on 30 to 70 % of clean small windows).
PSI and the binned KS distance are reported as sizes of effect; KS on 32 bins is at most one bin's share (about 3 %)
below that of the raw samples. Many features want `benjamini_hochberg`, consecutive windows want `persistent`.

References
----------
Sokal and Rohlf (1981), Biometry, chapter 17; Benjamini and Hochberg (1995), JRSS B 57:289.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit, types
from scipy import special

from detectors.protocol import Array, Floats

BINS = 32
_COLUMN = types.Array(types.float64, 1, "C", readonly=True)
"""Also what lies in somebody else's memory."""
LEAST = 5.0
"""Expected in each bin, as the chi-squared tail needs."""
FLOOR = 0.5
"""Added to each bin's count (Laplace) where logarithms of shares are compared."""


@njit(types.void(_COLUMN, types.float64[::1], types.int64[::1]), error_model="numpy", boundscheck=False, cache=True)
def _above(column, limits, counts):  # type: ignore[no-untyped-def]
    """Rows above each of the limits, whose number is a multiple of three; the last place is for rows that are numbers.

    More comparisons than halving the bins would take, but without a branch or an address that depends on a value: the
    compiler makes vectors of them, and all limits are done before halving is.
    """
    for b in range(0, limits.shape[0], 3):
        first, second, third = limits[b], limits[b + 1], limits[b + 2]
        over_first = over_second = over_third = 0
        for i in range(column.shape[0]):
            v = column[i]
            over_first += 1 if v > first else 0
            over_second += 1 if v > second else 0
            over_third += 1 if v > third else 0
        counts[b], counts[b + 1], counts[b + 2] = over_first, over_second, over_third
    known = 0
    for i in range(column.shape[0]):
        known += 1 if column[i] == column[i] else 0
    counts[-1] = known


@dataclass(frozen=True, slots=True)
class QuantileBins:
    """32 bins per feature at the reference's quantiles, and one for what is missing.

    Attributes
    ----------
    edges : shape (k, 31), ascending; equal edges make empty bins, which no test counts.
    """

    edges: Floats

    @classmethod
    def fit(cls, reference: Array) -> QuantileBins:
        """Bins of a reference, shape (m, k).

        Raises
        ------
        ValueError : if it is not two-dimensional.
        """
        if reference.ndim != 2:
            raise ValueError(f"reference has shape {reference.shape}, wanted (rows, features)")
        cuts = np.arange(1, BINS) / BINS
        edges = np.zeros((reference.shape[1], BINS - 1))
        for j in range(reference.shape[1]):
            column = reference[:, j].astype(np.float64)
            column = column[np.isfinite(column)]
            if len(column):
                edges[j] = np.quantile(column, cuts, method="inverted_cdf")
                if edges[j, 0] == column.min():
                    # Many rows at the minimum: what falls below it needs a bin of its own.
                    distinct = np.concatenate([[np.nextafter(edges[j, 0], -np.inf)], np.unique(edges[j])])[: BINS - 1]
                    edges[j] = np.pad(distinct, (0, BINS - 1 - len(distinct)), mode="edge")
        return cls(edges)

    def count(self, rows: Array) -> Array:
        """Rows per bin, shape (k, 33), of rows of shape (m, k); the last bin is for what is missing.

        Raises
        ------
        ValueError : if the number of features differs from the reference's.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self.edges):
            raise ValueError(f"rows have shape {rows.shape}, wanted (rows, {len(self.edges)})")
        anywhere = np.full(len(self.edges), np.inf)
        return self.place(list(rows.T), -anywhere, anywhere)[0]

    def place(self, columns: Sequence[Array], low: Floats, high: Floats) -> tuple[Array, Array]:
        """As `count`, of k columns of shape (m,), which need not lie in one matrix.

        Parameters
        ----------
        low, high : shape (k,), a range; NaN = nothing lies outside.

        Returns
        -------
        rows per bin, shape (k, 33), and rows below and above the range, shape (k, 2).
        """
        limits = np.column_stack([self.edges, np.nextafter(low, -np.inf), high])
        above = np.empty((len(limits), limits.shape[1] + 1), np.int64)
        for column, mine, found in zip(columns, limits, above, strict=True):
            _above(np.ascontiguousarray(column, np.float64), mine, found)
        rows = np.array([len(column) for column in columns], np.int64)
        known, from_low, over = above[:, -1], above[:, BINS - 1], above[:, BINS]
        counts = np.empty((len(limits), BINS + 1), np.int64)
        counts[:, 0] = known - above[:, 0]
        counts[:, 1 : BINS - 1] = above[:, : BINS - 2] - above[:, 1 : BINS - 1]
        counts[:, BINS - 1], counts[:, BINS] = above[:, BINS - 2], rows - known
        return counts, np.column_stack([np.where(low > -np.inf, known - from_low, 0), over])


def g_test(reference: Array, current: Array) -> tuple[Floats, Floats]:
    """G-test of homogeneity of binned samples, feature by feature.

    Parameters
    ----------
    reference, current : counts per bin, shape (k, b).

    Returns
    -------
    G and p, shape (k,); p = 1 where a sample is empty. Bins empty in both samples do not count, and bins are
    merged with their neighbours until five are expected in each, as the chi-squared tail needs.
    """
    pairs = np.stack([reference, current], axis=1).astype(np.float64)
    margins, totals = pairs.sum(axis=2), pairs.sum(axis=1)
    expected = margins[:, :, None] * totals[:, None, :] / np.maximum(margins.sum(axis=1), 1.0)[:, None, None]
    thin = (np.where(totals > 0.0, expected.min(axis=1), np.inf) < LEAST).any(axis=1)
    g = _statistic(pairs, expected)
    degrees = (totals > 0.0).sum(axis=1) - 1.0
    for j in np.flatnonzero(thin & (margins.min(axis=1) > 0.0)):
        pair = _merged(pairs[j])
        whole = pair.sum(axis=1, keepdims=True) * pair.sum(axis=0) / pair.sum()
        g[j], degrees[j] = _statistic(pair[None], whole[None])[0], pair.shape[1] - 1.0
    comparable = (degrees > 0.0) & (margins.min(axis=1) > 0.0)
    return np.where(comparable, g, 0.0), np.where(comparable, special.chdtrc(np.maximum(degrees, 1.0), g), 1.0)


def _statistic(pairs: Floats, expected: Floats) -> Floats:
    ratio = pairs / np.where(expected > 0.0, expected, 1.0)
    return np.asarray(2.0 * special.xlogy(pairs, ratio).sum(axis=(1, 2)))


def _merged(pair: Floats) -> Floats:
    """Neighbouring bins added up until each would expect `LEAST` in the smaller sample."""
    total = pair.sum(axis=0)
    pair, total = pair[:, total > 0], total[total > 0]
    if pair.shape[1] < 2 or pair.sum(axis=1).min() <= 0.0:
        return pair
    expected = total * pair.sum(axis=1).min() / pair.sum()
    group, filled, groups = 0, 0.0, np.zeros(len(total), np.int64)
    for i, value in enumerate(expected):
        if filled >= LEAST:
            group, filled = group + 1, 0.0
        groups[i], filled = group, filled + value
    if filled < LEAST and group > 0:
        groups[groups == group] = group - 1
    return np.stack([np.bincount(groups, row) for row in pair])


def psi(reference: Array, current: Array) -> Floats:
    """Population stability index per feature, shape (k,), of counts of shape (k, b)."""
    used = (reference + current) > 0
    p = np.where(used, reference + FLOOR, 0.0)
    q = np.where(used, current + FLOOR, 0.0)
    p, q = (s / np.maximum(s.sum(axis=1, keepdims=True), FLOOR) for s in (p, q))
    ratio = np.log(np.where(used, q, 1.0) / np.where(used, p, 1.0))
    return np.asarray(((q - p) * ratio).sum(axis=1))


def benjamini_hochberg(p: Array) -> Floats:
    """The false discovery rate at which each of several tests would be called: q, in the order of `p`."""
    p = np.asarray(p, np.float64)
    if not len(p):
        return p.copy()
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


@dataclass(frozen=True, slots=True)
class Drift:
    """The G-test on the reference's quantile bins as a two-sample detector."""

    name: ClassVar[str] = "drift"

    def compare(self, reference: Array, current: Array) -> tuple[Floats, Floats]:
        """G and p per feature, shape (k,), of samples of shape (m, k) and (m', k).

        For many windows against one reference keep `QuantileBins.fit(reference)` and its counts instead.
        """
        bins = QuantileBins.fit(reference)
        return g_test(bins.count(reference), bins.count(current))
