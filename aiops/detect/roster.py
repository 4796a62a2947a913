"""Rows of the columns that detectors see: one a series, in the order in which series first hold a closed value.

A slot of the `SeriesTable` is given when bytes are decoded, so slots know what a batch happened to hold and in which
order. Rows must not: what is summed first, how many series share the budget, and when a series begins to count follow
from closed columns alone. Those that appear in one column are ordered by their labels. A row is never taken back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aiops.decode.series import SeriesTable
from aiops.types import Ints, Labels, Slots

NONE = -1


class Roster:
    """Row <-> slot of one partition.

    Parameters
    ----------
    table : whose slots are given rows.

    Attributes
    ----------
    labels : `labels[row]`.
    """

    def __init__(self, table: SeriesTable) -> None:
        self._table = table
        self.labels: list[Labels] = []
        self._slot: Slots = np.empty(0, np.int32)
        self._row = np.full(1_024, NONE, np.int32)

    def __len__(self) -> int:
        return len(self.labels)

    def admit(self, slots: Slots) -> None:
        """Give rows to those of `slots` that have none."""
        self._reach(len(self._table))
        fresh = np.unique(slots[self._row[slots] == NONE])
        if len(fresh):
            labels = self._table.labels
            self._append(np.asarray(sorted(fresh.tolist(), key=lambda slot: labels[slot].pairs), np.int32))

    def rows(self, slots: Slots | Ints) -> Slots:
        """Rows of slots, shape (n,); -1 = none yet."""
        self._reach(len(self._table))
        return self._row[slots]

    def kinds(self) -> npt.NDArray[np.int8]:
        """`types.Kind` of every row."""
        return self._table.kind[self._slot]

    def _append(self, slots: Slots) -> None:
        self._row[slots] = np.arange(len(self.labels), len(self.labels) + len(slots), dtype=np.int32)
        self._slot = np.append(self._slot, slots)
        self.labels += [self._table.labels[slot] for slot in slots.tolist()]

    def _reach(self, slots: int) -> None:
        if slots > len(self._row):
            grown = np.full(max(slots, 2 * len(self._row)), NONE, np.int32)
            grown[: len(self._row)] = self._row
            self._row = grown

    def snapshot(self) -> bytes:
        """Slots by row."""
        return self._slot.tobytes()

    def restore(self, data: bytes) -> None:
        """The inverse, on a table that is restored already."""
        self._reach(len(self._table))
        self._append(np.frombuffer(data, np.int32))
