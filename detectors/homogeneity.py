"""Do two binned samples come from one population: tests whose small p can be believed, at every sample size.

Ordered bins are asked three questions - has the location moved, has the spread, has anything (G-test) - because a
test that asks one thing finds it in a quarter of the rows that the general test needs: .3 sigma in 200 rows is p =
5e-5 to a rank sum and .02 to a G-test of 32 bins. Bins without order are asked the last one only. `simes` makes one p
of several. `rose` asks whether something rare (missing, never seen, out of range) has become more frequent.

What makes p honest far out, where a dataset of many columns is decided: bins are merged until five are expected;
G is divided by Williams' correction; rank sums take the exact variance and skewness of drawing without replacement,
so ties, binary columns and rare values are no special cases; the reference counts as a sample, which errs as well.

References
----------
Sokal and Rohlf (1981), Biometry, chapter 17 (G, Williams); Wilson and Hilferty (1931), PNAS 17:684;
Simes (1986), Biometrika 73:751; Sarkar (1998), Annals of Statistics 26:494 (Simes under positive dependence).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from detectors.homogeneity_kernel import STATISTICS
from detectors.homogeneity_kernel import contrast as _contrast
from detectors.protocol import Array, Floats

UNREST = 1e-3
"""p below which pieces of one sample are taken to differ by more than chance."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """What k pairs of samples say.

    Attributes
    ----------
    p : shape (k, questions): location, spread, anything; the last one only when bins have no order. 1 where a sample
        is empty.
    effect : shape (k,), 0 to 1. Ordered: the largest difference of the shares below a value (binned KS). Without
        order: the share of rows that would have to change their value (total variation).
    statistic : shape (k, questions): location and spread in standard errors, positive = up; G over its degrees.
    degrees : shape (k,), of G.
    """

    p: Floats
    effect: Floats
    statistic: Floats
    degrees: Floats

    def widened(self, restless: Floats, pieces: Floats) -> Floats:
        """p when a population moves by itself: statistics are told in its own unrest, known from few pieces.

        Parameters
        ----------
        restless : shape (k, questions), from `restlessness`; 1 = it does not move, p stays.
        pieces : shape (k, 1), how many it is known from.
        """
        p = self.p.copy()
        scaled = self.statistic / np.sqrt(restless)
        p[:, :-1] = 2.0 * special.stdtr(pieces - 1.0, -np.abs(scaled[:, :-1]))
        degrees = np.maximum(self.degrees, 1.0)
        p[:, -1] = special.fdtrc(degrees, pieces[:, 0] - 1.0, self.statistic[:, -1] / restless[:, -1])
        return np.where(restless > 1.0, np.maximum(p, self.p), self.p)


def contrast(reference: Array, current: Array, *, ordered: bool = True) -> Contrast:
    """Compare counts per bin, both of shape (k, bins).

    Raises
    ------
    ValueError : the shapes differ.
    """
    if reference.shape != current.shape or reference.ndim != 2:
        raise ValueError(f"counts have shapes {reference.shape} and {current.shape}, wanted two equal (k, bins)")
    found = np.empty((len(reference), STATISTICS))
    pair = [np.require(counts, np.int64, ["C", "W"]) for counts in (reference, current)]
    _contrast(pair[0], pair[1], ordered, found)
    degrees, g = found[:, 2], found[:, 0] / found[:, 1]
    statistic = np.column_stack([found[:, 3:5], g / np.maximum(degrees, 1.0)])
    general = np.where(degrees > 0.0, special.chdtrc(np.maximum(degrees, 1.0), g), 1.0)
    p = np.column_stack([2.0 * special.ndtr(-np.abs(found[:, 3:5])), general])
    first = 0 if ordered else 2
    return Contrast(p[:, first:], found[:, 5], statistic[:, first:], degrees)


def restlessness(pieces: Array, *, ordered: bool = True) -> Floats:
    """How many times more than by chance consecutive pieces of one sample differ, per question; 1 = not surely more.

    Rows of a stream are seldom independent: days differ, machines warm up. A window is then no more different from
    the reference than the reference's own pieces are from each other, and that is what it must be held against.

    Parameters
    ----------
    pieces : shape (c, k, bins), counts of consecutive pieces as long as the window, c > 1.

    Returns
    -------
    shape (k, questions), at least 1.

    References
    ----------
    Wedderburn (1974), Biometrika 61:439; Rao and Scott (1981), JASA 76:221 (chi-squared in clustered samples).
    """
    c, k, bins = pieces.shape
    rest = (pieces.sum(axis=0) - pieces).reshape(-1, bins)
    found = contrast(rest, pieces.reshape(-1, bins), ordered=ordered)
    # Each piece against all others: c dependent squares with the mass of c - 1.
    squares = np.column_stack([found.statistic[:, :-1] ** 2, found.statistic[:, -1]])
    degrees = np.column_stack([np.ones(found.statistic[:, :-1].shape), found.degrees])
    shape = (c, k, squares.shape[1])
    total = (squares * degrees).reshape(shape).sum(axis=0) * (1.0 - 1.0 / c)
    mass = np.maximum(degrees.reshape(shape).mean(axis=0) * (c - 1.0), 1.0)
    sure = special.chdtrc(mass, total) < UNREST
    return np.asarray(np.where(sure, np.maximum(total / mass, 1.0), 1.0))


def simes(p: Array) -> Floats:
    """One p of the last axis of several, valid when they are independent or go together; shape `p.shape[:-1]`.

    >>> simes(np.array([[0.01, 0.5, 0.9], [0.03, 0.03, 0.03]])).tolist()
    [0.03, 0.03]
    """
    ordered = np.sort(p, axis=-1)
    m = ordered.shape[-1]
    return np.asarray((ordered * m / np.arange(1, m + 1)).min(axis=-1))


def rose(seen: Array, rows: Array, seen_before: Array, rows_before: Array) -> Floats:
    """Probability of so many or more of `rows`, when there were `seen_before` of `rows_before`; any shape.

    The rate is unknown, so this is the tail of the negative binomial that one rate for both gives. For rows beyond
    the largest of the reference it is exact whatever the distribution: (rows / all rows) ** seen, nearly.

    >>> float(rose(np.array(0), np.array(100), np.array(0), np.array(100)))
    1.0
    >>> float(rose(np.array(2), np.array(100), np.array(0), np.array(100)))
    0.25
    """
    share = np.asarray(rows, np.float64) / np.maximum(np.asarray(rows, np.float64) + rows_before, 1.0)
    tail = special.betainc(np.maximum(seen, 1), np.asarray(seen_before, np.float64) + 1.0, share)
    return np.asarray(np.where(np.asarray(seen) > 0, tail, 1.0), np.float64)
