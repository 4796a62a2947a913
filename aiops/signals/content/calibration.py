"""What score one application's own benign texts seldom reach, so that a hit means the same in every application.

A shop whose users ask plainly scores low, a forum for role plays high; one threshold for both misses attacks in the
first and cries wolf in the second. The threshold is the score that `SHARE` of the benign texts exceed: of thousands of
texts their own quantile; of fewer the tail beyond a quantile that is still known, which falls exponentially in log
odds. It stays within `LEAST_BAR` and `MOST_BAR`: benign texts, and those who pass for such, cannot make a sure attack
count as nothing.

References
----------
Pickands (1975), Annals of Statistics 3:119 (tails beyond a threshold).
"""

from __future__ import annotations

import math

import numpy as np

from aiops.types import Floats

SHARE = 0.01
"""Of benign texts that count as hits."""
LEAST_BAR, MOST_BAR = -2.0, 4.0
"""Log odds, of probabilities .12 and .98; the shipped threshold is 0."""
LEAST_TEXTS = 12
LOWEST, WIDTH, BINS = -12.0, 0.25, 96
"""Of the histogram of log odds; what lies outside counts in its first or last bin."""
KNOWN, MOST_TAIL = 50.0, 0.25
"""Texts from which the tail is told, and the largest share of all that passes for a tail."""
TAIL, TAIL_TEXTS = 0.8, 4.0
"""Mean excess of the tails of the development texts, and how many texts it weighs as much as."""


def log_odds(likely: Floats) -> Floats:
    """Of probabilities; 0 and 1 stay finite.

    >>> log_odds(np.array([0.5, 0.0])).round(1).tolist()
    [0.0, -20.7]
    """
    p = np.clip(likely, 1e-9, 1.0 - 1e-9)
    return np.asarray(np.log(p / (1.0 - p)))


def histogram(likely: Floats) -> Floats:
    """How many of some probabilities lie in each bin of log odds, shape (`BINS`,)."""
    places = np.clip((log_odds(likely) - LOWEST) / WIDTH, 0, BINS - 1).astype(np.int64)
    return np.bincount(places, minlength=BINS).astype(np.float64)


def bar(benign: Floats) -> float:
    """Log odds from which a text is a hit; 0 while too few benign texts are known.

    Parameters
    ----------
    benign : shape (`BINS`,); `histogram` of benign texts, weights allowed.

    >>> bar(histogram(np.full(10, 0.7)))
    0.0
    >>> bar(histogram(np.full(1000, 0.001))), round(bar(histogram(np.full(1000, 0.7))), 1)
    (-2.0, 1.1)
    """
    total = float(benign.sum())
    if total < LEAST_TEXTS:
        return 0.0
    share = max(SHARE, min(MOST_TAIL, KNOWN / total))
    above = np.cumsum(benign[::-1])[::-1]
    place = int(np.flatnonzero(above >= share * total)[-1])
    # Within its bin the tail begins where its share does.
    begin = LOWEST + WIDTH * (place + 1 - (share * total - (above[place] - benign[place])) / benign[place])
    middles = LOWEST + WIDTH * (np.arange(place + 1, BINS) + 0.5)
    excess = float(((middles - begin) * benign[place + 1 :]).sum())
    mean = (excess + TAIL_TEXTS * TAIL) / (share * total + TAIL_TEXTS)
    return float(min(MOST_BAR, max(LEAST_BAR, begin + mean * math.log(share / SHARE))))


def calibrated(likely: Floats, at: float) -> Floats:
    """Probabilities whose one half lies at a bar; 0, of a text without words, stays 0.

    >>> calibrated(np.array([0.0, 0.9]), float(log_odds(np.array([0.9]))[0])).round(6).tolist()
    [0.0, 0.5]
    """
    return np.asarray(np.where(likely > 0.0, 1.0 / (1.0 + np.exp(at - log_odds(likely))), 0.0))
