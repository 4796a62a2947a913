"""The deeper stage: one univariate alarm out of three ways to be odd, as a tail probability of the series' own past.

Forecast error (level and usual day, `deep_forecast_kernel`), distance to the most similar recent stretch
(`deep_lag_kernel`) and novelty of the value in all history (`deep_novelty_kernel`) are summed on a log scale and
calibrated (`calibrate`). It costs some microseconds a value and 20 kB a series: for the series that something has
singled out, and for files.

It refuses to say what the evidence does not bear: a series that changed ten times in its life has shown no law of its
changes, and its next one is at most as rare as one in the rows seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors import calibrate
from detectors import deep_forecast_kernel as forecast
from detectors import deep_kernel as kernel
from detectors import deep_lag_kernel as lag
from detectors import deep_novelty_kernel as novelty
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters

DAY_SECONDS = 86_400.0
ARRAYS = ("core", "forecast", "season", "hours", "grid", "cells", "ring", "distance", "past", "law")
PARAMETERS = ("direction", "floor", "warmup")


def rate(half_life: float) -> float:
    """Weight of the newest value in an exponential average of that half-life, in rows."""
    return float(1.0 - 0.5 ** (1.0 / max(half_life, 1e-3)))


@dataclass(frozen=True, slots=True)
class Deep:
    """Forecast, lag distance and novelty as one calibrated surprise.

    Parameters
    ----------
    step_seconds : length of a row.
    season_slots : slots of the day, at most; never more than rows a day.
    hours : parts of the day whose usual error is told apart.
    weights : of forecast, lag distance and novelty. fade_rows : half-life of an outstanding score.

    Parameters per series: `direction` (1 = only upward, -1 = only downward, 0 = both), `floor` (smallest usual error,
    in the series' unit), `warmup` (samples).

    A row that does not exceed the last outstanding one, says at most 2.
    """

    step_seconds: float = 15.0
    season_slots: int = 288
    hours: int = 24
    weights: tuple[float, float, float] = (1.0, 0.5, 2.0)
    fade_rows: float = 30.0

    name: ClassVar[str] = "deep"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"direction": 0.0, "floor": 0.0, "warmup": 100.0}

    def __post_init__(self) -> None:
        if min(self.season_slots, self.hours) < 1 or self.step_seconds <= 0:
            raise ValueError(f"season_slots and hours must be at least 1 and step_seconds positive, not {self}")

    @property
    def rows_per_day(self) -> float:
        return DAY_SECONDS / self.step_seconds

    @property
    def slots(self) -> int:
        """Season slots held."""
        return max(1, min(self.season_slots, round(self.rows_per_day)))

    def init(self, n: int) -> State:
        past, law = calibrate.fresh(n)
        return {
            "core": np.zeros((n, len(kernel.FIELDS))),
            "forecast": np.zeros((n, len(forecast.FIELDS))),
            "season": np.zeros((n, self.slots, 2), np.float32),
            "hours": np.zeros((n, self.hours, 2), np.float32),
            "grid": np.zeros((n, len(novelty.FIELDS))),
            "cells": np.zeros((n, novelty.CELLS), np.uint8),
            "ring": np.zeros((n, lag.LAGS), np.float32),
            "distance": np.zeros((n, lag.LAGS), np.float32),
            "past": past,
            "law": law,
            **parameters(self, n),
        }

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score one column, then learn it; shape (n,) each."""
        check(state, x)
        surprise, expected = self.scan(state, x[None, :], np.array([at]))
        return surprise[0], expected[0]

    def scan(self, state: State, values: Array, at: Array) -> tuple[Floats, Floats]:
        """Score rows in order, as `update` would one by one.

        Parameters
        ----------
        state : from `init`; modified in place.
        values : shape (rows, n), float64, in the series' own unit; NaN or infinite = no sample.
        at : shape (rows,), number of each row (event time // step).

        Returns
        -------
        surprise (NaN for a missing sample and during warm-up) and expected value, shape (rows, n).
        """
        if len(values):
            check(state, values[0])
        day = at * self.step_seconds % DAY_SECONDS / DAY_SECONDS
        slots = np.stack([(day * many).astype(np.int64) % many for many in (self.slots, self.hours)], axis=1)
        limits = np.stack([state[f"p_{name}"] for name in PARAMETERS]).astype(np.float64)
        arrays = tuple(state[name] for name in ARRAYS)
        surprise, expected = kernel.scan(np.ascontiguousarray(values), slots, arrays, self._rules(), limits)
        return np.asarray(surprise), np.asarray(expected)

    def _rules(self) -> tuple[Floats, Floats]:
        day = self.rows_per_day
        rates = {
            "level": rate(20.0),
            "mean": rate(day),
            "season": rate(2.0 * max(1.0, day / self.slots)),  # learnt by half in two days
            "gate": rate(max(0.5 * day, 300.0)),
            "usual": rate(5_000.0),
            "hour": rate(4.0 * max(1.0, day / self.hours)),
            "spread": rate(20_000.0),
            "day": day,
        }
        mixture = np.array([*self.weights, 1.0 - rate(self.fade_rows)])
        return np.array([rates[name] for name in forecast.RATES]), mixture
