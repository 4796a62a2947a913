"""All metrics of an entity as one, column by column: `joint` in the shape that rules and banks know.

A slot is an entity, its inputs are its metrics. The surprise is the joint detector's alarm, which speaks once where
an oddness begins; what is shown beside it is how odd the entity has been of late, against how odd it usually is. It
remembers which of the inputs did it. 40 inputs make a slot of 81 kB that changes in every column: whoever feeds it
bounds the number of slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.joint import Joint
from detectors.joint_column_kernel import NEWEST
from detectors.joint_kernel import ROWS
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters

GUILTY = 3
"""Inputs that are named, at most."""
NAMED = 2.0
"""Surprise from which it is noted who did it; below, nobody asks."""
ACCESSORY = 0.25
"""Share of the guiltiest input's part that another one's must reach to be named with it."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Joint surprise of up to `inputs` metrics; those that an entity does not have are NaN and count for nothing.

    Parameters
    ----------
    step_seconds : length of a column.

    Parameters per entity: `warmup`, columns with a sample; below 300 it changes nothing.
    """

    step_seconds: float = 15.0

    name: ClassVar[str] = "entity"
    inputs: ClassVar[int] = 40
    parameters: ClassVar[Mapping[str, float]] = {"warmup": 300.0}
    joins: ClassVar[bool] = True
    """Its inputs are the series of an entity, and any of them may be missing."""

    @property
    def _joint(self) -> Joint:
        return Joint(self.inputs, self.step_seconds)

    def init(self, n: int) -> State:
        own: State = {
            "oddness": np.full(n, np.nan),
            "usual": np.zeros(n),
            "guilty": np.full((n, GUILTY), np.nan, np.float32),
        }
        return {**self._joint.init(n), **own, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score one column, shape (n, inputs), then learn it; expected is the usual oddness."""
        check(state, x, self.inputs)
        found = self._joint.scan(state, x[None], np.array([at], np.int64), guilt=True)
        surprise, oddness, seen = found.surprise[0], found.shape[0], state["core"][:, ROWS]
        assert found.guilt is not None
        self._note(state, np.flatnonzero(surprise >= NAMED), found.guilt[0])
        state["oddness"][:] = oddness
        expected = np.where(seen > 1.0, state["usual"], np.nan)
        pace = np.maximum(NEWEST, 1.0 / np.maximum(seen, 1.0))
        state["usual"] += np.where(np.isnan(oddness), 0.0, pace * (oddness - state["usual"]))
        return np.where(seen > state["p_warmup"], surprise, np.nan), expected

    def judged(self, state: State) -> Floats:
        """Oddness after the last column, shape (n,), fading; NaN = no sample."""
        return np.asarray(state["oddness"])

    def guilty(self, state: State) -> tuple[Floats, ...]:
        """Numbers of the inputs that made the entity odd when it was last surprising, guiltiest first; NaN = no more.

        As many as `GUILTY`, shape (n,) each.
        """
        return tuple(state["guilty"].T.astype(np.float64))

    def _note(self, state: State, slots: Array, guilt: Array) -> None:
        # Of equal parts the first input's counts: a stable order, so that a restart names the same.
        order = np.argsort(-guilt[slots], axis=1, kind="stable")[:, :GUILTY]
        part = np.take_along_axis(guilt[slots], order, axis=1)
        state["guilty"][slots] = np.where((part > 0.0) & (part >= ACCESSORY * part[:, :1]), order, np.nan)
