"""Faults of the data itself: what is missing, new, of another type, out of range, in another unit, constant, gone.

A fault needs no second window, and no threshold in percent either: it is told when the reference makes it less likely
than `LEVEL` over all columns, so one new value in a thousand rows is a rarity and eight are a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.drift.column import Kind
from aiops.drift.reference import Reference, Window
from aiops.types import Floats, Ints
from detectors import unit
from detectors.homogeneity import rose

LEVEL = 1e-4
"""Probability of a false fault per window, all columns and kinds together."""
QUESTIONS = 4
"""Kinds of fault that are a matter of probability."""
LEAST_RISE = 0.005
"""Share of rows below which more missing cells are not worth a word."""
TOLD_VALUES = 5
GRAVE = frozenset(("missing", "new_category", "type", "unit", "constant", "lost"))
"""Kinds that alert; the others are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry: `kind` is one of `missing new_category type range unit constant lost added`."""

    name: str
    kind: str
    value: Any
    expected: Any

    @property
    def grave(self) -> bool:
        """Whether it alerts."""
        return self.kind in GRAVE


def inspect(reference: Reference, window: Window) -> list[Fault]:
    """All faults of a window, in the order of the reference's columns."""
    level = LEVEL / (QUESTIONS * len(reference.plan.kinds))
    faults: list[Fault] = []
    spans = reference.measures.spans
    displaced = unit.displaced(reference.tally.counts, window.tally.counts)
    ranges = {fault.name: fault for fault in _ranges(reference, window, level)}
    for name, kind in reference.plan.kinds.items():
        if name not in window.table.columns:
            if name != reference.plan.roles.label:  # labels come late
                faults.append(Fault(name, "lost", None, str(kind)))
            continue
        faults += _missing(reference, window, name, level)
        faults += _typed(reference, window, name, level)
        if kind is Kind.CATEGORICAL:
            faults += _new(reference, window, name, level)
        elif kind is Kind.NUMERIC:
            at = spans[name].start
            faults += [ranges[name]] if name in ranges else []
            if displaced[at]:
                faults += _unit(reference, window, at)
    known = reference.plan.kinds.keys() | reference.plan.ignored.keys()
    faults += [Fault(name, "added", None, None) for name in window.table.columns if name not in known]
    faults += [Fault(name, "lost", None, "not compared") for name in reference.plan.ignored
               if name not in window.table.columns]  # fmt: skip
    return faults


def _missing(reference: Reference, window: Window, name: str, level: float) -> Iterator[Fault]:
    now, before = window.cells.missing[name], reference.cells.missing[name]
    share, usual = now / window.cells.rows, before / reference.cells.rows
    label = name == reference.plan.roles.label  # its missing cells are those that have not come yet
    if not label and share >= usual + LEAST_RISE and _rose(now, window, before, reference) < level:
        yield Fault(name, "missing", _short(share), _short(usual))


def _typed(reference: Reference, window: Window, name: str, level: float) -> Iterator[Fault]:
    now, before = window.cells.alien[name], reference.cells.alien[name]
    if now and _rose(now, window, before, reference) < level:
        share = f"{now / window.cells.rows:.1%} of the cells are of another type ({window.table.columns[name].type})"
        yield Fault(name, "type", share, str(reference.plan.kinds[name]))


def _new(reference: Reference, window: Window, name: str, level: float) -> Iterator[Fault]:
    known, words = reference.categories[name], window.cells.words[name]
    counts = reference.tally.words[list(reference.categories).index(name)]
    codes = words.onto(known, len(known))
    new = words.codes[codes == len(known)]
    # Values that the reference has once are as many as a sample of its size would find new (Good and Turing).
    singles = int(np.count_nonzero(counts == 1))
    if not len(new) or _rose(len(new), window, singles, reference) >= level:
        return
    rows = np.bincount(new)
    first = sorted((-rows[i], words.values[i]) for i in np.flatnonzero(rows))[:TOLD_VALUES]
    yield Fault(name, "new_category", [value for _, value in first], list(known)[:TOLD_VALUES])


def _ranges(reference: Reference, window: Window, level: float) -> Iterator[Fault]:
    """Numbers that are always the same, or leave the reference's range; of all columns at once, as few have either."""
    counts = window.tally.counts
    rows, most = counts.sum(axis=1), window.outside.max(axis=1)
    alike = (counts.max(axis=1) == rows) & (rows > 0) & (reference.low < reference.high)
    left = 2.0 * _rose(most, window, 0, reference) < level
    for at in np.flatnonzero(alike | left).tolist():
        name, values = reference.measures.owners[at], window.columns[at]
        if reference.plan.kinds.get(name) is not Kind.NUMERIC:
            continue
        bottom, top = float(np.nanmin(values)), float(np.nanmax(values))
        low, high = float(reference.low[at]), float(reference.high[at])
        if bottom == top and low < high:
            yield from _constant(reference, at, bottom, int(rows[at]), level)
        elif left[at]:
            yield Fault(name, "range", [_short(bottom), _short(top)], [_short(low), _short(high)])


def _constant(reference: Reference, at: int, value: float, rows: int, level: float) -> Iterator[Fault]:
    """All rows equal, where the reference would not draw that value so often in a row."""
    counts = reference.tally.counts[at]
    share = counts[int(np.searchsorted(reference.bins.edges[at], value))] / max(counts.sum(), 1)
    if share**rows < level:
        varied = f"{_short(float(reference.low[at]))} to {_short(float(reference.high[at]))}"
        yield Fault(reference.measures.owners[at], "constant", _short(value), varied)


def _unit(reference: Reference, window: Window, at: int) -> Iterator[Fault]:
    """The factor, or the degrees, by which the column would be its old self again."""
    values = window.columns[at]
    found = unit.change(reference.tally.counts[at], reference.bins.edges[at], values[~np.isnan(values)])
    if found is not None:
        yield Fault(reference.measures.owners[at], "unit", found.degrees or _short(found.factor), 1.0)


def _rose(seen: int | Ints, window: Window, before: int, reference: Reference) -> Floats:
    return rose(np.array(seen), np.array(window.cells.rows), np.array(before), np.array(reference.cells.rows))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
