"""Open addressing from a 128-bit key to a slot.

Linear probing at a load of at most one half. The keys are already uniform (they come out of a keyed
hash), so the low bits are the bucket. A value of -2 marks an empty bucket.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.decode.kernels.load import Int

Keys = npt.NDArray[np.uint64]
Values = npt.NDArray[np.int32]
EMPTY = np.int32(-2)


@njit("int64(uint64[:,::1], int32[::1], uint64, uint64)", cache=True)
def _bucket(keys: Keys, values: Values, high: np.uint64, low: np.uint64) -> Int:
    mask = len(values) - 1
    at = np.int64(low & np.uint64(mask))
    while values[at] != EMPTY and (keys[at, 0] != high or keys[at, 1] != low):
        at = (at + 1) & mask
    return at


@njit("void(uint64[:,::1], int32[::1], uint64[:,::1], int32[::1])", cache=True)
def find(keys: Keys, values: Values, wanted: Keys, out: Values) -> None:
    """Write the value of each wanted key to `out`; -2 = not there."""
    for i in range(len(wanted)):
        out[i] = values[_bucket(keys, values, wanted[i, 0], wanted[i, 1])]


@njit("int64(uint64[:,::1], int32[::1], uint64, uint64, int32)", cache=True)
def put(keys: Keys, values: Values, high: np.uint64, low: np.uint64, value: np.int32) -> int:
    """Set one key; the table must have room. Returns 1 when the key is new."""
    at = _bucket(keys, values, high, low)
    new = values[at] == EMPTY
    keys[at, 0], keys[at, 1], values[at] = high, low, value
    return 1 if new else 0


@njit("int64(uint64[:,::1], int32[::1], uint64[:,::1], int32[::1])", cache=True)
def refill(old_keys: Keys, old_values: Values, keys: Keys, values: Values) -> int:
    """Move all entries into an empty, larger table; returns how many."""
    used = 0
    for i in range(len(old_values)):
        if old_values[i] != EMPTY:
            used += put(keys, values, old_keys[i, 0], old_keys[i, 1], old_values[i])
    return used
