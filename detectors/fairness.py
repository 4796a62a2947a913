"""Is one group treated differently than it was when the model was accepted?

A share (selected of all rows: selection rate; found of the positives: true positive rate) is compared between each
group and all others, now and in the reference. What is tested is the change of the odds ratio, so that a gap that was
known and accepted is no news, and neither is a shift that meets all groups alike. Groups are one family for
Benjamini-Hochberg; a gap must also be wide, since a large window finds any trifle significant.

References
----------
Hardt, Price and Srebro (2016), NIPS, arXiv 1610.02413; Woolf (1955), Annals of Human Genetics 19:251;
Benjamini and Hochberg (1995), JRSS B 57:289.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from detectors.protocol import Array, Floats

LEAST = 50.0
"""Trials of a group, and of all others, below which nothing is said of it."""
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Gaps:
    """What each group amounts to, shape (groups,) each.

    Attributes
    ----------
    gap : share of the group less that of all others, -1 to 1; NaN without trials.
    reference : the same in the reference.
    p : of so large a change of the odds ratio, either way; 1 where trials are too few.
    """

    gap: Floats
    reference: Floats
    p: Floats


def gaps(reference: Array, current: Array, least: float = LEAST) -> Gaps:
    """Compare the gaps of two samples.

    Parameters
    ----------
    reference, current : shape (groups, 2): hits, trials; groups in the same order. Samples of parts add up.
    least : trials of a group below which it is not judged.
    """
    then, now = _against_others(reference), _against_others(current)
    change = _log_odds_ratio(now) - _log_odds_ratio(then)
    error = np.sqrt(_variance(now) + _variance(then))
    enough = np.minimum(then[..., 1].min(axis=0), now[..., 1].min(axis=0)) >= least
    p = np.where(enough, 2.0 * special.ndtr(-np.abs(change) / error), 1.0)
    return Gaps(_gap(now), _gap(then), p)


def _against_others(counts: Array) -> Floats:
    """(hits, trials) of each group and of all others, shape (2, groups, 2)."""
    own = np.asarray(counts, np.float64)
    return np.stack([own, own.sum(axis=0) - own])


def _gap(pair: Floats) -> Floats:
    share = np.divide(pair[..., 0], pair[..., 1], out=np.full(pair.shape[:2], np.nan), where=pair[..., 1] > 0.0)
    return np.asarray(share[0] - share[1])


def _log_odds_ratio(pair: Floats) -> Floats:
    odds = np.log((pair[..., 0] + HALF) / (pair[..., 1] - pair[..., 0] + HALF))
    return np.asarray(odds[0] - odds[1])


def _variance(pair: Floats) -> Floats:
    hits, misses = pair[..., 0] + HALF, pair[..., 1] - pair[..., 0] + HALF
    return np.asarray((1.0 / hits + 1.0 / misses).sum(axis=0))
