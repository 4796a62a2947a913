"""When will it be full: time to exhaustion, told on the early edge of the forecast.

Columns are averaged in blocks of five minutes; the mean increase from block to block and its Student t say whether
there is a trend at all. Differences of block means make random walks harmless (their steps are independent) and cost
noise around a line only some delay. What comes back by itself is no exhaustion: each completed fall and recovery
(log rotation, garbage collection, a daily ramp) leaves its trough behind, and nothing is said before the value is
clearly below that. It refuses to look beyond `horizon`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import student

FIELDS = ("sum", "count", "left", "blocks", "peak", "trough", "usual", "swing", "side", "score")
FRESH = {"left": np.nan, "usual": np.nan}


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Surprise 6 and more = significantly heading for `limit`, and perhaps there within `horizon`.

    Parameters
    ----------
    step_seconds : length of a column.
    block_seconds : what is averaged before it is compared.
    half_lives : of the quick and the slow trend, in blocks; the worse forecast counts.

    Parameters per series: `limit` (what must not be reached, from whichever side the series began) and `horizon`
    (seconds). `expected` is the value forecast for one horizon ahead.
    """

    step_seconds: float = 15.0
    block_seconds: float = 300.0
    half_lives: tuple[float, float] = (6.0, 24.0)

    name: ClassVar[str] = "exhaustion"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"limit": 0.0, "horizon": 14_400.0}

    @property
    def block(self) -> int:
        """Columns in a block."""
        return max(1, round(self.block_seconds / self.step_seconds))

    def init(self, n: int) -> State:
        trends = {field: np.zeros((n, len(self.half_lives)), order="F") for field in ("slope", "square")}
        return {**{field: np.full(n, FRESH.get(field, 0.0)) for field in FIELDS}, **trends, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Gather the column; at the end of a block renew the forecast, which then stands until the next."""
        check(state, x)
        here = np.isfinite(x)
    budgeted: ClassVar[bool] = False
        limit = state["p_limit"].astype(np.float64)
        distance = np.where(here, limit - x, 0.0)
        state["side"][:] = np.where(here & (state["side"] == 0.0), np.sign(distance), state["side"])
        left = state["side"] * distance
        state["sum"] += np.where(here, left, 0.0)
        state["count"] += here
        if (at + 1) % self.block == 0:
            self._close(state)
        exhausted = here & (state["side"] != 0.0) & (left <= 0.0)
        score = np.where(exhausted, CAP, state["score"])
        ahead = state["left"] + state["slope"][:, 0] * self._horizon(state)
        known = here & (state["blocks"] >= 6.0)
        return np.where(known, score, np.nan), np.where(known, limit - state["side"] * np.maximum(ahead, 0.0), np.nan)

    @property
    def _weights(self) -> list[float]:
        return [1.0 - 0.5 ** (1.0 / half_life) for half_life in self.half_lives]

    def _horizon(self, state: State) -> Floats:
        return state["p_horizon"].astype(np.float64) / (self.step_seconds * self.block)

    def _close(self, state: State) -> None:
        """One more block: its mean, its step from the last, pivots, forecast. Slots without a sample wait."""
        full = state["count"] > 0.0
        mean = np.where(full, state["sum"] / np.maximum(state["count"], 1.0), state["left"])
        first = full & np.isnan(state["left"])
        for name in ("left", "peak", "trough"):
            state[name][:] = np.where(first, mean, state[name])
        step = np.where(full & ~first, mean - state["left"], 0.0)
        learn = full & ~first
        self._pivot(state, learn, mean)  # against the noise of before: a recovery must not count as noise itself
        for i, weight in enumerate(self._weights):
            rate = np.maximum(weight, 1.0 / (state["blocks"] + 1.0)) * learn
            error = step - state["slope"][:, i]
            state["slope"][:, i] += rate * error
            state["square"][:, i] += rate * ((1.0 - rate) * error * error - state["square"][:, i])
        state["left"][:] = mean
        state["blocks"] += learn
        state["score"][:] = np.where(full, self._forecast(state), state["score"])
        state["sum"][:] = 0.0
        state["count"][:] = 0.0

    def _pivot(self, state: State, learn: Array, left: Floats) -> None:
        """Remember how low it went before it came back by itself."""
        trough = np.where(learn, np.minimum(state["trough"], left), state["trough"])
        swing, back = state["peak"] - trough, left - trough
        noise = 6.0 * np.sqrt(np.maximum(state["square"][:, -1], 0.0))
        turned = learn & (swing > 0.0) & (back > 0.3 * swing) & (back > noise)
        usual = np.where(np.isnan(state["usual"]), trough, state["usual"])
        lower = np.minimum(trough, usual + 0.2 * (trough - usual))
        state["usual"][:] = np.where(turned, lower, state["usual"])
        state["swing"][:] = np.where(turned, np.maximum(swing, 0.8 * state["swing"]), state["swing"])
        begin = turned | (learn & (left > state["peak"]))
        state["peak"][:] = np.where(begin, left, state["peak"])
        state["trough"][:] = np.where(begin, left, trough)

    def _forecast(self, state: State) -> Floats:
        """Significance of the fall, held down to 6 x horizon / (time left on the early edge); the worse trend's."""
        floor = 1e-12 * np.abs(state["left"]) + 1e-300
        worst = np.zeros(len(floor))
        for i, weight in enumerate(self._weights):
            fall = -state["slope"][:, i]
            freedom = np.maximum(np.minimum(state["blocks"], (2.0 - weight) / weight) - 1.0, 1.0)
            noise = np.sqrt(np.maximum(state["square"][:, i], 0.0) / freedom)
            significance = student(fall / np.maximum(noise, floor), freedom)
            early = state["left"] / np.maximum(fall + 2.0 * noise, floor)
            urgency = 6.0 * self._horizon(state) / np.maximum(early, 1e-9)
            score = np.clip(np.minimum(significance, urgency), 0.0, CAP)
            worst = np.maximum(worst, np.where(fall > 0.0, score, 0.0))
        new_ground = np.isnan(state["usual"]) | (state["left"] < state["usual"] - 0.1 * state["swing"])
        return np.where((state["blocks"] >= 6.0) & new_ground, worst, 0.0)
