"""Faults of the data itself: what is missing, new, of another type, out of range, in another unit, constant, gone.

A fault needs no second window, and no threshold in percent either: it is told when the reference makes it less likely
than `LEVEL` over all columns, so one new value in a thousand rows is a rarity and eight are a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.drift import vector
from aiops.drift.column import Kind, is_list
from aiops.drift.reference import Reference, Window
from aiops.types import Floats, Ints
from detectors import unit
from detectors.homogeneity import rose

LEVEL = 1e-4
"""Probability of a false fault per window, all columns and kinds together."""
QUESTIONS = 5
"""Kinds of fault that are a matter of probability."""
LEAST_RISE = 0.005
"""Share of rows below which more missing cells are not worth a word."""
TOLD_VALUES = 5
TOLD_PAIRS = 3
GRAVE = frozenset(("missing", "infinite", "new_category", "type", "range", "unit", "constant", "lost"))
"""Kinds that alert; the others are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry.

    Attributes
    ----------
    kind : one of `missing infinite new_category type range unit constant lost added`.
    hint : what it may be, for people.
    mild : it does not alert although its kind does.
    """

    name: str
    kind: str
    value: Any
    expected: Any
    hint: str = ""
    mild: bool = False

    @property
    def grave(self) -> bool:
        """Whether it alerts."""
        return self.kind in GRAVE and not self.mild


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
                faults.append(Fault(name, "lost", None, str(kind), _alike([name], window.table.columns)))
            continue
        faults += _missing(reference, window, name, level)
        faults += _typed(reference, window, name, level)
        if kind is Kind.CATEGORICAL:
            faults += _new(reference, window, name, level)
        elif kind is Kind.NUMERIC:
            at = spans[name].start
            faults += _infinite(reference, window, name, level)
            other = list(_unit(reference, window, at)) if displaced[at] else []
            faults += other or ([ranges[name]] if name in ranges else [])
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


def _infinite(reference: Reference, window: Window, name: str, level: float) -> Iterator[Fault]:
    now, before = window.cells.infinite.get(name, 0), reference.cells.infinite.get(name, 0)
    if now and _rose(now, window, before, reference) < level:
        yield Fault(name, "infinite", _short(now / window.cells.rows), _short(before / reference.cells.rows))


def _typed(reference: Reference, window: Window, name: str, level: float) -> Iterator[Fault]:
    now, before = window.cells.alien[name], reference.cells.alien[name]
    if now and _rose(now, window, before, reference) < level:
        column, kind, width = window.table.columns[name], reference.plan.kinds[name], reference.plan.widths.get(name)
        share = f"{now / window.cells.rows:.1%} of the cells are"
        lengths = vector.widths(column) - {width} if is_list(column.type) else set()
        if lengths:
            said = ", ".join(str(one) for one in sorted(lengths)[:TOLD_VALUES])
            yield Fault(name, "type", f"{share} lists of {said} numbers", f"lists of {width} numbers")
        else:
            yield Fault(name, "type", f"{share} of another type ({column.type})", str(kind))


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
    told = [value for _, value in first]
    yield Fault(name, "new_category", told, list(known)[:TOLD_VALUES], _alike(told, known))


def _alike(names: Iterable[str], others: Iterable[str]) -> str:
    """Which of the names stand among the others but for case and spaces."""
    folded = {_folded(other): other for other in others}
    pairs = [(name, folded[_folded(name)]) for name in names if _folded(name) in folded][:TOLD_PAIRS]
    said = " and ".join(f'"{name}" from "{other}"' for name, other in pairs)
    return f"{'differs' if len(pairs) == 1 else 'differ'} only by case or spaces: {said}" if pairs else ""


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


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
            told, usual = [_short(bottom), _short(top)], [_short(low), _short(high)]
            hint, stranger = _stranger(values, low, high)
            # What wanders by itself leaves its range by itself, but does not leap to one value far away.
            yield Fault(name, "range", told, usual, hint, mild=_restless(reference, at) and not stranger)


def _stranger(values: Floats, low: float, high: float) -> tuple[str, bool]:
    """The value that most rows outside the range have, and whether all have it, farther away than the range is wide."""
    found, rows = np.unique(values[(values < low) | (values > high)], return_counts=True)
    value, most = float(found[rows.argmax()]), int(rows.max())
    far = max(low - value, value - high) > high - low
    return (f"{value:.6g} in {most} rows" if most > 1 else ""), bool(len(found) == 1 and far)


def _restless(reference: Reference, at: int) -> bool:
    return any(bool((unrest.numbers[at] > 1.0).any()) for unrest in reference.unrest)


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
