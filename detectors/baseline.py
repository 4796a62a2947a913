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

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.baseline_kernel import FIELDS, RATES, SHARE, TAIL, step
from detectors.local_time import DAY_SECONDS, seconds_of_day
from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters, put

# A tail somewhat heavier than Student's t with 5 degrees, until a series' own is known.
FRESH = {"excess": 1.0, "ratio": 2.43, "cluster": 0.25, "last": -1e3, "left": -1e9}
EDGE = 3.0
PARAMETERS = ("direction", "floor", "floor_share", "warmup")


def rate(half_life: float) -> float:
    """Weight of the newest sample in an exponential average of that half-life, in samples."""
    return float(1.0 - 0.5 ** (1.0 / max(half_life, 1e-3)))


def _median(values: Floats) -> Floats:
    """Of the samples of each row; NaN where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=1)) if values.shape[1] else np.full(len(values), np.nan)


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

    The tail of a new series is prudent: about a day passes before ten sigma reach 6 at once, unless `learn_history` has
    taught it. A series that never moved has no scale but `floor` and `floor_share`: rules for counts set a floor.
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
        surprise, expected = np.empty(len(x)), np.empty(len(x))
        season = state["season"][:, self.season_slot(at)]
        limits = tuple(state[f"p_{name}"] for name in PARAMETERS)
        column = np.require(x, requirements=("C", "W"))
        series = (column, state["origin"], state["core"].T, season, state["tail"])
        step(series, limits, self._rates(at), (surprise, expected))
        return surprise, expected

    def evidence(self, state: State, slots: Array) -> Floats:
        """Samples that stand behind the surprise of `slots`; inf where a stated floor says what counts."""
        seen = state["core"][slots, FIELDS.index("seen")].astype(np.float64)
        return np.asarray(np.where(state["p_floor"][slots] > 0.0, np.inf, seen))

    def settling(self, state: State, slots: Array) -> Array:
        """Whether what has stayed surprising on one side is being taken for the new normal, shape (k,) of `slots`."""
        return np.asarray(np.abs(state["tail"][slots, TAIL.index("run")]) > self.adapt_steps)

    def seed(self, state: State, slots: Array, level: Array, season: Array, scale: Array, samples: int) -> None:
        """Write what is known from elsewhere (`decompose.py`) into some slots, in place.

        Parameters
        ----------
        level, scale : shape (k,), level at the end and mean absolute error, in the series' unit.
        season : shape (k, slots), around 0; all 0 = none.
        samples : how many stand behind it.
        """
        fresh = self.init(len(slots))
        core = fresh["core"]
        core[:, FIELDS.index("scale")] = scale
        core[:, FIELDS.index("seen")] = samples
        core[:, FIELDS.index("gain")] = np.where(np.any(season != 0.0, axis=1), 0.1, 0.0)
        put(state, slots, {"origin": level, "core": core, "tail": fresh["tail"], "season": season})

    def learn_history(
        self, values: Floats, at: int, stride: int = 1, limits: Mapping[str, Array] | None = None
    ) -> State:
        """What a stretch of the past teaches, to be `put` into the slots of its series.

        The shape of the day is the median over days of each slot, days levelled first, so that one bad day leaves no
        trace. The last day is then gone through as if it came now: scale, tail and gate are what they would be.

        Parameters
        ----------
        values : shape (k, w), oldest first; NaN = no sample. Hand over chunks: it is copied.
        at : column of the first value. stride : columns from one value to the next.
        limits : the series' own `p_<name>` arrays, shape (k,); defaults where absent.

        Returns
        -------
        `origin`, `core`, `tail` and `season` of k slots.
        """
        state = self.init(len(values))
        put(state, np.arange(len(values)), dict(limits or {}))
        columns = at + stride * np.arange(values.shape[1])
        enough = np.isfinite(values).sum(axis=1) >= 2
        days = columns * self.step_seconds // DAY_SECONDS
        if self.season_steps and len(np.unique(days)) >= 3:
            state["season"][:] = np.where(enough[:, None], self._shape(values, columns, days), 0.0)
        last = values[:, -max(2, round(self.columns_per_day / stride)) :]
        seasonal = state["season"][:, [self.season_slot(int(c)) for c in columns[-last.shape[1] :]]]
        state["origin"][:] = np.where(enough, _median(last - seasonal), 0.0)
        first = np.argmax(np.isfinite(last), axis=1)
        begin = last[np.arange(len(last)), first] - state["origin"]
        error = _median(np.abs(last - seasonal - state["origin"][:, None]))
        fields = {
            "level": begin,
            "seasonal": begin - seasonal[np.arange(len(last)), first],
            "scale": 1.18 * error,
            "seen": np.full(len(last), self.columns_per_day + 1.0),
        }
        for field, value in fields.items():
            state["core"][:, FIELDS.index(field)] = np.where(enough & np.isfinite(value), value, 0.0)
        for column, x in zip(columns[-last.shape[1] :], np.ascontiguousarray(last.T), strict=True):
            self.update(state, x, int(column))
        return {name: state[name] for name in ("origin", "core", "tail", "season")}

    def _shape(self, values: Floats, columns: Array, days: Array) -> Floats:
        """The usual day around its own middle, shape (k, slots); 0 where nothing is known."""
        level = np.empty_like(values)
        for day in np.unique(days):
            level[:, days == day] = _median(values[:, days == day])[:, None]
        slots = np.array([self.season_slot(int(column)) for column in columns])
        shape = np.stack([_median((values - level)[:, slots == slot]) for slot in range(self.slots)], axis=1)
        shape = np.where(np.isfinite(shape), shape, 0.0)
        return np.asarray(shape - shape.mean(axis=1, keepdims=True))

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
