"""Which drift matters: what a column says about the answer, and what its shift is expected to cost.

The answer is the label, else the prediction; of classes, each on its own, and the one that the column says most about
counts. `costs` is by how much the share of errors moves if the mix of the column's bins is all that has moved: drift
that costs nothing stands below drift that does. Both see one column at a time (`detectors.consequence`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.drift.cells import Cells
from aiops.drift.reference import Reference, Window
from aiops.types import Floats, Ints
from detectors.consequence import expected_change, importance

BINS = 16
MOST_CLASSES = 5
OTHERS, MISSING = BINS - 2, BINS - 1


@dataclass(frozen=True, slots=True)
class Consequence:
    """Of one column: `tells` 0 to 1, `costs` in shares of errors, None without labels."""

    tells: float
    costs: float | None


def consequences(reference: Reference, window: Window) -> dict[str, Consequence]:
    """What the drift of each column is worth in a window; empty without prediction and label."""
    roles = reference.plan.roles
    answers = _answers(reference)
    if not answers:
        return {}
    outcome = reference.outcome
    wrong = outcome.columns(reference.cells)[0] if outcome is not None and outcome.classes else None
    names = [name for name in reference.plan.kinds if name not in (roles.label, roles.prediction)]
    found = {}
    for name in names:
        before = _bins(reference, reference.cells, name)
        tells = max(float(importance(*_sums(before, answer))[0]) for answer in answers)
        costs = None
        if wrong is not None and (name in window.cells.numbers or name in window.cells.words):
            now = _bins(reference, window.cells, name)
            counts = [np.bincount(bins, minlength=BINS)[None] for bins in (before, now)]
            rows, sums, _ = _sums(before, wrong)
            costs = float(expected_change(counts[0], counts[1], rows, sums)[0][0])
        found[name] = Consequence(tells, costs)
    return found


def _answers(reference: Reference) -> list[Floats]:
    """Columns of numbers, NaN = no answer: one, or an indicator per class."""
    target = reference.plan.roles.label or reference.plan.roles.prediction
    cells = reference.cells
    if target in cells.numbers:
        return [cells.numbers[target]]
    if target not in cells.words:
        return []
    codes = cells.words[target].onto(reference.categories[target], -1)
    classes = range(min(len(reference.categories[target]), MOST_CLASSES))
    return [np.where(codes < 0, np.nan, (codes == c).astype(np.float64)) for c in classes]


def _bins(reference: Reference, cells: Cells, name: str) -> Ints:
    """Numbers of shape (rows,), below BINS; text and embeddings by their length and norm."""
    if name in cells.words:
        codes = cells.words[name].onto(reference.categories[name], OTHERS)
        return np.where(codes < 0, MISSING, np.minimum(codes, OTHERS))
    values = cells.numbers[name]
    column = values if values.ndim == 1 else values[:, 0]
    edges = reference.bins.edges[reference.measures.spans[name].start]
    return np.where(np.isnan(column), MISSING, np.searchsorted(edges[1 : 2 * OTHERS : 2], column))


def _sums(bins: Ints, answer: Floats) -> tuple[Ints, Floats, Floats]:
    """Rows and answers per bin, shape (1, BINS), and the sum of squares, shape (1,)."""
    known = np.isfinite(answer)
    rows = np.bincount(bins[known], minlength=BINS)[None]
    sums: Floats = np.bincount(bins[known], answer[known], minlength=BINS)[None].astype(np.float64)
    return rows, sums, np.array([float((answer[known] ** 2).sum())])
