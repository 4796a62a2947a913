"""All that is kept of a window: counts, which add up.

Consecutive windows are judged together without their rows; that is how a shift too small for one window is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.types import Floats, Ints
from detectors.drift import BINS, LEAST


@dataclass(frozen=True, slots=True)
class Tally:
    """A window, or several, as counts.

    Attributes
    ----------
    counts : shape (measures, BINS), rows per bin of the reference.
    sums : shape (metrics,), of the metrics' values; trials are in `counts`.
    words : per categorical column, rows per known category, then of all new ones.
    groups : shape (metrics of fairness, groups + 1, 2).
    """

    rows: int
    counts: Ints
    sums: Floats
    words: tuple[Ints, ...]
    groups: Ints

    def __add__(self, other: Tally) -> Tally:
        words = tuple(a + b for a, b in zip(self.words, other.words, strict=True))
        rows, counts, sums = self.rows + other.rows, self.counts + other.counts, self.sums + other.sums
        return Tally(rows, counts, sums, words, self.groups + other.groups)


def aligned(reference: Ints, current: Ints) -> tuple[Ints, Ints]:
    """Counts in BINS + 1 bins: the commonest of both samples together, then all others.

    Both decide what is common: the commonest of the reference alone are partly lucky, and their luck would be drift.
    New values, the last place, are never common: a long tail has some in every sample, and the reference never does.
    """
    known, found = np.zeros(BINS + 1, np.int64), np.zeros(BINS + 1, np.int64)
    if len(reference) <= BINS + 1:
        known[: len(reference)], found[: len(current)] = reference, current
        rare = np.flatnonzero(reference[:-1] < LEAST)
        for counts in (known, found) if len(rare) else ():
            counts[len(reference) - 1] += counts[rare].sum()
            counts[rare] = 0
        return known, found
    order = np.append(np.argsort(-(reference + current)[:-1], kind="stable"), len(reference) - 1)
    known[:BINS], found[:BINS] = reference[order[:BINS]], current[order[:BINS]]
    known[BINS], found[BINS] = reference[order[BINS:]].sum(), current[order[BINS:]].sum()
    return known, found
