"""Are groups treated differently than at the reference: gaps between a group and all others.

Rows of a window become hits and trials of each group; what they mean is `detectors.fairness`, as it is live.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.drift.cells import Cells, Roles
from aiops.drift.outcome import Outcome
from aiops.errors import ConfigError
from aiops.types import Floats, Ints

MOST_GROUPS = 10
LEAST_ROWS = 50
"""Rows of the reference from which a group can be compared with all others."""
GROUPED_SHARE = 0.5
"""Share of rows in such groups below which a column is none of groups."""
SELECTED, WRONG, FOUND = "selection_rate_gap", "error_rate_gap", "true_positive_rate_gap"


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of the reference that are large enough, and what is compared between them.

    Attributes
    ----------
    middle : a prediction that is a number is a selection above it; NaN = predictions are classes.
    positive : the class a selection is, when there are no labels to tell it.
    """

    roles: Roles
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    middle: float
    positive: str

    @classmethod
    def of(cls, cells: Cells, roles: Roles, outcome: Outcome | None) -> Groups | None:
        """None without groups or predictions.

        Raises
        ------
        ConfigError : the column has no groups, but nearly as many values as rows, or one.
        """
        if not roles.group:
            return None
        words = cells.words[roles.group]
        rows = np.bincount(words.codes[words.codes >= 0], minlength=len(words.values))
        _check(rows, roles.group)
        if not roles.prediction:
            return None
        ranked = sorted((-rows[i], value) for i, value in enumerate(words.values) if rows[i] >= LEAST_ROWS)
        names = tuple(value for _, value in ranked[:MOST_GROUPS])
        metrics: tuple[str, ...] = (SELECTED,)
        middle, positive = np.nan, ""
        if outcome is not None and outcome.classes:
            metrics = (SELECTED, WRONG, FOUND)
        elif roles.prediction in cells.numbers:
            middle = float(np.nanmedian(cells.numbers[roles.prediction]))
        else:
            said = cells.words[roles.prediction]
            positive = said.values[int(np.argmin(np.bincount(said.codes[said.codes >= 0], minlength=len(said.values))))]
        return cls(roles, names, metrics, middle, positive)

    def count(self, cells: Cells, outcome: Outcome | None) -> Ints:
        """Hits and trials, shape (metrics, groups + 1, 2); the last group is everybody in none of `names`."""
        found = np.zeros((len(self.metrics), len(self.names) + 1, 2), np.int64)
        if self.roles.group not in cells.words or not self._predicted(cells):
            return found
        group = cells.words[self.roles.group].onto({name: i for i, name in enumerate(self.names)}, len(self.names))
        for m, flags in enumerate(self._flags(cells, outcome)):
            for kind, counted in enumerate((flags == 1.0, ~np.isnan(flags))):
                known = counted & (group >= 0)
                found[m, :, kind] = np.bincount(group[known], minlength=len(self.names) + 1)
        return found

    def _predicted(self, cells: Cells) -> bool:
        return self.roles.prediction in cells.numbers or self.roles.prediction in cells.words

    def _flags(self, cells: Cells, outcome: Outcome | None) -> list[Floats]:
        """Per metric 1, 0 or NaN for each row."""
        if outcome is not None and outcome.classes:
            said, true = outcome.said(cells), outcome.true(cells)
            selected = np.where(said >= 0, (said == outcome.positive).astype(np.float64), np.nan)
            wrong = np.where((said >= 0) & (true >= 0), (said != true).astype(np.float64), np.nan)
            return [selected, wrong, np.where(true == outcome.positive, selected, np.nan)]
        if self.roles.prediction in cells.numbers:
            score = cells.numbers[self.roles.prediction]
            return [np.where(np.isnan(score), np.nan, (score > self.middle).astype(np.float64))]
        said = cells.words[self.roles.prediction].onto({self.positive: 1}, 0)
        return [np.where(said >= 0, said.astype(np.float64), np.nan)]


def _check(rows: Ints, name: str) -> None:
    """A measurement, or what is nearly a name of the row, makes no groups: most of its values are new in a window."""
    large = rows[rows >= LEAST_ROWS]
    if len(large) < 2 or large.sum() < GROUPED_SHARE * rows.sum():
        found = f"{len(rows):,} values in {rows.sum():,} rows, of which {len(large)} have at least {LEAST_ROWS} rows"
        advice = "give a column of few values, or put its values into classes first"
        raise ConfigError(f"cannot be a group: {found}; {advice}", path="--group", value=name)
