"""How right the predictions were, a row at a time: columns that are tested like any other.

Whether a row was wrong, how far off a number was, how far a probability was from what happened - each is a number a
row, so that one test serves drift of features and of performance. Being wrong is asked of each class on its own as
well: a model may exchange one kind of error for another at equal accuracy.

Windows without labels are judged by what the reference taught about each prediction (`detectors.cbpe`): the expected
share of errors given what the model says. That sees drift of the inputs as far as the model notices it. It is blind
where the world has changed and the model has not noticed (concept drift): then only labels tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.drift.cells import Cells, Roles
from aiops.types import Floats, Ints
from detectors.calibration import bin_of, tally
from detectors.cbpe import calibrate

METRIC = "metric: "
MOST_CLASSES = 20
TOLD_CLASSES = 5
"""Classes whose own errors are told, the most frequent."""
LEAST_ROWS = 50
ESTIMATED = "estimated_accuracy"
POSITIVE = ("1", "true", "yes", "y", "t", "positive", "pos")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What right and wrong mean for this model.

    Attributes
    ----------
    classes : of the label, the most frequent first; empty = the label is a number.
    probability : whether the prediction is the probability of `classes[positive]`.
    risk : expected share of errors, per predicted class, or per bin of the probability and answer.
    names : metrics, in the order of `columns`.
    """

    roles: Roles
    classes: tuple[str, ...]
    positive: int
    probability: bool
    names: tuple[str, ...]
    risk: Floats

    @classmethod
    def of(cls, cells: Cells, roles: Roles) -> Outcome | None:
        """None when prediction and label cannot be held against each other."""
        if not (roles.prediction and roles.label):
            return None
        said, true = _spelt(cells, roles.prediction), _spelt(cells, roles.label)
        score = cells.numbers.get(roles.prediction)
        classes = _classes(true)
        if 2 <= len(classes) <= MOST_CLASSES and set(_classes(said)) <= set(classes):
            made = cls(roles, classes, _positive(classes), False, _names(classes), np.zeros(0))
            return made._taught(cells)
        if len(classes) == 2 and score is not None and _is_share(score):
            right = _codes(true, classes)
            means = [float(np.nanmean(score[right == c])) for c in range(2)]
            named = ("accuracy", "brier", "calibration", ESTIMATED)
            return cls(roles, classes, int(np.argmax(means)), True, named, np.zeros(0))._taught(cells)
        if score is not None and roles.label in cells.numbers:
            return cls(roles, (), 0, False, ("mae", "bias"), np.zeros(0))
        return None

    def _taught(self, cells: Cells) -> Outcome:
        """With what the reference says about how often a prediction is wrong."""
        true = self.true(cells)
        if self.probability:
            known = true >= 0
            score = cells.numbers[self.roles.prediction]
            rates = calibrate(tally(score[known], true[known] == self.positive))
            # By bin and answer: the bin in the middle holds both.
            risk = np.stack([rates, 1.0 - rates], axis=1).ravel()
        else:
            said = self.said(cells)
            known = (said >= 0) & (true >= 0)
            wrong = said[known] != true[known]
            rows = np.bincount(said[known], minlength=len(self.classes))
            errors = np.bincount(said[known], wrong, minlength=len(self.classes))
            risk = (errors + np.mean(wrong)) / (rows + 1.0)
        return Outcome(self.roles, self.classes, self.positive, self.probability, self.names, risk)

    def _place(self, cells: Cells) -> Ints:
        """Where a prediction's risk stands, shape (rows,); -1 = nowhere."""
        said = self.said(cells)
        if not self.probability:
            return np.where(said < len(self.risk), said, -1)
        score = cells.numbers[self.roles.prediction]
        place = 2 * bin_of(np.nan_to_num(score)) + (said == self.positive)
        return np.where((score >= 0.0) & (score <= 1.0), place, -1)

    @property
    def owners(self) -> tuple[str, ...]:
        """Metrics under names that no column has."""
        return tuple(METRIC + name for name in self.names)

    def said(self, cells: Cells) -> Ints:
        """Predicted class, shape (rows,); -1 = none."""
        if self.probability:
            score = cells.numbers[self.roles.prediction]
            found = np.where(score >= 0.5, self.positive, 1 - self.positive)
            return np.where(np.isnan(score), -1, found)
        return _codes(_spelt(cells, self.roles.prediction), self.classes)

    def true(self, cells: Cells) -> Ints:
        """Class of the label, shape (rows,); -1 = none."""
        if self.roles.label not in cells.numbers and self.roles.label not in cells.words:
            return np.full(cells.rows, -1, np.int64)
        return _codes(_spelt(cells, self.roles.label), self.classes)

    def columns(self, cells: Cells, *, teaching: bool = False) -> list[Floats]:
        """One array of shape (rows,) per metric: larger is worse, NaN = nothing to say.

        Parameters
        ----------
        teaching : these are the reference's cells: estimates are wanted although there are labels.
        """
        if self.roles.prediction not in cells.numbers and self.roles.prediction not in cells.words:
            return [np.full(cells.rows, np.nan) for _ in self.names]
        found = self._columns(cells)
        if not self.classes:
            return found
        place = self._place(cells)
        blind = teaching or bool(np.isnan(found[0]).all())
        estimate = np.where((place >= 0) & blind, self.risk[np.maximum(place, 0)], np.nan)
        return [*found, estimate]

    def _columns(self, cells: Cells) -> list[Floats]:
        if not self.classes:
            off = cells.numbers[self.roles.prediction] - cells.numbers.get(self.roles.label, np.nan)
            return [np.abs(off), off]
        said, true = self.said(cells), self.true(cells)
        wrong = np.where((said >= 0) & (true >= 0), (said != true).astype(np.float64), np.nan)
        if self.probability:
            score = cells.numbers[self.roles.prediction]
            happened = np.where(true >= 0, (true == self.positive).astype(np.float64), np.nan)
            return [wrong, (score - happened) ** 2, score - happened]
        told = range(min(len(self.classes), TOLD_CLASSES))
        recall = [np.where(true == c, wrong, np.nan) for c in told]
        precision = [np.where(said == c, wrong, np.nan) for c in told]
        return [wrong, *recall, *precision]


