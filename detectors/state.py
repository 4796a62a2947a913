"""What is done to every detector's state alike: make, grow, reset, take, put, snapshot.

Two-dimensional arrays that a step sweeps are Fortran-ordered: one column of memory is one season slot of all series, so
that a step touches a contiguous stretch (measured: 13x faster than the other way round). All functions keep the order
that `init` chose.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.protocol import Array, State, Stateful, Streaming


def parameters(detector: Streaming, n: int) -> State:
    """The detector's per-series parameters at their defaults, as `p_<name>` float32 arrays of shape (n,)."""
    return {f"p_{name}": np.full(n, value, np.float32) for name, value in detector.parameters.items()}


def size(state: State) -> int:
    """Number of slots."""
    return len(next(iter(state.values()))) if state else 0


def check(state: State, x: Array, inputs: int = 1) -> None:
    """Refuse a column that does not fit, before a kernel reads past the end of something.

    Raises
    ------
    ValueError : if `x` is not float64 of shape (n,) or (n, inputs), or the arrays of `state` differ in length.
    """
    n = size(state)
    shape = (n,) if inputs == 1 else (n, inputs)
    if x.shape != shape or x.dtype != np.float64:
        raise ValueError(f"x has shape {x.shape} and type {x.dtype}, state wants float64 of shape {shape}")
    wrong = [name for name, array in state.items() if len(array) != n]
    if wrong:
        raise ValueError(f"arrays of the state differ in length: {', '.join(wrong)}")


def grow(detector: Stateful, state: State, n: int) -> State:
    """A state of `n` slots that begins with `state`; copies everything, so let capacity double.

    Raises
    ------
    ValueError : if `n` is less than there are.
    """
    have = size(state)
    if n < have:
        raise ValueError(f"cannot grow from {have} to {n} slots")
    larger = detector.init(n)
    for name, array in state.items():
        larger[name][:have] = array
    return larger


def reset(detector: Stateful, state: State, slots: Array) -> None:
    """Forget everything about `slots`, parameters included, in place."""
    for name, fresh in detector.init(1).items():
        state[name][slots] = fresh[0]


def take(state: State, slots: Array) -> State:
    """A copy of some slots, in the order asked for."""
    part = {name: array[slots] for name, array in state.items()}
    return {name: np.asfortranarray(array) if state[name].flags.f_contiguous else array for name, array in part.items()}


def put(state: State, slots: Array, part: Mapping[str, Array]) -> None:
    """Write rows back to their slots, in place; arrays that `part` does not hold stay as they are.

    Raises
    ------
    KeyError : if `part` holds an array the state does not have.
    """
    for name, array in part.items():
        state[name][slots] = array


def snapshot(state: State) -> dict[str, Array]:
    """An independent copy, in the same memory order."""
    return {name: array.copy(order="K") for name, array in state.items()}


def restore(detector: Stateful, parts: Mapping[str, Array]) -> State:
    """A state from a snapshot's arrays.

    Raises
    ------
    ValueError : if arrays are missing, unknown, or differ in type or shape from what `init` makes.
    """
    n = size(dict(parts))
    state = detector.init(n)
    if parts.keys() != state.keys():
        raise ValueError(f"{detector.name}: snapshot holds {sorted(parts)}, wanted {sorted(state)}")
    for name, array in state.items():
        part = parts[name]
        if part.shape != array.shape or part.dtype != array.dtype:
            raise ValueError(f"{detector.name}: {name} is {part.dtype}{part.shape}, wanted {array.dtype}{array.shape}")
        array[...] = part
    return state
