"""The shapes of a detector, and the unit they all speak.

A detector is a frozen description; what it knows about its series is a `State` it is handed each time. State is a
dict of arrays whose leading axis is the series slot, so growing, evicting, saving and restoring are written once,
in `state.py`. There is never one Python object per series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
State = dict[str, Array]

CAP = 30.0
"""No surprise is larger: below p = 1e-30 the model is wrong, not the world."""


class Stateful(Protocol):
    """Anything whose state is arrays with one slot a series, or an entity: what `state.py` needs to know."""

    name: ClassVar[str]

    def init(self, n: int) -> State:
        """State of `n` slots that have seen nothing."""


@runtime_checkable
class Streaming(Protocol):
    """Scores one column at a time, and learns it afterwards.

    Attributes
    ----------
    name : `lower_snake_case`, as rules write it.
    inputs : 1 when `x` has shape (n,), else `x` has shape (n, inputs).
    parameters : what a rule may set per series, with defaults; state holds them as `p_<name>`.
    """

    name: ClassVar[str]
    inputs: ClassVar[int]
    parameters: ClassVar[Mapping[str, float]]

    def init(self, n: int) -> State:
        """State of `n` series that have seen nothing."""

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score one column, then learn it.

        Parameters
        ----------
        state : from `init`; modified in place.
        x : shape (n,) or (n, inputs), float64; NaN or infinite = no sample.
        at : number of the column, event time // step.

        Returns
        -------
        surprise, expected : shape (n,), float64; surprise is NaN where there is no sample or too little was seen.
        """


@runtime_checkable
class Scanning(Streaming, Protocol):
    """A streaming detector that can also go through many columns in one call."""

    def scan(self, state: State, values: Array, at: Array) -> tuple[Floats, Floats]:
        """What `update` row by row would say, without a call per row.

        Parameters
        ----------
        state : from `init`; modified in place.
        values : shape (rows, n) or (rows, n, inputs), float64; NaN or infinite = no sample.
        at : shape (rows,), int64, number of each column; it may stand still or go back.

        Returns
        -------
        surprise, expected : shape (rows, n), float64.
        """


@dataclass(frozen=True, slots=True)
class Joined:
    """What rows of whole entities say.

    Attributes
    ----------
    surprise : shape (rows, n), float64, -log10 p, high at onsets; NaN where nothing came or too little was seen.
    shape : shape (rows, n), float64, at least 0, high as long as an oddness lasts; NaN where nothing came.
    guilt : shape (rows, n, columns), float32, each column's share in it, 0 to 1; None unless asked for.
    """

    surprise: Floats
    shape: Floats
    guilt: npt.NDArray[np.float32] | None


@runtime_checkable
class Joining(Protocol):
    """Scores all columns of an entity as one. A slot of its state is an entity, not a series.

    Attributes
    ----------
    name : `lower_snake_case`.
    columns : of an entity, at most; one that has fewer leaves the rest NaN.
    """

    name: ClassVar[str]

    @property
    def columns(self) -> int: ...

    def init(self, n: int) -> State:
        """State of `n` entities that have seen nothing."""

    def scan(self, state: State, values: Array, at: Array, *, guilt: bool = False) -> Joined:
        """Score rows in order, each before it is learnt; any split of the rows says the same.

        Parameters
        ----------
        state : from `init`; modified in place.
        values : shape (rows, n, columns), float64; NaN or infinite = no sample.
        at : shape (rows,), int64, number of each row; it may stand still or go back.
        guilt : whether to say each column's share.
        """


@runtime_checkable
class Windowed(Protocol):
    """Scores whole windows, slowly: for a worker process (`pool.py`), never for the loop."""

    name: ClassVar[str]

    def score(self, window: Floats) -> Floats:
        """Surprise, shape (w,), of the rows of `window`, shape (w, k)."""


@runtime_checkable
class TwoSample(Protocol):
    """Compares a reference sample with a current one."""

    name: ClassVar[str]

    def compare(self, reference: Array, current: Array) -> tuple[Floats, Floats]:
        """Statistic and p, both of shape (k,), for samples of shape (m, k) and (m', k)."""