def _names(classes: tuple[str, ...]) -> tuple[str, ...]:
    told = classes[:TOLD_CLASSES]
    return (
        "accuracy", *(f"recall[{name}]" for name in told), *(f"precision[{name}]" for name in told), ESTIMATED,
    )  # fmt: skip


def _spelt(cells: Cells, name: str) -> tuple[Ints, list[str]]:
    """Codes and values, numbers as they are written shortest; a number of many values has none."""
    if name in cells.words:
        return cells.words[name].codes, cells.words[name].values
    values, codes = np.unique(cells.numbers[name], return_inverse=True)
    names = [f"{value:.12g}" for value in values[np.isfinite(values)].tolist()]
    return np.where(np.isfinite(cells.numbers[name]), codes, -1), names


def _classes(spelt: tuple[Ints, list[str]]) -> tuple[str, ...]:
    codes, values = spelt
    rows = np.bincount(codes[codes >= 0], minlength=len(values))
    return tuple(value for _, value in sorted((-rows[i], value) for i, value in enumerate(values) if rows[i]))


def _codes(spelt: tuple[Ints, list[str]], classes: tuple[str, ...]) -> Ints:
    codes, values = spelt
    place = {name: i for i, name in enumerate(classes)}
    return np.array([place.get(value, len(classes)) for value in values] + [-1], np.int64)[
        np.minimum(codes, len(values))
    ]


def _positive(classes: tuple[str, ...]) -> int:
    """The class that is spoken of: one that is called so, else the rarest."""
    return next((i for i, name in enumerate(classes) if name.lower() in POSITIVE), len(classes) - 1)


def _is_share(score: Floats) -> bool:
    held = score[np.isfinite(score)]
    return bool(len(held) and held.min() >= 0.0 and held.max() <= 1.0)
