"""A level that has moved and stays: Page's two-sided cumulative sum.

Small lasting shifts (half a sigma and more) that no single column shows. The reference is a slow level and scale of
the series' own; residuals are winsorised at four sigma, so that one spike cannot pass for a shift, and what
neighbouring columns share is discounted by their measured lag-one correlation. The surprise is the exponential tail
of the sum's stationary distribution, P(S > h) about exp(-theta h - 2.33 k) for drift allowance k, where theta is
Lundberg's exponent for the residuals' own variance and skew (2 k for a Gaussian): counts are skewed, and a Gaussian
exponent would see a shift in every cluster of them. What has stayed surprising for `adapt_steps` columns is the new
normal: level and sums begin anew there, quiet until `warmup`, with the scale that was learnt.

References
----------
Page (1954), Biometrika 41:100; Siegmund (1985), Sequential Analysis, section 2.6 (theta, and the 1.166).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters

OVERSHOOT = 1.166
FIELDS = ("level", "scale", "before", "together", "square", "cube", "up", "down", "seen", "run")


@dataclass(frozen=True, slots=True)
class Shift:
    """CUSUM of the standardised residual of a slow level.

    Parameters
    ----------
    half_life : of level and scale, in columns.
    allowance : k, in sigma; shifts of about twice this are found soonest.
    adapt_steps : columns in a row that a shift must stay surprising to be the new normal.

    Parameters per series: `direction` (1, -1, 0 = both), `floor` (smallest scale, in the series' unit),
    `floor_share` (the same as a share of the level), `warmup` (samples).
    """

    half_life: float = 2_000.0
    allowance: float = 0.5
    adapt_steps: int = 1_920

    name: ClassVar[str] = "shift"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"direction": 0.0, "floor": 0.0, "floor_share": 0.001, "warmup": 240.0}

    def init(self, n: int) -> State:
        return {**{field: np.zeros(n) for field in FIELDS}, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Add the column's residual to both sums and score them; then learn it, less while surprised."""
        check(state, x)
        here = np.isfinite(x)
        level, seen = state["level"].copy(), state["seen"]
        residual = np.where(here, x - level, 0.0)
        scale = np.maximum(1.2533 * state["scale"], state["p_floor"])
        scale = np.maximum(np.maximum(scale, state["p_floor_share"] * np.abs(level)), 1e-9)
        z = np.clip(residual / scale, -4.0, 4.0)
        correlation = np.clip(state["together"] / np.maximum(state["square"], 1e-9), 0.0, 0.97)
        # A sum of correlated residuals has (1 + r) / (1 - r) times the variance; allow for that much more.
        memory = (1.0 + correlation) / (1.0 - correlation)
        ready = here & (seen >= state["p_warmup"])
        for side, sign in (("up", 1.0), ("down", -1.0)):
            grown = np.clip(state[side] + sign * z - self.allowance, 0.0, 1e4)
            state[side][:] = np.where(ready, grown, np.where(here, 0.0, state[side]))
        variance, skew = np.maximum(state["square"], 0.2) * memory, state["cube"] * memory**2
        up = self._exponent(variance, skew) * state["up"]
        down = self._exponent(variance, -skew) * state["down"]
        direction = state["p_direction"]
        total = np.where(direction > 0, up, np.where(direction < 0, down, np.maximum(up, down)))
        doubled = np.where(direction == 0, np.log10(2.0), 0.0)
        tail = (total + 2.0 * self.allowance * OVERSHOOT) / np.log(10.0) - doubled
        score = np.where(total > 0.0, np.clip(tail, 0.0, CAP), 0.0)
        self._learn(state, here, residual, z, np.where(ready, score, 0.0))
        self._settle(state, ready, score, x)
        return np.where(ready, score, np.nan), np.where(seen > 1.0, level, np.nan)

    def settling(self, state: State, slots: Array) -> Array:
        """Whether what has stayed surprising is being taken for the new normal, shape (k,) of `slots`."""
        return np.asarray(state["run"][slots] > self.adapt_steps)

    def _settle(self, state: State, ready: Array, score: Floats, x: Array) -> None:
        run = state["run"]
        run[:] = np.where(ready, np.where(score > 3.0, run + 1.0, 0.0), run)
        lasting = ready & (run > self.adapt_steps)
        state["level"][:] = np.where(lasting, x, state["level"])
        state["seen"][:] = np.where(lasting, 1.0, state["seen"])
        for side in ("up", "down"):
            state[side][:] = np.where(lasting, 0.0, state[side])

    def evidence(self, state: State, slots: Array) -> Floats:
        """Samples that stand behind the surprise of `slots`; inf where a stated floor says what counts."""
        return np.asarray(np.where(state["p_floor"][slots] > 0.0, np.inf, state["seen"][slots]))

    def _exponent(self, variance: Floats, skew: Floats) -> Floats:
        """Positive root of log E exp(theta (z - k)) = 0 to third order; a skew that would raise it is ignored."""
        third = np.maximum(skew, 1e-6) / 3.0
        root = np.sqrt(variance * variance / 4.0 + 2.0 * self.allowance * third)
        return np.asarray((root - variance / 2.0) / third)

    def _learn(self, state: State, here: Array, residual: Floats, z: Floats, score: Floats) -> None:
        slow = np.where(score > 4.5, 0.1, np.where(score > 3.0, 0.3, 1.0)) * here
        rate = np.maximum(1.0 - 0.5 ** (1.0 / self.half_life), 1.0 / (state["seen"] + 1.0)) * slow
        usual = state["scale"]
        error = np.abs(residual)
        bounded = np.where((state["seen"] > 20.0) & (usual > 0.0), np.minimum(error, 6.0 * usual), error)
        state["level"] += rate * np.where(here, residual, 0.0)
        state["scale"] += rate * (bounded - usual)
        state["together"] += rate * (z * state["before"] - state["together"])
        state["square"] += rate * (z * z - state["square"])
        state["cube"] += rate * (z**3 - state["cube"])
        state["before"][:] = np.where(here, z, state["before"])
        state["seen"] += here
