"""What each feature has to do with the answer, learnt once: the mean answer and the share of errors per bin.

It says what a drift of a feature costs (`detectors.consequence`). Rows are counted after the reference is frozen, since
only then there are bins, until `ROWS` of them are known; means per bin hardly depend on the mix of bins meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from aiops.signals.reference import WIDTH, Feature, place
from aiops.types import Floats, Ints, Prediction
from detectors import consequence

ROWS = 3_000
LEAST = 300
"""Rows with a known error below which nothing is said of errors."""
Z = 2.0
"""Standard errors that an expected loss must exceed to be spoken of."""


class _State(msgspec.Struct, array_like=True):
    rows: int
    known: int
    arrays: list[bytes]


class Association:
    """Answers and errors by feature and bin.

    Parameters
    ----------
    features : of the frozen reference, in the order of all arrays.
    """

    def __init__(self, features: Mapping[str, Feature]) -> None:
        self._features = list(features.values())
        k = len(self._features)
        self._rows, self._known = 0, 0
        self._answers = np.zeros((2, k, WIDTH))
        self._squares = np.zeros(k)
        self._errors = np.zeros((2, k, WIDTH))

    @property
    def full(self) -> bool:
        return self._rows >= ROWS

    def add(self, rows: Sequence[Prediction], answers: Floats, errors: Floats) -> None:
        """Learn rows.

        Parameters
        ----------
        answers : shape (rows,), as numbers; NaN = none.
        errors : shape (rows,), 1 = wrong; NaN = not known.
        """
        if not rows or self.full:
            return
        for j, feature in enumerate(self._features):
            where = place(feature, [row.features.get(feature.name) for row in rows])
            self._squares[j] += _into(self._answers[:, j], where, answers)
            _into(self._errors[:, j], where, errors)
        self._rows += len(rows)
        self._known += int(np.isfinite(errors).sum())

    def judge(self, reference: Ints, current: Ints) -> tuple[Floats, Floats]:
        """What the drift of each feature does by itself, shape (features,) each.

        Parameters
        ----------
        reference, current : shape (features, WIDTH), rows per bin.

        Returns
        -------
        consequence : expected change of the mean answer, in standard deviations of the answer, at least 0.
        loss : expected rise of the share of errors; 0 where it is not clear of its own error.
        """
        k = len(self._features)
        if not self.full:
            return np.zeros(k), np.zeros(k)
        rows, sums = self._answers
        change, _ = consequence.expected_change(reference, current, rows, sums)
        size = np.maximum(rows.sum(axis=1), 1.0)
        deviation = np.sqrt(np.maximum(self._squares / size - (sums.sum(axis=1) / size) ** 2, 0.0))
        weight = consequence.importance(rows, sums, self._squares)
        felt = np.where(weight > 0.0, np.abs(change) / np.maximum(deviation, 1e-12), 0.0)
        if self._known < LEAST:
            return np.where(deviation > 0.0, felt, 0.0), np.zeros(k)
        loss, error = consequence.expected_change(reference, current, *self._errors)
        return np.where(deviation > 0.0, felt, 0.0), np.where(loss > Z * error, loss, 0.0)

    def encode(self) -> bytes:
        """All but the features, as MessagePack."""
        arrays = (self._answers, self._squares, self._errors)
        return msgspec.msgpack.encode(_State(self._rows, self._known, [one.astype("<f8").tobytes() for one in arrays]))

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._rows, self._known = state.rows, state.known
        for own, saved in zip((self._answers, self._squares, self._errors), state.arrays, strict=True):
            own[...] = np.frombuffer(saved, "<f8").reshape(own.shape)


def _into(counts: Floats, where: Ints, values: Floats) -> float:
    """Add rows and sums per bin to counts (2, WIDTH); the sum of squares of what was added."""
    fine = (where >= 0) & np.isfinite(values)
    counts[0] += np.bincount(where[fine], minlength=WIDTH)
    counts[1] += np.bincount(where[fine], values[fine], WIDTH)
    return float((values[fine] ** 2).sum())
