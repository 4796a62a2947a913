"""Steps over protobuf's wire format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from aiops.decode.kernels.load import Base, Int, byte, real, word


@njit(cache=True)
def varint(buffer: Base, at: int, stop: int) -> tuple[int, np.uint64]:
    """Return (position after the varint or -1, value)."""
    if at < stop and byte(buffer, at) < 128:
        return at + 1, np.uint64(byte(buffer, at))
    value, shift = np.uint64(0), 0
    while at < stop and shift < 70:
        found = np.uint64(byte(buffer, at))
        value |= (found & np.uint64(127)) << np.uint64(shift & 63)
        at += 1
        if found < np.uint64(128):
            # The tenth byte holds one bit: more would be lost silently.
            return (at if shift < 63 or found <= np.uint64(1) else -1), value
        shift += 7
    return -1, value


@njit(cache=True)
def field(buffer: Base, at: int, stop: int) -> tuple[Int, int, Int]:
    """Read the field at `at`: (tag with wire type, begin and end of its payload); tag -1 = none that is sound.

    The next field begins at `end`. Groups, which nobody sends, are refused.
    """
    at, tag = varint(buffer, at, stop)
    if at < 0 or tag < np.uint64(8) or tag > np.uint64(0xFFFFFFFF):
        return -1, 0, 0
    kind = np.int64(tag) & 7
    if kind == 2:
        at, size = varint(buffer, at, stop)
        if at < 0 or size > np.uint64(stop - at):
            return -1, 0, 0
        return np.int64(tag), at, at + np.int64(size)
    if kind == 0:
        end, _ = varint(buffer, at, stop)
    else:
        end = at + 8 if kind == 1 else at + 4 if kind == 5 else -1
    if end < 0 or end > stop:
        return -1, 0, 0
    return np.int64(tag), at, end


@njit(cache=True)
def double(buffer: Base, at: int) -> Any:
    """Read eight bytes the caller knows to be there."""
    return real(word(buffer, at))


@njit(cache=True)
def integer(buffer: Base, at: int, end: int) -> Int:
    """Read the varint payload of a field as int64."""
    _, value = varint(buffer, at, end)
    return np.int64(value)
