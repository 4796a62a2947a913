"""Two faults of a column that no distribution shows as what they are: it stands still, or it changed its unit.

A value that repeats is judged by how often the reference shows it: so many rows of a value with share s come by chance
with s to their power. A change of unit (`detectors.unit`) must show in two windows one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from aiops.signals.reference import Feature, Value, numbers_of
from aiops.types import Prediction
from detectors import unit
from detectors.protocol import CAP

RUN_ROWS = 100
RUN_SECONDS = 120.0
WINDOW_ROWS = 60
WINDOW_SECONDS = 60.0


class _Column(msgspec.Struct, array_like=True):
    """The value that came last, in how many rows running, since when; moments of the open window; the last two
    windows' powers of ten."""

    value: Value = None
    run: int = 0
    since: float = 0.0
    moments: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    exponents: list[int] = msgspec.field(default_factory=lambda: [0, 0])


class _State(msgspec.Struct, array_like=True):
    rows: int
    opened: float
    columns: dict[str, _Column]


class ColumnWatch:
    """Columns of one reference.

    Parameters
    ----------
    features : of the frozen reference.
    """

    def __init__(self, features: Mapping[str, Feature]) -> None:
        self._features = features
        self._state = _State(0, 0.0, {name: _Column() for name in features})

    def add(self, step: float, step_seconds: float, rows: Sequence[Prediction]) -> None:
        """Count a step's rows, in their order."""
        if not rows:
            return
        if not self._state.rows:
            self._state.opened = step
        self._state.rows += len(rows)
        for name, column in self._state.columns.items():
            values = [row.features.get(name) for row in rows]
            _stand(column, values, step)
            if self._features[name].numeric:
                found = unit.moments(numbers_of(values)).tolist()
                column.moments = [a + b for a, b in zip(column.moments, found, strict=True)]
        if self._state.rows >= WINDOW_ROWS and step + step_seconds - self._state.opened >= WINDOW_SECONDS:
            self._close()

    def _close(self) -> None:
        self._state.rows = 0
        for name, column in self._state.columns.items():
            reference = np.array(self._features[name].moments or [0, 0, 0])
            found = int(unit.exponent(reference, np.array(column.moments)))
            column.exponents, column.moments = [column.exponents[1], found], [0, 0, 0]

    def constant(self, step: float) -> dict[str, float]:
        """Surprise of each column's standing still."""
        return {name: _surprise(self._features[name], one, step) for name, one in self._state.columns.items()}

    def exponents(self) -> dict[str, int]:
        """The power of ten by which each number grew; 0 = it kept its unit."""
        columns = self._state.columns.items()
        return {
            name: one.exponents[0] if len(set(one.exponents)) == 1 else 0
            for name, one in columns
            if self._features[name].numeric
        }

    def encode(self) -> bytes:
        """All but the features, as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        self._state = msgspec.msgpack.decode(body, type=_State)


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
