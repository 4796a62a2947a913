"""A robust seasonal baseline: what the next value of a series should be, and how odd it is if it is not.

Two predictors run side by side on every series: the *plain* one (EW level and damped trend) and the *seasonal* one
(EW level of what is left after the usual shape of the day). Whichever has predicted this series better of late is
believed, so a series without a daily shape never pays for having a season. The error is divided by its EW absolute
deviation and placed in the series' own tail: the edge beyond which 2 % of its values lie is tracked, and beyond it
stands a generalised Pareto tail with the series' own mean excess and a shape 0.7 its own, 0.3 times 0.15. Each further
column beyond the edge multiplies p by how rarely this series' own excursions go on, so a step that stays is odder than
a spike. A Gaussian tail would be 11x off on t5 noise and 94x on sparse counts (measured); this one is within about 3x
of nominal at 1e-3.

It refuses three things: to score before `warmup` samples; to let a fault become normal (it learns 5x less while
surprise > 3 and 50x less above 4.5); and to sulk: an error that stays surprising on one side for `adapt_steps` columns
is the new normal, and from then on the level is relearnt within about 40 columns. A series that goes back within 12
times as long to the level it had left finds it known: that is relearnt without waiting.

References
----------
Holt (1957), ONR 52; Pickands (1975), Ann. Statist. 3:119; Robbins and Monro (1951), Ann. Math. Statist. 22:400.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.baseline_kernel import FIELDS, RATES, SHARE, TAIL, step
from detectors.local_time import DAY_SECONDS, day_number, seconds_of_day
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters

# A tail somewhat heavier than Student's t with 5 degrees, until a series' own is known.
FRESH = {"excess": 1.0, "ratio": 2.43, "cluster": 0.25, "last": -1e3, "left": -1e9}
EDGE = 3.0
PARAMETERS = ("direction", "floor", "floor_share", "warmup")
RENUMBER_AT, RENUMBER_EVERY = 8e6, 4_096
"""Samples from which a series counts anew from half as many, before float32 and `MANY` end; looked at so often."""


def rate(half_life: float) -> float:
    """Weight of the newest sample in an exponential average of that half-life, in samples."""
    return float(1.0 - 0.5 ** (1.0 / max(half_life, 1e-3)))


@dataclass(frozen=True, slots=True)
class Baseline:
    """Level, damped trend, season of the day, scale, tail.

    Parameters
    ----------
    step_seconds : length of a column.
    season_steps : slots of the day, 288 at most; 0 = no season.
    level_half_life, scale_half_life, tail_half_life : in columns.
    adapt_steps : columns for which an error must stay surprising on one side to be the new normal.
    timezone : whose clock the shape of the day follows, through summer time.

    Parameters per series: `direction` (1 = only upward, -1 = only downward, 0 = both), `floor` (smallest scale that
    counts, in the series' unit), `floor_share` (the same as a share of |expected|), `warmup` (samples).

    The tail of a new series is prudent: about a day passes before ten sigma reach 6 at once. A series that never moved
    has no scale but `floor` and `floor_share`: rules for counts set a floor.
    """

    step_seconds: float = 15.0
    season_steps: int = 288
    level_half_life: float = 60.0
    scale_half_life: float = 2_000.0
    tail_half_life: float = 5_000.0
    adapt_steps: int = 480
    timezone: str = "UTC"

    name: ClassVar[str] = "baseline"
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"direction": 0.0, "floor": 0.0, "floor_share": 0.001, "warmup": 120.0}

    def __post_init__(self) -> None:
        if not 0 <= self.season_steps <= 288 or self.step_seconds <= 0:
            raise ValueError(f"season_steps must be 0 to 288 and step_seconds positive, not {self}")

    @property
    def slots(self) -> int:
        """Season slots held: never more than columns a day."""
        return max(1, min(self.season_steps, round(self.columns_per_day)))

    @property
    def columns_per_day(self) -> float:
        return DAY_SECONDS / self.step_seconds

    def season_slot(self, at: int) -> int:
        """The slot of the local day in which column `at` lies."""
        return int(seconds_of_day(at * self.step_seconds, self.timezone) / DAY_SECONDS * self.slots) % self.slots

    def day(self, at: int) -> int:
        """Number of the local day in which column `at` lies."""
        return day_number(at * self.step_seconds, self.timezone)

    def init(self, n: int) -> State:
        core = np.zeros((n, len(FIELDS)), np.float32, order="F")
        core[:, FIELDS.index("inside")] = 1.0 / EDGE
        # What the sparse pass needs of a series lies in one cache line, hence the other order.
        tail = np.zeros((n, len(TAIL)), np.float32)
        for field, value in FRESH.items():
            tail[:, TAIL.index(field)] = value
        # Filled, not merely reserved: a page first touched inside a step costs seven times the step.
        season = np.full((n, self.slots), 0.0, np.float32, order="F")
        limits = parameters(self, n)
        return {"origin": np.zeros(n), "core": core, "tail": tail, "season": season, **limits}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Score one column against both predictors, then learn it.

        Returns
        -------
        surprise (NaN for a missing sample and until `warmup` samples were seen) and expected, shape (n,).
        """
        check(state, x)
        if at % RENUMBER_EVERY == 0:
            self._renumber(state)
        surprise, expected = np.empty(len(x)), np.empty(len(x))
        season = state["season"][:, self.season_slot(at)]
        limits = tuple(state[f"p_{name}"] for name in PARAMETERS)
        column = np.require(x, requirements=("C", "W"))
        series = (column, state["origin"], state["core"].T, season, state["tail"])
        step(series, limits, self._rates(at), (surprise, expected))
        return surprise, expected

    def _renumber(self, state: State) -> None:
        """Let old series count from less: once the count stood still, every gap would look like none."""
        seen = state["core"][:, FIELDS.index("seen")]
        old = np.flatnonzero(seen >= np.float32(RENUMBER_AT))
        if len(old):
            seen[old] -= np.float32(RENUMBER_AT / 2)
            for field in ("last", "left"):
                state["tail"][old, TAIL.index(field)] -= np.float32(RENUMBER_AT / 2)

    def evidence(self, state: State, slots: Array) -> Floats:
        """Samples that stand behind the surprise of `slots`; inf where a stated floor says what counts."""
        seen = state["core"][slots, FIELDS.index("seen")].astype(np.float64)
        return np.asarray(np.where(state["p_floor"][slots] > 0.0, np.inf, seen))

    def settling(self, state: State, slots: Array) -> Array:
        """Whether what has stayed surprising on one side is being taken for the new normal, shape (k,) of `slots`."""
        return np.asarray(np.abs(state["tail"][slots, TAIL.index("run")]) > self.adapt_steps)

    def hasten(self, state: State, slots: Array, times: int) -> None:
        """Let the column just learnt count several times towards the new normal where it surprised, in place."""
        tail, seen = state["tail"][slots], state["core"][slots, FIELDS.index("seen")]
        run = tail[:, TAIL.index("run")]
        lasts = (tail[:, TAIL.index("last")] == seen - 1.0) & (np.abs(run) >= 1.0)
        # Not beyond: the column that makes it normal has the level to remember.
        further = np.sign(run) * np.minimum(np.abs(run) + times - 1.0, self.adapt_steps)
        hastened = np.where(lasts & (np.abs(run) < self.adapt_steps), further, run)
        state["tail"][slots, TAIL.index("run")] = hastened

    def begin_with(self, state: State, slots: Array, season: Floats, at: int) -> None:
        """Put another shape of the day, from `season.py`, in the place of what was learnt; in place, at column `at`.

        Parameters
        ----------
        season : shape (k, slots), around 0.
        """
        hour = [self.season_slot(at - round(back * 300.0 / self.step_seconds)) for back in range(12)]
        moved = (state["season"][slots][:, hour] - season[:, hour]).mean(axis=1)
        # What the shape no longer explains of the last hour belongs to the level.
        state["core"][slots, FIELDS.index("seasonal")] += moved.astype(np.float32)
        state["season"][slots] = season

    def _rates(self, at: int) -> Array:
        per_slot = max(1.0, self.columns_per_day / self.slots)
        within_slot = seconds_of_day(at * self.step_seconds, self.timezone) % (DAY_SECONDS / self.slots)
        within = int(within_slot / self.step_seconds)
        seasonal = self.season_steps > 0
        day = self.columns_per_day if seasonal else np.inf
        level = rate(self.level_half_life)
        rates = {
            "level": level,
            "trend": level * 0.05,
            "damp": 0.01,
            "mean": rate(self.columns_per_day),
            "season": rate(2.0 * per_slot),  # learnt by half in two days
            "scale": rate(self.scale_half_life),
            "gain": rate(0.5 * self.columns_per_day),
            "adapt_steps": self.adapt_steps,
            "adapt": 0.125,
            "first": 1.0 / (1.0 + within),
            "edge": 0.03,
            "excess": rate(SHARE * self.tail_half_life),
            "day": day,
        }
        return np.array([rates[name] for name in RATES], np.float32)
