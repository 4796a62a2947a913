"""Which drift matters: how much a column says, in the reference, about the label or else the prediction.

A column that has moved far and says nothing about the answer is listed below one that moved little and decides it.
The relation is the share of the answer's entropy that the column's bins take away (Theil's U), less what chance takes.

References
----------
Theil (1970), American Journal of Sociology 76:103; Miller (1955), on the bias of entropies.
"""

from __future__ import annotations

import numpy as np

from aiops.drift.cells import Cells
from aiops.drift.reference import Reference
from aiops.types import Floats, Ints

BINS = 8
MOST_VALUES = 32


def relations(reference: Reference) -> dict[str, float]:
    """Column -> share 0 to 1 of what there is to know about the answer; empty without prediction and label."""
    roles = reference.plan.roles
    target = roles.label or roles.prediction
    if not target:
        return {}
    answer = _binned(reference, reference.cells, target)
    return {
        name: _told(_binned(reference, reference.cells, name), answer)
        for name in reference.plan.kinds
        if name not in (roles.label, roles.prediction)
    }


def _binned(reference: Reference, cells: Cells, name: str) -> Ints:
    """Small whole numbers of shape (rows,); the last one is for what is missing."""
    if name in cells.words:
        codes = cells.words[name].onto(reference.categories[name], MOST_VALUES)
        return np.where(codes < 0, MOST_VALUES + 1, np.minimum(codes, MOST_VALUES))
    values = cells.numbers[name]
    column: Floats = values if values.ndim == 1 else values[:, 0]
    known = column[~np.isnan(column)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.zeros(0)
    return np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))


def _told(column: Ints, answer: Ints) -> float:
    rows = len(answer)
    table = np.zeros((column.max() + 1, answer.max() + 1))
    np.add.at(table, (column, answer), 1.0)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    share = table / rows
    expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0)
    told = float((share[share > 0] * np.log(share[share > 0] / expected[share > 0])).sum())
    chance = (table.shape[0] - 1) * (table.shape[1] - 1) / (2.0 * rows)
    whole = -float((share.sum(axis=0) * np.log(share.sum(axis=0))).sum())
    return min(max(told - chance, 0.0) / whole, 1.0) if whole > 0 else 0.0
