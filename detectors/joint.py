"""All metrics of one entity (host, service, model) as one: rows that are odd together, and which metrics did it.

Every column is first put in sigmas of its own usual of weeks and of the time of day (`joint_column_kernel`). Windows of
5 and of 30 rows of all columns are then compared with the few windows this entity usually shows
(`joint_window_kernel`), and the row with what its columns usually do together (`joint_covariance_kernel`). What comes
out is an alarm, calibrated by the entity's own past and given once (`joint_kernel`), a shape that stays high while the
oddness lasts, and each column's share in it. It costs some microseconds a row and about 80 kB an entity of 38 columns.

It refuses to take absence for news: a column without a sample fades to its usual, a row without any is no row. It does
not look into the order of the columns, and knows no units.

References
----------
MacQueen (1967), Berkeley Symp. 1:281; Mahalanobis (1936), Proc. Nat. Inst. Sci. India 2:49; Su et al. (2019), KDD, 2828
(an entity as the unit, interpretation by metric).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors import calibrate
from detectors import joint_column_kernel as column
from detectors import joint_kernel as kernel
from detectors import joint_window_kernel as window
from detectors.protocol import Array, Joined, State
from detectors.state import size

LANES = 8
DAY_SECONDS = 86_400.0
ARRAYS = (
    *("columns", "season", "core", "ring", "centres", "weight", "far_ring", "far_centres", "far_weight"),
    *("covariance", "factor", "past", "law"),
)


@dataclass(frozen=True, slots=True)
class Joint:
    """Streaming k-means reconstruction of windows of all columns of an entity, and their covariance.

    Parameters
    ----------
    columns : of an entity, at most; those that an entity does not have are NaN and count for nothing.
    step_seconds : length of a row.
    season_slots : slots of the day, at most; never more than rows a day.
    weights : of the three distances in the shape: short window, long window, columns together. The last is a single
        row's and counts for less.
    fade_rows : rows after which a shape that was is held at half.

    Raises
    ------
    ValueError : without a column, a slot, a length or a weight.
    """

    columns: int
    step_seconds: float = 15.0
    season_slots: int = 96
    weights: tuple[float, float, float] = (1.0, 1.0, 0.5)
    fade_rows: float = 50.0

    name: ClassVar[str] = "joint"

    def __post_init__(self) -> None:
        if self.columns < 1 or self.season_slots < 1 or self.step_seconds <= 0:
            raise ValueError(f"columns and season_slots must be at least 1 and step_seconds positive, not {self}")
        if min(self.weights) < 0.0 or sum(self.weights) == 0.0 or self.fade_rows <= 0.0:
            raise ValueError(f"weights must not be negative, one and fade_rows must be positive, not {self}")

    @property
    def rows_per_day(self) -> float:
        return DAY_SECONDS / self.step_seconds

    @property
    def slots(self) -> int:
        """Season slots held."""
        return max(1, min(self.season_slots, round(self.rows_per_day)))

    def init(self, n: int) -> State:
        past, law = calibrate.fresh(n)
        # Whole vector registers: columns of nothing are cheaper than a rest.
        width = -(-self.columns // LANES) * LANES
        unit = np.tile(np.eye(self.columns), (n, 1, 1))
        state: State = {
            "columns": np.zeros((n, self.columns, len(column.FIELDS))),
            "season": np.zeros((n, self.slots, self.columns), np.float32),
            "core": np.zeros((n, len(kernel.FIELDS))),
            "covariance": unit,
            "factor": unit.copy(),
            "past": past,
            "law": law,
        }
        for prefix, (blocks, stride) in (("", kernel.SHORT), ("far_", kernel.LONG)):
            state[f"{prefix}ring"] = np.zeros((n, 2 * blocks * stride, width), np.float32)
            state[f"{prefix}centres"] = np.zeros((n, window.CENTRES, blocks, width), np.float32)
            state[f"{prefix}weight"] = np.zeros((n, window.CENTRES))
        return state

    def scan(self, state: State, values: Array, at: Array, *, guilt: bool = False) -> Joined:
        """Score rows in order, each before it is learnt.

        Parameters
        ----------
        state : from `init`; modified in place.
        values : shape (rows, n, columns), float64, each column in its own unit; NaN or infinite = no sample.
        at : shape (rows,), int64, number of each row (event time // step).
        guilt : whether to say each column's share.

        Raises
        ------
        ValueError : if `values` does not fit the state.
        """
        wanted = (len(at), size(state), self.columns)
        if values.shape != wanted or values.dtype != np.float64:
            raise ValueError(f"values have shape {values.shape} and type {values.dtype}, wanted float64 of {wanted}")
        out = np.empty(wanted[:2]), np.empty(wanted[:2])
        shares = np.zeros(wanted if guilt else (*wanted[:2], 0), np.float32)
        arrays = tuple(state[name] for name in ARRAYS)
        total = sum(self.weights)
        short, long, together = (weight / total for weight in self.weights)
        ways = (short, long, together, 0.5 ** (1.0 / self.fade_rows))
        kernel.scan(np.require(values, requirements=("C", "W")), self._clocks(at), arrays, ways, (*out, shares))
        return Joined(*out, shares if guilt else None)

    def _clocks(self, at: Array) -> tuple[float, float, Array, Array]:
        """Rows a day, rows a slot, slot of each row and its number in the slot."""
        day = self.rows_per_day
        per_slot = max(day / self.slots, 1.0)
        into = at % day
        slots = np.minimum(into / day * self.slots, self.slots - 1).astype(np.int64)
        return day, per_slot, slots, (into % per_slot).astype(np.int64)
