"""Are groups treated differently than at the reference: gaps between a group and all others.

A gap is the group's rate less that of everybody else, so that a change which meets all groups alike is none. It is
held against the gap of the reference, not against zero: what was accepted when the model was released is not an alarm.

References
----------
Hardt, Price and Srebro (2016), NeurIPS (equal opportunity); Feldman et al. (2015), KDD (disparate impact).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from aiops.drift.cells import Cells, Roles
from aiops.drift.outcome import Outcome
from aiops.types import Floats, Ints

MOST_GROUPS = 10
LEAST_ROWS = 50
LEAST_TRIALS = 20
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
        """None without groups or predictions."""
        if not (roles.group and roles.prediction):
            return None
        words = cells.words[roles.group]
        rows = np.bincount(words.codes[words.codes >= 0], minlength=len(words.values))
        ranked = sorted((-rows[i], value) for i, value in enumerate(words.values) if rows[i] >= LEAST_ROWS)
        names = tuple(value for _, value in ranked[:MOST_GROUPS])
        if len(names) < 2:
            return None
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
        """Hits and trials, shape (groups + 1, metrics, 2); the last row is for everybody."""
        found = np.zeros((len(self.names) + 1, len(self.metrics), 2), np.int64)
        if self.roles.group not in cells.words or not self._predicted(cells):
            return found
        group = cells.words[self.roles.group].onto({name: i for i, name in enumerate(self.names)}, len(self.names))
        for m, flags in enumerate(self._flags(cells, outcome)):
            for kind, counted in enumerate((flags == 1.0, ~np.isnan(flags))):
                known = counted & (group >= 0)
                found[:, m, kind] = np.bincount(group[known], minlength=len(self.names) + 1)
        found[-1] = found.sum(axis=0)
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


@dataclass(frozen=True, slots=True)
class Gap:
    """Gaps of one sample and what they say against the reference's; arrays of shape (groups, metrics)."""

    value: Floats
    reference: Floats
    p: Floats


def compare(reference: Ints, current: Ints) -> Gap:
    """Whether gaps have moved, from counts of shape (groups + 1, metrics, 2); p = 1 where there are too few rows."""
    old, old_variance, old_least = _gap(reference)
    new, new_variance, new_least = _gap(current)
    z = (new - old) / np.sqrt(np.maximum(old_variance + new_variance, 1e-12))
    enough = np.minimum(old_least, new_least) >= LEAST_TRIALS
    return Gap(new, old, np.where(enough, 2.0 * special.ndtr(-np.abs(z)), 1.0))


def _gap(counts: Ints) -> tuple[Floats, Floats, Floats]:
    """Gap, its variance and the smaller number of trials."""
    own = counts[:-1].astype(np.float64)
    rest = counts[-1].astype(np.float64) - own
    rates, variance = [], np.zeros(own.shape[:2])
    for side in (own, rest):
        hits, trials = side[..., 0], side[..., 1]
        # One more of each outcome: no rate is certain.
        smooth = (hits + 1.0) / (trials + 2.0)
        variance = variance + smooth * (1.0 - smooth) / np.maximum(trials, 1.0)
        rates.append(hits / np.maximum(trials, 1.0))
    return rates[0] - rates[1], variance, np.minimum(own[..., 1], rest[..., 1])
