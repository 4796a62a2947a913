"""When will it be full: time to exhaustion with an interval, told on the interval's early edge.

Columns are averaged in blocks of five minutes; the mean step from block to block is the trend, over a quick and a slow
window that grow with the horizon. The steps' variance and first covariance tell noise around a line (which cancels)
from a random walk (which does not), and so both how certain the trend is and how far the level may wander on the way.

What comes back by itself is no exhaustion: each completed fall and recovery (log rotation, garbage collection, a daily
ramp) leaves its trough behind, and nothing is said before the value is clearly below those. Until a series has shown
whether it recovers, the forecast looks ahead no further than a third of what was seen of it. Two things are exempt: a
clock (a certificate loses one second a second), and what is known to be given anew at the end of a period (`resets`),
which only matters if it runs out before that. It refuses to look beyond `horizon`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from detectors.passage import noise, passage
from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import student

BLOCK = ("sum", "count", "least", "dip", "left", "blocks", "side", "score", "period")
TURN = ("peak", "trough", "usual", "spread", "turns")
TRENDS = ("slope", "square", "cross", "error")
TOLD = ("middle", "early", "late")
FRESH = {"least": np.inf, "left": np.nan, "usual": np.nan, **dict.fromkeys(TOLD, np.nan)}
LEAST_BLOCKS = 6.0
LOOK_AHEAD = 1.0 / 3.0
"""Share of what was seen of a series that its forecast may reach ahead."""
EDGE = 0.9875
"""Quantile of either edge: a walk touches the limit twice as often as it stands beyond it (reflection)."""
WEEK, MONTH, MONDAY = 604_800.0, 28 * 86_400.0, 4 * 86_400.0


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Surprise 6 and more = significantly heading for `limit`, and perhaps there within `horizon`.

    Parameters
    ----------
    step_seconds : length of a column.
    block_seconds : what is averaged before it is compared.
    half_lives : of the quick and the slow trend, in blocks, at the least; the worse forecast counts.

    Parameters per series: `limit` (what must not be reached, from whichever side the series began), `horizon`
    (seconds) and `resets` (seconds after which it is given anew, in UTC: 1d, 7d = on Mondays, 28d and more = with the
    calendar month; 0 = never). `expected` is the value forecast for one horizon ahead.
    """

    step_seconds: float = 15.0
    block_seconds: float = 300.0
    half_lives: tuple[float, float] = (6.0, 24.0)

    name: ClassVar[str] = "exhaustion"
    budgeted: ClassVar[bool] = False
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"limit": 0.0, "horizon": 14_400.0, "resets": 0.0}
    estimate_unit: ClassVar[str] = "duration"

    @property
    def block(self) -> int:
        """Columns in a block."""
        return max(1, round(self.block_seconds / self.step_seconds))

    def init(self, n: int) -> State:
        trends = {field: np.zeros((n, len(self.half_lives)), order="F") for field in TRENDS}
        fields = {field: np.full(n, FRESH.get(field, 0.0)) for field in (*BLOCK, *TURN, *TOLD)}
        return {**fields, **trends, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Gather the column; at the end of a block renew the forecast, which then stands until the next."""
        check(state, x)
        here = np.isfinite(x)
        limit = state["p_limit"].astype(np.float64)
        distance = np.where(here, limit - x, 0.0)
        state["side"][:] = np.where(here & (state["side"] == 0.0), np.sign(distance), state["side"])
        left = state["side"] * distance
        state["sum"] += np.where(here, left, 0.0)
        state["count"] += here
        state["least"][:] = np.where(here, np.minimum(state["least"], left), state["least"])
        if (at + 1) % self.block == 0:
            self._close(state, at * self.step_seconds)
        exhausted = here & (state["side"] != 0.0) & (left <= 0.0)
        for name in TOLD:
            state[name][exhausted] = 0.0
        score = np.where(exhausted, CAP, state["score"])
        ahead = state["left"] + state["slope"][:, 0] * self._horizon(state)
        known = here & (state["blocks"] >= LEAST_BLOCKS)
        return np.where(known, score, np.nan), np.where(known, limit - state["side"] * np.maximum(ahead, 0.0), np.nan)

    def estimate(self, state: State) -> tuple[Floats, Floats, Floats]:
        """Seconds until it is exhausted, and their 95 % interval; NaN = not heading there, inf = perhaps never."""
        return state["middle"], state["early"], state["late"]

    def _horizon(self, state: State) -> Floats:
        """In blocks."""
        return state["p_horizon"].astype(np.float64) / (self.step_seconds * self.block)

    def _weights(self, state: State) -> list[Floats]:
        """Of the newest step in either trend: who looks far ahead must have looked far back."""
        lives = (np.maximum(h, self._horizon(state) / part) for h, part in zip(self.half_lives, (8, 2), strict=True))
        return [1.0 - 0.5 ** (1.0 / life) for life in lives]

    def _close(self, state: State, time: float) -> None:
        """One more block: its mean, its step from the last, pivots, forecast. Slots without a sample wait."""
        full = state["count"] > 0.0
        mean = np.where(full, state["sum"] / np.maximum(state["count"], 1.0), state["left"])
        period, until = _period(time, state["p_resets"].astype(np.float64))
        # A gift at the end of a period says nothing about how fast it is used up.
        first = full & (np.isnan(state["left"]) | (period != state["period"]))
        for name in ("left", "peak", "trough"):
            state[name][:] = np.where(first, mean, state[name])
        learn = full & ~first
        self._pivot(state, learn, mean)  # against the noise of before: a recovery must not count as noise itself
        step = np.where(learn, mean - state["left"], 0.0)
        for i, weight in enumerate(self._weights(state)):
            rate = np.maximum(weight, 1.0 / (state["blocks"] + 1.0)) * learn
            error = step - state["slope"][:, i]
            state["slope"][:, i] += rate * error
            state["square"][:, i] += rate * ((1.0 - rate) * error * error - state["square"][:, i])
            state["cross"][:, i] += rate * ((1.0 - rate) * error * state["error"][:, i] - state["cross"][:, i])
            state["error"][:, i] = np.where(learn, error, state["error"][:, i])
        # Full is when it touches the limit, not when its mean does: how far it dips below the line within a block.
        line = mean - 0.5 * np.maximum(-state["slope"][:, 0], 0.0)
        dip = np.where(learn, line - np.minimum(state["least"], line), 0.0)
        state["dip"] += np.maximum(weight, 1.0 / (state["blocks"] + 1.0)) * learn * (dip - state["dip"])
        state["left"][:] = mean
        state["period"][:] = np.where(full, period, state["period"])
        state["blocks"] += learn
        self._forecast(state, full, until)
        state["sum"][:], state["count"][:], state["least"][:] = 0.0, 0.0, np.inf

    def _pivot(self, state: State, learn: Array, left: Floats) -> None:
        """Remember how low it went before it came back by itself, and how much that varies."""
        trough = np.where(learn, np.minimum(state["trough"], left), state["trough"])
        swing, back = state["peak"] - trough, left - trough
        wobble = 6.0 * np.sqrt(np.maximum(state["square"][:, -1], 0.0))
        turned = learn & (swing > 0.0) & (back > 0.3 * swing) & (back > wobble)
        state["turns"] += turned
        usual = np.where(np.isnan(state["usual"]), trough, state["usual"])
        rate = np.maximum(1.0 / np.maximum(state["turns"], 1.0), 0.1) * turned
        # Two imagined turns that differ by a tenth of the swing: one recovery does not make a habit.
        prior = (0.1 * swing) ** 2
        spread = np.where(state["turns"] <= 1.0, prior, state["spread"])
        state["usual"][:] = np.where(turned, usual + rate * (trough - usual), state["usual"])
        floor = 2.0 * prior / (2.0 + state["turns"])
        state["spread"][:] = np.where(turned, spread + rate * ((trough - usual) ** 2 + floor - spread), state["spread"])
        begin = turned | (learn & (left > state["peak"]))
        state["peak"][:] = np.where(begin, left, state["peak"])
        state["trough"][:] = np.where(begin, left, trough)

    def _forecast(self, state: State, full: Array, until: Floats) -> None:
        """Of either trend: significance, held below 6 while the early edge lies behind the horizon; the worse one's."""
        blocks, seconds = state["blocks"], self.step_seconds * self.block
        best = np.full(len(blocks), -1.0)
        told = [np.full(len(best), np.nan) for _ in TOLD]
        for i, weight in enumerate(self._weights(state)):
            fall = -state["slope"][:, i]
            freedom, error, walk = noise(state["square"][:, i], state["cross"][:, i], blocks, weight)
            significance = student(fall / np.maximum(error, _tiny(state)), freedom)
            # The mean of a block is what it was in its middle.
            left = np.maximum(state["left"] - state["dip"] - 0.5 * np.maximum(fall, 0.0), 0.0)
            middle, early, late = passage(left, fall, error, walk, special.stdtrit(freedom, EDGE))
            clock = (np.abs(fall - seconds) < 1e-3 * seconds) & (error < 1e-3 * seconds)
            look = np.where(clock, np.inf, LOOK_AHEAD * blocks)
            look = np.minimum(np.minimum(look, self._horizon(state)), until / seconds)
            urgency = np.where(early <= look, CAP, 6.0 * look / np.maximum(early, 1e-9))
            score = np.minimum(significance, urgency)
            worse = (fall > 0.0) & (score > best) & (blocks >= LEAST_BLOCKS)
            best = np.where(worse, score, best)
            told = [np.where(worse, new * seconds, old) for new, old in zip((middle, early, late), told, strict=True)]
        score = np.where(self._new_ground(state), np.clip(best, 0.0, CAP), 0.0)
        state["score"][:] = np.where(full, score, state["score"])
        for name, value in zip(TOLD, told, strict=True):
            state[name][:] = np.where(full, value, state[name])

    def _new_ground(self, state: State) -> Array:
        """Whether it is lower than where it usually turns; half of that is low enough for anybody."""
        floor = state["usual"] - np.minimum(3.0 * np.sqrt(state["spread"]), 0.5 * np.maximum(state["usual"], 0.0))
        return np.asarray(np.isnan(state["usual"]) | (state["left"] < floor) | (state["p_resets"] > 0.0))


def _tiny(state: State) -> Floats:
    return np.asarray(1e-12 * np.abs(state["left"]) + 1e-300)


def _period(time: float, length: Floats) -> tuple[Floats, Floats]:
    """Number of the period at `time`, and seconds until the next; without one, 0 and infinity."""
    now = np.datetime64(int(time), "s")
    month = now.astype("datetime64[M]")
    left = float((month + 1).astype("datetime64[s]").astype(np.int64)) - time
    safe, offset = np.where(length > 0.0, length, 1.0), np.where(length == WEEK, MONDAY, 0.0)
    number = np.floor((time - offset) / safe)
    until = (number + 1.0) * safe + offset - time
    number = np.where(length >= MONTH, float(month.astype(np.int64)), number)
    until = np.where(length >= MONTH, left, until)
    return np.where(length > 0.0, number, 0.0), np.where(length > 0.0, until, np.inf)
