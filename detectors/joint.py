"""All metrics of one entity (host, service, model) as one: rows that are odd together, and which metrics did it.

Every column is first put in sigmas of its own usual of weeks (`joint_column_kernel`); windows of 5 and of 30 rows of
all columns are then compared with the few windows this entity usually shows (`joint_window_kernel`). What comes out is
an alarm, calibrated by the entity's own past and given once (`joint_kernel`), a shape that stays high while the oddness
lasts, and each column's share in it. It costs about 5 microseconds a row of 38 columns and 60 kB an entity.

It refuses to take absence for news: a column without a sample fades to its usual, a row without any is no row. It does
not look into the order of the columns, and knows no units.

References
----------
MacQueen (1967), Berkeley Symp. 1:281; Su et al. (2019), KDD, 2828 (entity-level detection, interpretation by metric).
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
ARRAYS = ("columns", "core", "ring", "centres", "weight", "far_centres", "far_weight", "past", "law")


@dataclass(frozen=True, slots=True)
class Joint:
    """Streaming k-means reconstruction of windows of all columns of an entity.

    Parameters
    ----------
    columns : of an entity, at most; those that an entity does not have are NaN and count for nothing.

    Raises
    ------
    ValueError : without a column.
    """

    columns: int

    name: ClassVar[str] = "joint"

    def __post_init__(self) -> None:
        if self.columns < 1:
            raise ValueError(f"columns must be at least 1, not {self.columns}")

    def init(self, n: int) -> State:
        past, law = calibrate.fresh(n)
        # Whole vector registers: columns of nothing are cheaper than a rest.
        width = -(-self.columns // LANES) * LANES
        short, long = kernel.SHORT[0], kernel.LONG[0]
        return {
            "columns": np.zeros((n, self.columns, len(column.FIELDS))),
            "core": np.zeros((n, len(kernel.FIELDS))),
            "ring": np.zeros((n, 2 * kernel.RING, width), np.float32),
            "centres": np.zeros((n, window.CENTRES, short, width), np.float32),
            "weight": np.zeros((n, window.CENTRES)),
            "far_centres": np.zeros((n, window.CENTRES, long, width), np.float32),
            "far_weight": np.zeros((n, window.CENTRES)),
            "past": past,
            "law": law,
        }

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
        surprise, shape = np.empty(values.shape[:2]), np.empty(values.shape[:2])
        shares = np.zeros(values.shape if guilt else (1, *wanted[1:]), np.float32)
        arrays = tuple(state[name] for name in ARRAYS)
        kernel.scan(np.require(values, requirements=("C", "W")), arrays, surprise, shape, shares)
        return Joined(surprise, shape, shares if guilt else None)
