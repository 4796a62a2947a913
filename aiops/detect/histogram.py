"""Histograms of a plan: series that differ in `le` only, as a quantile or as one row of counts and bounds.

Buckets are cumulative on the wire and need not rise in a column where a scrape was half read; they are made to.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from aiops.detect.expression import Call
from aiops.detect.node import NewSeries, Node, Now, Stateless
from aiops.types import Floats, Ints, Labels

OPEN = float(np.finfo(np.float64).max)
"""Bound of the last bucket for detectors, to whom what is infinite is no sample."""


class Ladders:
    """Which series of a node are the buckets of which histogram, in order of their bounds."""

    def __init__(self) -> None:
        self.buckets: dict[Labels, list[tuple[float, int]]] = defaultdict(list)
        self._seen = 0

    def extend(self, labels: list[Labels]) -> bool:
        """Sort in the series that are new; True if there were any."""
        if len(labels) == self._seen:
            return False
        for i, one in enumerate(labels[self._seen :], self._seen):
            try:
                bound = float(one.get("le"))
            except ValueError:
                continue
            rest = {key: value for key, value in one.as_dict().items() if key != "le"}
            self.buckets[Labels.of("", rest)].append((bound, i))
        self._seen = len(labels)
        return True

    def padded(self, most: int = 0) -> tuple[Floats, Ints]:
        """Bounds and places, shape (histograms, width); a shorter ladder repeats its last rung.

        With `most`, a longer one is thinned evenly, and all are as wide as that.
        """
        ladders = [sorted(one) for one in self.buckets.values()]
        if most:
            ladders = [_thinned(one, most) for one in ladders]
        width = most or max(map(len, ladders), default=0)
        rungs = [[*one, *[one[-1]] * (width - len(one))] for one in ladders]
        bounds = np.asarray([[bound for bound, _ in one] for one in rungs]).reshape(len(rungs), width)
        return bounds, np.asarray([[i for _, i in one] for one in rungs], np.int64).reshape(len(rungs), width)


class QuantileNode(Stateless):
    """histogram_quantile over cumulative buckets, linear inside a bucket, as Prometheus does it."""

    def __init__(self, expression: Call, child: Node) -> None:
        super().__init__()
        self._q, self._child, self._ladders = expression.argument, child, Ladders()
        self._bound: Floats = np.empty((0, 0))
        self._pick: Ints = np.empty((0, 0), np.int64)

    def extend(self, new: NewSeries) -> None:
        if self._ladders.extend(self._child.labels):
            self.labels = list(self._ladders.buckets)
            self._bound, self._pick = self._ladders.padded()

    def evaluate(self, now: Now) -> None:
        n = len(self.labels)
        if not n:
            return
        counts = np.maximum.accumulate(np.nan_to_num(self._child.out[self._pick]), axis=1)
        total, rows = counts[:, -1], np.arange(n)
        rank = self._q * total
        b = np.argmax(counts >= rank[:, None], axis=1)
        below = np.where(b > 0, counts[rows, b - 1], 0.0)
        low = np.where(b > 0, self._bound[rows, b - 1], 0.0)
        high = self._bound[rows, b]
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = low + (high - low) * (rank - below) / (counts[rows, b] - below)
        out = np.where(np.isinf(high), low, inside)
        self.out = np.where((total > 0) & np.isfinite(out), out, np.nan)


class BucketNode(Stateless):
    """One row a histogram, `out` of shape (histograms, 2 x most): counts by bucket, then upper bounds."""

    def __init__(self, most: int, child: Node) -> None:
        super().__init__()
        self._most, self._child, self._ladders = most, child, Ladders()
        self._bound: Floats = np.empty((0, most))
        self._pick: Ints = np.empty((0, most), np.int64)

    def extend(self, new: NewSeries) -> None:
        if self._ladders.extend(self._child.labels):
            self.labels = list(self._ladders.buckets)
            bound, self._pick = self._ladders.padded(self._most)
            # Only the first of equal rungs holds counts; the others are no bucket.
            bound[:, 1:][bound[:, 1:] == bound[:, :-1]] = np.inf
            self._bound = np.where(np.isinf(bound), OPEN, bound)

    def evaluate(self, now: Now) -> None:
        cumulative = self._child.out[self._pick]
        here = np.asarray(~np.isnan(cumulative).all(axis=1))
        counts = np.diff(np.maximum.accumulate(np.nan_to_num(cumulative), axis=1), axis=1, prepend=0.0)
        self.out = np.concatenate([np.where(here[:, None], counts, np.nan), self._bound], axis=1)


def _thinned(ladder: list[tuple[float, int]], most: int) -> list[tuple[float, int]]:
    """At most so many rungs, evenly; the last stays, or counts would be lost."""
    if len(ladder) <= most:
        return ladder
    return [ladder[round(i * (len(ladder) - 1) / (most - 1))] for i in range(most)]
