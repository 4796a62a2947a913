"""Tells counters by observed monotony where neither suffix, type nor metadata said so.

After 20 samples of which half rose and none fell, an unknown series is taken for a counter. If it then
falls, but not to near nothing as a reset would, it was a gauge after all and stays one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aiops.types import Floats, Kind

SAMPLES, RISES, RISING_SHARE = 20, 10, 0.5
RESET_SHARE = 0.5
"""A counter that falls to less than this share of its value was reset; above it, it never was a counter."""
State = dict[str, npt.NDArray[np.float64]]


def init(n: int) -> State:
    """Per slot: samples seen, rises, falls, the last value, and what was found (0 = nothing yet)."""
    return {
        "seen": np.zeros(n),
        "rises": np.zeros(n),
        "falls": np.zeros(n),
        "last": np.full(n, np.nan),
        "found": np.zeros(n),
    }


def observe(state: State, value: Floats, declared: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Learn one column; return the kinds to use, shape (n,): the declared one wins.

    Parameters
    ----------
    value : shape (n,), NaN = no sample.
    declared : shape (n,), `types.Kind`, UNKNOWN where nobody said.
    """
    unknown = declared == Kind.UNKNOWN
    kinds = np.where(unknown & (state["found"] > 0), state["found"].astype(np.int8), declared)
    live = np.flatnonzero(unknown & ~np.isnan(value) & (state["found"] != Kind.GAUGE))
    if not len(live):
        return kinds
    x, last = value[live], state["last"][live]
    state["seen"][live] += 1
    state["rises"][live] += x > last
    fell = x < last
    state["falls"][live] += fell
    state["last"][live] = x
    was_counter = state["found"][live] == Kind.COUNTER
    gauge = fell & (~was_counter | (x > RESET_SHARE * last))
    seen, rises = state["seen"][live], state["rises"][live]
    counter = (seen >= SAMPLES) & (rises >= np.maximum(RISES, RISING_SHARE * seen)) & (state["falls"][live] == 0)
    state["found"][live[counter & ~gauge]] = Kind.COUNTER
    state["found"][live[gauge]] = Kind.GAUGE
    found = state["found"][live].astype(np.int8)
    kinds[live] = np.where(found > 0, found, Kind.UNKNOWN)
    return kinds.astype(np.int8)
