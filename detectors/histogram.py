"""A histogram against its own past: has the distribution moved, and has the quantile that matters moved with it?

Buckets are counts of a distribution. The recent ones (one to two windows of columns, flat: of a decaying sum few counts
have no known tail) are compared with a slow reference at every bound: the share above it is a binomial, so the largest
of these tails is a one-sided Kolmogorov-Smirnov test that is exact for few counts (Berk and Jones). It pays for the
number of bounds it looked at, and each bound is as wide as it proved to be: overdispersion is measured on windows, so
that a mix of requests that wanders by the hour widens it.

Significant is not yet important: nothing is said unless the recent quantile lies outside what is usual with its whole
error bar, which holds the sampling error and, because nobody knows where in a bucket a value lies, the whole bucket.

References
----------
Berk and Jones (1979), Zeitschrift fuer Wahrscheinlichkeitstheorie 47:47.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.bucket import BUCKETS, Quantile, above, cuts, quantile
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import binomial_lower, binomial_upper

WIDE = ("current", "previous", "usual", "noise", "variance", "bounds")
NARROW = ("seen", "run", "recent", "low", "high")
Z = 1.96
FAINT = 1.5
"""Below so many sigma a tail is not worth its incomplete beta function."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Surprise of a distribution. `x` has shape (n, 2 x BUCKETS): counts, then upper bounds (`bucket`).

    Parameters
    ----------
    step_seconds : length of a column.
    half_life : columns after which the reference has forgotten half.

    Parameters per series: `quantile` that must have moved (0 = any shift counts, the median is shown), `direction` (1
    upward, -1 downward, 0 both), `min_effect` (how much, as a share of the usual quantile), `min_trials` (in the
    window), `window` (seconds; one to two of them are looked at), `warmup` (columns with counts). `expected` is the
    usual quantile.
    """

    step_seconds: float = 15.0
    half_life: float = 2_880.0

    name: ClassVar[str] = "histogram"
    inputs: ClassVar[int] = 2 * BUCKETS
    parameters: ClassVar[Mapping[str, float]] = {
        "quantile": 0.95,
        "direction": 1.0,
        "min_effect": 0.5,
        "min_trials": 20.0,
        "window": 45.0,
        "warmup": 120.0,
    }
    estimate_unit: ClassVar[str] = ""

    def init(self, n: int) -> State:
        wide = {field: np.zeros((n, BUCKETS)) for field in WIDE}
        return {**wide, **{field: np.zeros(n) for field in NARROW}, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score the window that ends here against the reference, then learn the column.

        A histogram whose bounds change is a new one.
        """
        check(state, x, self.inputs)
        here = np.asarray(np.isfinite(x).all(axis=1))
        self._lay(state, x[:, BUCKETS:], here)
        counts = np.where(here[:, None], np.maximum(x[:, :BUCKETS], 0.0), 0.0)
        window = self._window(state, counts, at)
        share, known = self._usual(state)
        width = self._width(state, window, known)
        score = self._score(state, window, share, width)
        usual, moved = self._moved(state, window, width)
        enough = window.sum(axis=1) >= state["p_min_trials"]
        ready = here & (state["seen"] >= state["p_warmup"])
        told = np.where(moved & enough, score, 0.0)
        self._learn(state, (counts, window), share, np.where(ready, told, 0.0))
        return np.where(ready, told, np.nan), np.where(state["seen"] > 1.0, usual, np.nan)

    def judged(self, state: State) -> Floats:
        """The quantile of the window that was scored last, shape (n,); NaN = no counts."""
        return np.asarray(state["recent"])

    def estimate(self, state: State) -> tuple[Floats, Floats, Floats]:
        """The same with its 95 % interval: sampling error and width of buckets; inf = nobody knows how high."""
        return state["recent"], state["low"], state["high"]

    def _lay(self, state: State, bounds: Floats, here: Array) -> None:
        changed = here & (bounds != state["bounds"]).any(axis=1)
        if changed.any():
            for field in (*WIDE, *NARROW):
                state[field][changed] = 0.0
            state["bounds"][changed] = bounds[changed]

    def _window(self, state: State, counts: Floats, at: int) -> Floats:
        """Add the column; return what the last one to two windows hold, shape (n, BUCKETS)."""
        columns = np.maximum(np.round(state["p_window"].astype(np.float64) / self.step_seconds), 1.0)
        turn = at % columns == 0.0
        state["previous"][turn] = state["current"][turn]
        state["current"][turn] = 0.0
        state["current"] += counts
        return np.asarray(state["previous"] + state["current"])

    def _usual(self, state: State) -> tuple[Floats, Floats]:
        """Usual share above each bound (Jeffreys' prior), shape (n, BUCKETS), and the counts that stand behind it."""
        columns = np.minimum(state["seen"], 1.0 / (1.0 - 0.5 ** (1.0 / self.half_life)))
        known = state["usual"].sum(axis=1) * columns
        return (above(state["usual"]) * columns[:, None] + 0.5) / (known[:, None] + 1.0), known

    def _width(self, state: State, window: Floats, known: Floats) -> Floats:
        """How many recent counts are worth one, at each bound."""
        dispersion = np.maximum(1.0, (state["noise"] + 0.25) / (state["variance"] + 0.25))
        return np.asarray(dispersion * (1.0 + window.sum(axis=1) / (known + 1.0))[:, None])

    def _score(self, state: State, window: Floats, share: Floats, width: Floats) -> Floats:
        count, trials = above(window), window.sum(axis=1)[:, None]
        effect = count - trials * share
        sigma = np.sqrt(np.maximum(trials * share * (1.0 - share) * width, 1e-12))
        direction = state["p_direction"][:, None]
        likely = (np.abs(effect) < FAINT * sigma) | (effect * direction < 0.0) | (effect == 0.0)
        rows, bounds = np.nonzero(~likely)
        worth, p = width[rows, bounds], share[rows, bounds]
        # Half a count less: the middle of the step that a discrete tail is (mid-p).
        c, t = count[rows, bounds] / worth, trials[rows, 0] / worth
        up = effect[rows, bounds] > 0.0
        tails = np.where(up, binomial_upper(c + 0.5, t, p), binomial_lower(np.maximum(c - 0.5, 0.0), t, p))
        score = np.zeros(len(count))
        np.maximum.at(score, rows, tails)
        sides = np.where(state["p_direction"] == 0.0, 2.0, 1.0)
        return np.maximum(score - np.log10(sides * cuts(share)), 0.0)

    def _moved(self, state: State, window: Floats, width: Floats) -> tuple[Floats, Array]:
        """The usual quantile, and whether the recent one is elsewhere with its whole error bar."""
        asked = state["p_quantile"].astype(np.float64)
        q = np.where(asked > 0.0, asked, 0.5)
        usual = quantile(state["usual"], state["bounds"], q, np.zeros(len(q)))
        trials = np.maximum(window.sum(axis=1) / width[np.arange(len(q)), usual.bucket], 1e-12)
        recent = quantile(window, state["bounds"], q, Z * np.sqrt(q * (1.0 - q) / trials))
        for field, value in zip(("recent", "low", "high"), (recent.value, recent.low, recent.high), strict=True):
            state[field][:] = value
        return usual.value, (asked <= 0.0) | self._elsewhere(state, usual.value, recent)

    def _elsewhere(self, state: State, usual: Floats, recent: Quantile) -> Array:
        effect, direction = 1.0 + state["p_min_effect"].astype(np.float64), state["p_direction"]
        up = (recent.low >= usual) & (recent.value >= effect * usual)
        down = (recent.high <= usual) & (recent.value <= usual / effect)
        return np.asarray((up & (direction >= 0.0)) | (down & (direction <= 0.0)))

    def _learn(self, state: State, seen: tuple[Floats, Floats], share: Floats, score: Floats) -> None:
        counts, window = seen
        usual = np.where(score > 4.5, 0.02, np.where(score > 3.0, 0.2, 1.0))
        some = counts.sum(axis=1) > 0.0
        base = np.maximum(1.0 - 0.5 ** (1.0 / self.half_life), 1.0 / (state["seen"] + 1.0)) * some
        state["usual"] += (base * usual)[:, None] * (counts - state["usual"])
        # A burst that passes belongs to the series; from the seventh column on it is a fault and teaches little.
        state["run"][:] = np.where(score > 3.0, state["run"] + 1.0, 0.0)
        settled = np.where(state["run"] > 6.0, base * usual, base) * (state["seen"] >= 20.0)
        trials = window.sum(axis=1)[:, None]
        variance = trials * share * (1.0 - share)
        bound = 16.0 * np.maximum(state["noise"], variance)
        noise = np.minimum((above(window) - trials * share) ** 2, bound)
        state["noise"] += settled[:, None] * (noise - state["noise"])
        state["variance"] += settled[:, None] * (variance - state["variance"])
        state["seen"] += some
