"""What a model's columns looked like when all was well: bins and counts, frozen.

A number is cut at the reference's deciles, a category into its most frequent values and the rest. Bins are
chosen on the first rows and counted on the others where choosing would flatter them: the most frequent
of many values are partly lucky, and counting that luck would be drift for ever.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Sequence
from typing import TypeGuard

import msgspec
import numpy as np

from aiops.types import Floats, Ints

BINS = 10
ROOM = 3
"""Bins on either side of a roomy column, each as wide as three of ten tenths on average."""
TOP = 20
WIDTH = TOP + 1
"""Columns of a count matrix: every kind of feature fits in."""
CHOOSING_SHARE = 0.3
LEAST_SHARE = 0.02
"""Share from which a category has a bin of its own."""
MOST_VALUES = 2000
"""Distinct values remembered; a feature with more has no new values."""
Value = float | int | str | bool | None


class Feature(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One column of the reference.

    Attributes
    ----------
    numeric : whether it holds numbers (else `categories`).
    edges : upper ends of all bins but the last, ascending.
    categories : values with a bin of their own, most frequent first; all others share the bin after them.
    known : all values of the reference, sorted; empty = too many to tell a new one.
    low, high : range that values may leave without being out of range.
    counts : rows of the reference per bin.
    top : share of the commonest value, a little too high rather than too low.
    """

    name: str
    numeric: bool
    edges: list[float]
    categories: list[str]
    known: list[str]
    low: float
    high: float
    counts: list[int]
    top: float = 0.0

    @property
    def width(self) -> int:
        """Its bins."""
        return len(self.edges if self.numeric else self.categories) + 1


class Column(msgspec.Struct, gc=False):
    """What one step's values of a feature amount to."""

    counts: list[int]
    missing: int = 0
    new: int = 0
    retyped: int = 0
    outside: int = 0


def freeze(name: str, values: Sequence[Value], *, roomy: bool = False) -> Feature | None:
    """Bins and counts of a reference column, None when it holds nothing.

    Parameters
    ----------
    roomy : with bins beyond the values at hand, for a column whose hours differ: what a night shows does not cut a day.
    """
    numbers, words = numbers_of(values), words_of(values)
    if len(numbers) + len(words) == 0:
        return None
    if len(numbers) >= len(words):
        return _freeze_numbers(name, numbers, roomy)
    return _freeze_words(name, words)


def _freeze_numbers(name: str, numbers: Floats, roomy: bool) -> Feature:
    edges = np.unique(np.quantile(numbers, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    low, high = float(numbers.min()), float(numbers.max())
    if edges[0] == low:
        # Many rows at the minimum: what falls below it needs a bin as well.
        edges = np.concatenate(([np.nextafter(low, -np.inf)], edges))
    if roomy and edges[-1] > edges[0]:
        further = (edges[-1] - edges[0]) / 3.0 * np.arange(1, ROOM + 1)
        edges = np.unique(np.concatenate((edges[0] - further, edges, edges[-1] + further)))
    margin = 0.1 * (high - low)
    counts = _bin_numbers(numbers, edges)
    top = _top(np.unique(numbers, return_counts=True)[1])
    return Feature(name, True, edges.tolist(), [], [], low - margin, high + margin, counts.tolist(), top)


def _freeze_words(name: str, words: list[str]) -> Feature:
    chosen = max(int(CHOOSING_SHARE * len(words)), 1)
    frequent = Counter(words[:chosen]).most_common()
    frequent.sort(key=lambda pair: (-pair[1], pair[0]))
    categories = [word for word, count in frequent if count >= LEAST_SHARE * chosen][:TOP]
    known = sorted(set(words))
    counts = _bin_words(words[chosen:] or words, categories)
    known = known if len(known) <= MOST_VALUES else []
    top = _top(np.array(list(Counter(words).values())))
    return Feature(name, False, [], categories, known, -math.inf, math.inf, counts.tolist(), top)


def _top(counts: Ints) -> float:
    """Share of the commonest value, with the room that a few rows leave it; 1 when there is no other."""
    n, most = int(counts.sum()), int(counts.max())
    if most == n:
        return 1.0
    share = (most + 1) / (n + 1)
    return min(share + 3.0 * math.sqrt(share * (1.0 - share) / n), 1.0)


def measure(feature: Feature, values: Sequence[Value]) -> Column:
    """Count one step's values against the reference."""
    numbers, words = numbers_of(values), words_of(values)
    missing = len(values) - len(numbers) - len(words)
    if feature.numeric:
        outside = int(np.count_nonzero((numbers < feature.low) | (numbers > feature.high)))
        counts = _bin_numbers(numbers, np.asarray(feature.edges))
        return Column(counts.tolist(), missing, 0, len(words), outside)
    retyped = len(numbers)
    words += [repr(number) for number in numbers.tolist()]
    new = sum(not _holds(feature.known, word) for word in words) if feature.known else 0
    return Column(_bin_words(words, feature.categories).tolist(), missing, new, retyped, 0)


def place(feature: Feature, values: Sequence[Value]) -> Ints:
    """Bin of each value, shape (values,); -1 where there is none."""
    if feature.numeric:
        numbers = np.array([float(value) if _is_number(value) else math.nan for value in values])
        bins = np.searchsorted(np.asarray(feature.edges), numbers, side="left")
        return np.where(np.isfinite(numbers), bins, -1)
    known = {word: i for i, word in enumerate(feature.categories)}
    other = len(known)
    return np.array([-1 if (word := _as_word(value)) is None else known.get(word, other) for value in values], np.int64)


def _as_word(value: Value) -> str | None:
    if _is_number(value):
        return repr(float(value)) if math.isfinite(value) else None
    return str(value) if type(value) is str or type(value) is bool else None


def _holds(ordered: Sequence[str], word: str) -> bool:
    at = bisect.bisect_left(ordered, word)
    return at < len(ordered) and ordered[at] == word


def numbers_of(values: Sequence[Value]) -> Floats:
    """The finite numbers among the values; infinities and NaN are missing, true and false are words."""
    found = [float(value) for value in values if _is_number(value)]
    column = np.asarray(found, np.float64)
    return column[np.isfinite(column)]


def _is_number(value: Value) -> TypeGuard[float | int]:
    return type(value) is float or (type(value) is int and abs(value) < 1e300)


def words_of(values: Sequence[Value]) -> list[str]:
    """The categories among the values."""
    return [str(value) for value in values if type(value) is str or type(value) is bool]


def _bin_numbers(numbers: Floats, edges: Floats) -> Ints:
    return np.bincount(np.searchsorted(edges, numbers, side="left"), minlength=WIDTH)


def _bin_words(words: Sequence[str], categories: Sequence[str]) -> Ints:
    place = {word: i for i, word in enumerate(categories)}
    other = len(categories)
    return np.bincount(np.asarray([place.get(word, other) for word in words], np.int64), minlength=WIDTH)
