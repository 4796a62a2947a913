"""What the reference teaches, once: bins, categories, ranges, what right and wrong mean; a window counted on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from aiops.drift.cells import Cells, Plan, Roles, extract
from aiops.drift.column import Kind
from aiops.drift.fairness import Groups
from aiops.drift.outcome import Outcome
from aiops.drift.table import Table
from aiops.drift.tally import Tally
from aiops.drift.unrest import Unrest, cuts, measure
from aiops.drift.vector import TEXT_PARTS
from aiops.types import Floats, Ints
from detectors.drift import BINS, QuantileBins
from detectors.projection import PROJECTIONS

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measures:
    """Rows of the matrix of counts: which column each belongs to. A text has several, a number one.

    Attributes
    ----------
    owners : column or metric, one a measure.
    spans : owner -> its rows; metrics included.
    """

    owners: tuple[str, ...]
    spans: dict[str, slice]

    @classmethod
    def of(cls, features: Sequence[str], metrics: Sequence[str]) -> Measures:
        """Owners in the order of the matrix."""
        owners, found, at = (*features, *metrics), {}, 0
        for owner, some in groupby(owners):
            count = len(list(some))
            found[owner] = slice(at, at + count)
            at += count
        return cls(owners, found)


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference, ready to be compared with.

    Attributes
    ----------
    categories : categorical column -> value -> number, the most frequent first.
    low, high : shape (measures,), range.
    cells : what the reference's own cells were: rows, missing, of another kind.
    """

    plan: Plan
    table: str
    cells: Cells
    measures: Measures
    bins: QuantileBins
    tally: Tally
    categories: dict[str, dict[str, int]]
    low: Floats
    high: Floats
    outcome: Outcome | None
    groups: Groups | None
    unrest: tuple[Unrest, ...]

    @classmethod
    def of(cls, table: Table, roles: Roles) -> Reference:
        """Learn from a table.

        Raises
        ------
        ConfigError : a role's column is absent, or no column can be compared.
        """
        plan = Plan.of(table, roles)
        cells = extract(plan, table, teaching=True)
        outcome = Outcome.of(cells, roles)
        groups = Groups.of(cells, roles, outcome)
        metrics = outcome.columns(cells, teaching=True) if outcome else []
        owners = [name for name, column in cells.numbers.items() for _ in range(_width(column))]
        measures = Measures.of(owners, outcome.owners if outcome else ())
        columns = _columns(plan, cells, metrics)
        matrix = np.stack(columns).T if columns else np.empty((cells.rows, 0))
        bins = QuantileBins.fit(matrix)
        categories = {name: _ranked(cells, name) for name in cells.words}
        with np.errstate(invalid="ignore"):
            low, high = np.fmin.reduce(matrix, axis=0), np.fmax.reduce(matrix, axis=0)
        counts = bins.count(matrix)[:, :BINS]
        sums = np.array([np.nansum(metric) for metric in metrics])
        words = tuple(_counted(cells, name, known) for name, known in categories.items())
        tally = Tally(cells.rows, counts, sums, words, _grouped(groups, cells, outcome))
        unrest = measure(_pieces(bins, matrix, cells, categories)) if plan.ordered else ()
        return cls(plan, table.file, cells, measures, bins, tally, categories, low, high, outcome, groups, unrest)

    def count(self, table: Table) -> Window:
        """Count a window."""
        cells = extract(self.plan, table)
        metrics = self.outcome.columns(cells) if self.outcome else []
        columns = _columns(self.plan, cells, metrics)
        counts, outside = self.bins.place(columns, self.low, self.high)
        sums = np.array([np.nansum(metric) for metric in metrics])
        words = tuple(_counted(cells, name, known) for name, known in self.categories.items())
        grouped = _grouped(self.groups, cells, self.outcome)
        return Window(table, cells, columns, outside, Tally(cells.rows, counts[:, :BINS], sums, words, grouped))


@dataclass(frozen=True, slots=True)
class Window:
    """A window counted, with the cells that quality looks at.

    Attributes
    ----------
    columns : one a measure, of shape (rows,).
    outside : shape (measures, 2), rows below and above the reference's range.
    """

    table: Table
    cells: Cells
    columns: list[Floats]
    outside: Ints
    tally: Tally


def _width(column: Floats) -> int:
    return 1 if column.ndim == 1 else column.shape[1]


def _columns(plan: Plan, cells: Cells, metrics: Sequence[Floats]) -> list[Floats]:
    """One a measure, of shape (rows,); one that the window lacks is NaN."""
    columns: list[Floats] = []
    for name, kind in plan.kinds.items():
        if kind is Kind.CATEGORICAL:
            continue
        if name in cells.numbers:
            columns += list(np.atleast_2d(cells.numbers[name].T))
        else:
            parts = {Kind.NUMERIC: 1, Kind.TEXT: TEXT_PARTS}.get(kind, 1 + PROJECTIONS)
            columns += [np.full(cells.rows, np.nan)] * parts
    return [*columns, *metrics]


def _ranked(cells: Cells, name: str) -> dict[str, int]:
    words = cells.words[name]
    rows = np.bincount(words.codes[words.codes >= 0], minlength=len(words.values))
    ranked = sorted((-rows[i], value) for i, value in enumerate(words.values) if rows[i])
    return {value: i for i, (_, value) in enumerate(ranked)}


def _counted(cells: Cells, name: str, known: dict[str, int]) -> Ints:
    if name not in cells.words:
        return np.zeros(len(known) + 1, np.int64)
    return _bincount(cells.words[name].onto(known, len(known)), len(known))


def _pieces(bins: QuantileBins, matrix: Floats, cells: Cells, categories: dict[str, dict[str, int]]) -> list[Tally]:
    """Consecutive pieces of the reference; nothing of groups and sums."""
    codes = {name: cells.words[name].onto(known, len(known)) for name, known in categories.items()}
    found = []
    for cut in cuts(cells.rows):
        words = tuple(_bincount(codes[name][cut], len(known)) for name, known in categories.items())
        counts = bins.count(matrix[cut])[:, :BINS]
        found.append(Tally(cut.stop - cut.start, counts, np.zeros(0), words, np.zeros((0, 1, 2), np.int64)))
    return found


def _bincount(codes: Ints, known: int) -> Ints:
    return np.bincount(codes[codes >= 0], minlength=known + 1)


def _grouped(groups: Groups | None, cells: Cells, outcome: Outcome | None) -> Ints:
    return groups.count(cells, outcome) if groups else np.zeros((0, 1, 2), np.int64)
