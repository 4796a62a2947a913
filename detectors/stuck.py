"""A series that usually moves and has stopped: a frozen exporter, a dead sensor, a model that answers one thing.

Counts how many samples in a row are equal to the last, and holds that against the longest such run of late: beyond it
the tail is exponential, as wide as the series' own runs are spread. So a series that never repeats itself is missed
within some forty samples, one that rests at night is told of for a few nights at most, and one that never moves never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters

FIELDS = ("seen", "moved", "run", "runs", "mean", "spread", "longest")
"""Samples; those that differed from the one before; equal ones in a row; runs that are over, their mean length and its
mean absolute deviation; the longest of late."""
LEAST_MOVES = 30.0
"""As often must a series have moved to be missed when it does not."""
FADING = 6e-6
"""A sample; the longest run is forgotten by half in about three weeks at 15 s."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Surprise of a run of equal values; nothing is expected.

    Parameters
    ----------
    half_life : runs after which half of their usual length is forgotten.

    Parameters per series: `patience`, equal samples that never count, and `warmup`, samples.
    """

    half_life: float = 100.0

    name: ClassVar[str] = "stuck"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"patience": 20.0, "warmup": 240.0}

    def init(self, n: int) -> State:
        learnt: State = {name: np.zeros(n, np.float32) for name in FIELDS}
        return {"last": np.full(n, np.nan), **learnt, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Count the sample into its run and score that; a run that is over has been learnt before."""
        check(state, x)
        here = np.isfinite(x)
        same = here & (x == state["last"])
        self._end(state, here & ~same & (state["run"] > 0.0))
        state["run"][:] = np.where(same, state["run"] + 1.0, np.where(here, 0.0, state["run"]))
        state["longest"] *= np.where(here, np.float32(1.0 - FADING), np.float32(1.0))
        state["seen"] += here
        state["moved"] += here & ~same
        state["last"][:] = np.where(here, x, state["last"])
        ready = here & (state["seen"] > state["p_warmup"])
        return np.where(ready, self._surprise(state), np.nan), np.full(len(x), np.nan)

    def _surprise(self, state: State) -> Floats:
        run, longest = state["run"].astype(np.float64), state["longest"].astype(np.float64)
        width = np.maximum(np.maximum(0.1 * longest, 1.35 * state["spread"]), 2.5)
        score = np.clip((run - longest) / width / np.log(10.0), 0.0, CAP)
        usually_moves = state["moved"] > LEAST_MOVES
        return np.asarray(np.where((run > state["p_patience"]) & usually_moves, score, 0.0))

    def _end(self, state: State, over: Array) -> None:
        """Learn the runs that are over: less where they surprised, so that a fault does not excuse the next one."""
        score = self._surprise(state)
        pace = np.where(score > 4.5, 0.02, np.where(score > 3.0, 0.2, 1.0)) * over
        bounded = np.minimum(state["run"], 8.0 * state["longest"] + 40.0)
        rate = np.maximum(1.0 - 0.5 ** (1.0 / self.half_life), 1.0 / (state["runs"] + 1.0)) * pace
        error = bounded - state["mean"]
        state["mean"] += (rate * error).astype(np.float32)
        state["spread"] += (rate * (np.abs(error) - state["spread"])).astype(np.float32)
        state["longest"][:] = np.where(over, np.maximum(state["longest"], bounded), state["longest"])
        state["runs"] += over
