"""Counters made comparable: the increase per column of a cumulative series. Not a detector; the same kind of state.

A counter that fell was reset, and what it shows now is what it counted since: no spike, no negative rate, nothing
lost but what was counted between the last sample and the reset. After a gap the increase is spread over the columns it
took, so that the value stays "per column"; after more than `gap` columns it is not told at all.
"""

from __future__ import annotations

import numpy as np

from detectors.protocol import Array, Floats, State

NEVER = np.iinfo(np.int64).min
GAP = 40


def init(n: int) -> State:
    """State of `n` counters never seen."""
    return {"last": np.full(n, np.nan), "at": np.full(n, NEVER, np.int64)}


def increase(state: State, x: Array, at: int, gap: int = GAP) -> Floats:
    """Increase per column up to column `at`.

    Parameters
    ----------
    state : from `init`; modified in place.
    x : shape (n,), cumulative values; NaN or infinite = no sample.
    at : number of the column; not before the last one.
    gap : columns after which the increase is no longer attributed.

    Returns
    -------
    shape (n,): NaN for a first sample, a missing one, one after a gap, or a second one of the same column.

    Raises
    ------
    ValueError : if `x` and `state` differ in length.
    """
    if x.shape != state["last"].shape:
        raise ValueError(f"x has shape {x.shape}, state {state['last'].shape}")
    here = np.isfinite(x)
    passed = np.where(state["at"] == NEVER, 0, at - state["at"])
    with np.errstate(invalid="ignore"):
        grown = np.where(x >= state["last"], x - state["last"], x)
    told = here & (passed > 0) & (passed <= gap) & (grown >= 0.0)
    result = np.where(told, grown / np.maximum(passed, 1), np.nan)
    state["last"][:] = np.where(here, x, state["last"])
    state["at"][:] = np.where(here, at, state["at"])
    return result
