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
from aiops.drift.reference import Flags, Reference, Window
from aiops.types import Floats, Ints
from detectors.drift import BINS
from detectors.homogeneity import contrast, rose

LEVEL = 1e-4
"""Probability of a false fault per window, all columns and kinds together."""
QUESTIONS = 4
"""Kinds of fault that are a matter of probability."""
LEAST_RISE = 0.005
"""Share of rows below which more missing cells are not worth a word."""
TOLD_VALUES = 5
LEAST_ROWS = 20
UNIT_FACTOR = 3.0
"""A scale that differs by less is no other unit."""
UNIT_MISFIT = 0.1
"""Largest difference of shares that the rest of a change of unit may leave."""
UNITS = (
    10.0, 12.0, 16.0, 24.0, 28.3495, 60.0, 100.0, 1_000.0, 1_024.0, 3.6, 3.28084, 7.0, 39.3701, 86_400.0, 3_600.0, 1e4,
    1e5, 1e6, 1_048_576.0, 1e9, 1_073_741_824.0,
)  # fmt: skip
"""Factors between units that are in use; a factor near one of them is told as that."""
DEGREES = {
    "°C as °F": (1.8, 32.0),
    "°F as °C": (1 / 1.8, -32 / 1.8),
    "°C as K": (1.0, 273.15),
    "K as °C": (1.0, -273.15),
}
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
    displaced = _displaced(reference.tally.counts, window.tally.counts)
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
            faults += _number(reference, window, at, level)
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


def _number(reference: Reference, window: Window, at: int, level: float) -> Iterator[Fault]:
    name, values = reference.measures.owners[at], window.matrix[:, at]
    bottom, top = float(values.min()), float(values.max())
    if np.isnan(bottom):
        values = values[~np.isnan(values)]
        bottom, top = (float(values.min()), float(values.max())) if len(values) else (np.nan, np.nan)
    low, high = float(reference.low[at]), float(reference.high[at])
    if bottom == top and low < high:
        yield from _constant(reference, at, bottom, len(values), level)
    elif bottom < low or top > high:
        outside = max(int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high)))
        if 2.0 * _rose(outside, window, 0, reference) < level:
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
    values = window.matrix[:, at]
    values = values[~np.isnan(values)]
    counts, edges = reference.tally.counts[at], reference.bins.edges[at]
    if len(values) < LEAST_ROWS:
        return
    name = reference.measures.owners[at]
    cuts = np.quantile(values, np.arange(1, BINS) / BINS, method="inverted_cdf")
    for said, (slope, zero) in DEGREES.items():
        near = abs(np.median(edges * slope + zero - cuts)) < 0.25 * np.ptp(cuts)
        if near and _fits(counts, edges, (values - zero) / slope):
            yield Fault(name, "unit", said, 1.0)
            return
    same = (np.sign(edges) == np.sign(cuts)) & (edges != 0.0)
    if np.count_nonzero(same) < BINS // 2:
        return
    factor = float(np.exp(np.median(np.log(np.abs(cuts[same] / edges[same])))))
    if not 1.0 / UNIT_FACTOR < factor < UNIT_FACTOR and _fits(counts, edges, values / factor):
        known = next((unit for unit in UNITS for one in (unit, 1.0 / unit) if abs(np.log(factor / one)) < 0.05), None)
        exact = factor if known is None else known if factor > 1.0 else 1.0 / known
        yield Fault(name, "unit", _short(exact), 1.0)


def _displaced(before: Ints, now: Ints) -> Flags:
    """Whether most rows of a column have left for one bin, or for the two outermost; shape (measures,)."""
    share, usual = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) for counts in (now, before))
    ends, usual_ends = (one[:, 0] + one[:, -1] for one in (share, usual))
    at = share.argmax(axis=1)[:, None]
    most, was = (np.take_along_axis(one, at, axis=1)[:, 0] for one in (share, usual))
    found: Flags = ((ends > 0.5) & (usual_ends < 0.25)) | ((most > 0.5) & (most > 3.0 * was))
    return found


def _fits(counts: Ints, edges: Floats, values: Floats) -> bool:
    again = np.bincount(np.searchsorted(edges, values), minlength=BINS)
    slack = 1.5 / np.sqrt(max(min(len(values), int(counts.sum())), 1))
    return bool(contrast(counts[None], again[None]).effect[0] < UNIT_MISFIT + slack)


def _rose(seen: int, window: Window, before: int, reference: Reference) -> float:
    found = rose(np.array(seen), np.array(window.cells.rows), np.array(before), np.array(reference.cells.rows))
    return float(found)


def _short(value: float) -> float:
    return float(f"{value:.6g}")
