"""How odd the recent stretch of a series is as a whole: for anomalies that are slow, or that last.

Where the alarm (`deep.py`) asks whether this value may be, the shape asks whether the series has ever moved like this:
the last two hours of a minute series against every stretch of the last four days. It is high while the oddness lasts,
not only when it begins.

It refuses to judge a level (`shift` does) and says nothing about series that have not moved: what changed ten times in
its life has no shape yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors import calibrate
from detectors import shape_kernel as kernel
from detectors import shape_lag_kernel as lag
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters

ARRAYS = ("core", "rings", "sums", "distance", "past", "law", "held")


@dataclass(frozen=True, slots=True)
class Shape:
    """Distance to the most similar earlier stretch as a calibrated surprise.

    Parameters
    ----------
    step_seconds : length of a row; taken like every detector's, a shape is told in rows.

    Parameters per series: `warmup` (samples). State: some 80 kB a series; cost: a few microseconds a value.
    """

    step_seconds: float = 15.0

    name: ClassVar[str] = "shape"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"warmup": 500.0}

    def init(self, n: int) -> State:
        past, law = calibrate.fresh(n)
        return {
            "core": np.zeros((n, len(kernel.FIELDS))),
            "rings": np.zeros((n, len(lag.RINGS), lag.WIDTH), np.float32),
            "sums": np.zeros((n, lag.SQUARES + 1)),
            "distance": np.zeros((n, lag.LAGS), np.float32),
            "past": past,
            "law": law,
            "held": np.zeros((n, kernel.HELD)),
            **parameters(self, n),
        }

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score one column, then learn it.

        Returns
        -------
        surprise (NaN for a missing sample and during warm-up) and NaN for the expected value, shape (n,).
        """
        check(state, x)
        surprise, expected = self.scan(state, x[None, :], np.array([at]))
        return surprise[0], expected[0]

    def scan(self, state: State, values: Array, at: Array) -> tuple[Floats, Floats]:
        """Score rows in order, as `update` would one by one.

        Parameters
        ----------
        state : from `init`; modified in place.
        values : shape (rows, n), float64, in the series' own unit; NaN or infinite = no sample.
        at : shape (rows,); a shape is told by the order of the rows alone.
        """
        if len(values):
            check(state, values[0])
        arrays = tuple(state[name] for name in ARRAYS)
        surprise = kernel.scan(np.ascontiguousarray(values), arrays, state["p_warmup"].astype(np.float64))
        return np.asarray(surprise), np.full(values.shape, np.nan)
