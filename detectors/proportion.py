"""A count out of trials (errors of requests, missing of rows) against the share that is usual for this series.

The share is judged by its binomial tail over a short exponential window, so that small counts add up, and is as wide
as the series deserves: widened by its own overdispersion (errors come in bursts) and by how little was seen of it. It
refuses to speak of effects below `min_effect` or of fewer than `min_trials`: significant is not yet important.

References
----------
Wedderburn (1974), Biometrika 61:439 (quasi-likelihood).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import binomial_lower, binomial_upper

FIELDS = ("window_count", "window_trials", "count", "trials", "noise", "variance", "run", "seen")


@dataclass(frozen=True, slots=True)
class Proportion:
    """Surprise of a share. `x` has shape (n, 2): count, trials; `expected` is the usual share, 0 to 1.

    Parameters
    ----------
    step_seconds : length of a column.
    half_life : columns after which the usual share and its overdispersion have forgotten half.
    adapt_steps : columns with trials that a share must stay surprising to be the new normal; then an eighth of
        `half_life` holds until it is.

    Parameters per series: `direction` (1 upward, -1 downward, 0 both), `min_effect` (absolute share), `min_trials`
    (in the window), `window` (seconds after which it has forgotten half: rare trials want minutes), `warmup`
    (columns with trials).
    """

    step_seconds: float = 15.0
    half_life: float = 2_880.0
    adapt_steps: int = 5_760

    name: ClassVar[str] = "proportion"
    inputs: ClassVar[int] = 2
    parameters: ClassVar[Mapping[str, float]] = {
        "direction": 1.0,
        "min_effect": 0.0,
        "min_trials": 10.0,
        "window": 30.0,
        "warmup": 40.0,
    }

    def init(self, n: int) -> State:
        return {**{field: np.zeros(n) for field in FIELDS}, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score the window that ends here against the usual share, then learn the column.

        A column without trials decays the window and teaches nothing; a count above its trials is cut to them.
        """
        check(state, x, self.inputs)
        trials = np.where(np.isfinite(x).all(axis=1), np.maximum(x[:, 1], 0.0), 0.0)
        count = np.clip(np.where(trials > 0.0, x[:, 0], 0.0), 0.0, trials)
        keep = self._keep(state)
        state["window_count"][:] = keep * state["window_count"] + count
        state["window_trials"][:] = keep * state["window_trials"] + trials
        share, known = self._usual(state)
        score, counts = self._score(state, share, known)
        ready = (state["seen"] >= state["p_warmup"]) & np.isfinite(x).all(axis=1)
        # What is too small to speak of is still no teacher: learn by the score itself.
        self._learn(state, count, trials, share, np.where(ready, score, 0.0))
        told = np.where(counts, score, 0.0)
        return np.where(ready, told, np.nan), np.where(state["seen"] > 1.0, share, np.nan)

    def judged(self, state: State) -> Floats:
        """The share in the window that was scored last, shape (n,); NaN = no trials."""
        trials = state["window_trials"]
        share: Floats = np.divide(state["window_count"], trials, out=np.full(len(trials), np.nan), where=trials > 0)
        return share

    def settling(self, state: State, slots: Array) -> Array:
        """Whether what has stayed surprising is being taken for the new normal, shape (k,) of `slots`."""
        return np.asarray(state["run"][slots] > self.adapt_steps)

    def _keep(self, state: State) -> Floats:
        """Share of the window that the next column leaves."""
        keep: Floats = 0.5 ** (self.step_seconds / state["p_window"].astype(np.float64))
        return keep

    def _usual(self, state: State) -> tuple[Floats, Floats]:
        """Usual share (Jeffreys' prior) and the trials that stand behind it."""
        columns = np.minimum(state["seen"], 1.0 / (1.0 - 0.5 ** (1.0 / self.half_life)))
        known = state["trials"] * columns
        return (state["count"] * columns + 0.5) / (known + 1.0), known

    def _score(self, state: State, share: Floats, known: Floats) -> tuple[Floats, Array]:
        """Surprise of the window, and whether its effect and its trials are enough to tell anybody."""
        trials, count = state["window_trials"], state["window_count"]
        overdispersion = np.maximum(1.0, (state["noise"] + 1e-9) / (state["variance"] + 1e-9))
        # Exponential weights hold (1 + keep) times the trials of a flat window of the same sum.
        width = overdispersion * (1.0 + trials / (known + 1.0)) / (1.0 + self._keep(state))
        effect, direction = count / np.maximum(trials, 1e-12) - share, state["p_direction"]
        up = np.where(effect > 0.0, binomial_upper(count / width, trials / width, share), 0.0)
        down = np.where(effect < 0.0, binomial_lower(count / width, trials / width, share), 0.0)
        both = np.maximum(np.maximum(up, down) - np.log10(2.0), 0.0)
        score = np.where(direction > 0, up, np.where(direction < 0, down, both))
        return score, (np.abs(effect) >= state["p_min_effect"]) & (trials >= state["p_min_trials"])

    def _learn(self, state: State, count: Floats, trials: Floats, share: Floats, score: Floats) -> None:
        usual = np.where(score > 4.5, 0.02, np.where(score > 3.0, 0.2, 1.0))
        base = np.maximum(1.0 - 0.5 ** (1.0 / self.half_life), 1.0 / (state["seen"] + 1.0)) * (trials > 0.0)
        rate = base * usual
        # What becomes normal moves the share; were its noise learnt as fast, the series would seem restless instead.
        moving = np.where(state["run"] > self.adapt_steps, 8.0 * base, rate)
        state["count"] += moving * (count - state["count"])
        state["trials"] += moving * (trials - state["trials"])
        expected = trials * share
        # A burst that passes belongs to the series; from the seventh column on it is a fault and teaches little.
        state["run"][:] = np.where(score > 3.0, state["run"] + 1.0, 0.0)
        # Early on the share is still a guess; its error would pass for overdispersion.
        settled = np.where(state["run"] > 6.0, rate, base) * (state["seen"] >= 20.0)
        variance = expected * (1.0 - share)
        # A fault is no overdispersion: one column may widen the usual noise by four of its sigma, not by its own.
        bound = 16.0 * np.maximum(state["noise"], variance)
        state["noise"] += settled * (np.minimum((count - expected) ** 2, bound) - state["noise"])
        state["variance"] += settled * (variance - state["variance"])
        state["seen"] += trials > 0.0
