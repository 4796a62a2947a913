"""Two faults of a column that no distribution shows as what they are: it stands still, or it changed its unit.

A value that repeats is judged by how often the reference shows it: so many rows of a value with share s come by chance
with s to their power. A number that left its bins in one window is kept in the next, and held against the units it may
be in now (`detectors.unit`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from aiops.signals.reference import WIDTH, Feature, Value, numbers_of
from aiops.types import Ints, Prediction
from detectors import unit
from detectors.protocol import CAP

RUN_ROWS = 100
RUN_SECONDS = 120.0
WINDOW_ROWS = 60
WINDOW_SECONDS = 60.0
MOST_VALUES = 200
"""Values kept of a column that left its bins."""


class _Column(msgspec.Struct, array_like=True):
    """The value that came last, in how many rows running, since when; what is kept of a number that left its bins
    (None = nothing), and the factor by which it grew."""

    value: Value = None
    run: int = 0
    since: float = 0.0
    kept: list[float] | None = None
    factor: float = 1.0


class _State(msgspec.Struct, array_like=True):
    rows: int
    opened: float
    columns: dict[str, _Column]
    counts: bytes


class ColumnWatch:
    """Columns of one reference.

    Parameters
    ----------
    features : of the frozen reference.
    """

    def __init__(self, features: Mapping[str, Feature]) -> None:
        self._features = features
        self._reference = np.asarray([one.counts for one in features.values()], np.int64).reshape(-1, WIDTH)
        self._columns = {name: _Column() for name in features}
        self._rows, self._opened = 0, 0.0
        self._counts = np.zeros_like(self._reference)

    def add(self, step: float, step_seconds: float, rows: Sequence[Prediction], counts: Ints) -> None:
        """Count a step's rows, in their order.

        Parameters
        ----------
        counts : of the rows per bin, shape (features, WIDTH).
        """
        if not rows:
            return
        if not self._rows:
            self._opened = step
        self._rows += len(rows)
        self._counts += counts
        for name, column in self._columns.items():
            values = [row.features.get(name) for row in rows]
            _stand(column, values, step)
            if column.kept is not None:
                column.kept += numbers_of(values).tolist()[: MOST_VALUES - len(column.kept)]
        if self._rows >= WINDOW_ROWS and step + step_seconds - self._opened >= WINDOW_SECONDS:
            self._close()

    def _close(self) -> None:
        away = unit.displaced(self._reference, self._counts)
        for i, (name, column) in enumerate(self._columns.items()):
            column.factor = 1.0 if column.kept is None else _factor(self._features[name], column.kept)
            column.kept = [] if away[i] and self._features[name].numeric else None
        self._rows, self._counts = 0, np.zeros_like(self._reference)

    def constant(self, step: float) -> dict[str, float]:
        """Surprise of each column's standing still."""
        return {name: _surprise(self._features[name], one, step) for name, one in self._columns.items()}

    def factors(self) -> dict[str, float]:
        """By what each number grew as its unit changed; 1 = it kept its unit."""
        return {name: one.factor for name, one in self._columns.items() if self._features[name].numeric}

    def encode(self) -> bytes:
        """All but the features, as MessagePack."""
        counts = self._counts.astype("<u4").tobytes()
        return msgspec.msgpack.encode(_State(self._rows, self._opened, self._columns, counts))

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._rows, self._opened, self._columns = state.rows, state.opened, state.columns
        self._counts = np.frombuffer(state.counts, "<u4").astype(np.int64).reshape(self._reference.shape)


def _factor(feature: Feature, values: Sequence[float]) -> float:
    counts = np.asarray(feature.counts[: feature.width], np.int64)
    found = unit.change(counts, np.asarray(feature.edges), np.asarray(values, np.float64))
    return 1.0 if found is None else found.factor


def _stand(column: _Column, values: Sequence[Value], step: float) -> None:
    for value in values:
        if value is None:
            continue
        if value != column.value or type(value) is not type(column.value):
            column.value, column.run, column.since = value, 0, step
        column.run += 1


def _surprise(feature: Feature, column: _Column, step: float) -> float:
    if column.run < RUN_ROWS or step - column.since < RUN_SECONDS or feature.top >= 1.0:
        return 0.0
    return min(-column.run * math.log10(feature.top), CAP) if feature.top > 0.0 else 0.0
