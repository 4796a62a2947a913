"""Steps over JSON text: white space, strings without escapes, flat objects of strings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from aiops.decode.kernels.load import Base, byte, trailing_zeros, word

QUOTE, BACKSLASH, COMMA, COLON, NEWLINE = 34, 92, 44, 58, 10
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = 123, 125, 91, 93


@njit(cache=True, forceinline=True)
def skip(buffer: Base, at: int, stop: int) -> int:
    """Return the first position that is no white space."""
    while at < stop and (
        byte(buffer, at) == 32 or byte(buffer, at) == 10 or byte(buffer, at) == 13 or byte(buffer, at) == 9
    ):
        at += 1
    return at


@njit(cache=True, forceinline=True)
def special(found: np.uint64) -> np.uint64:
    """Mark quotes, backslashes and control characters among eight; the lowest mark is exact."""
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    quote = found ^ np.uint64(0x2222222222222222)
    slash = found ^ np.uint64(0x5C5C5C5C5C5C5C5C)
    low = (found - np.uint64(0x2020202020202020)) & ~found
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | low) & tops


@njit(cache=True)
def string(buffer: Base, at: int, stop: int) -> int:
    """Return the position of the closing quote of the string whose opening quote is at `at`.

    -1 = no string, one that does not end, or one with an escape or a control character.
    """
    if at >= stop or byte(buffer, at) != QUOTE:
        return -1
    at += 1
    while at + 8 <= stop:
        marks = special(word(buffer, at))
        if marks:
            at += trailing_zeros(marks) >> 3
            return at if byte(buffer, at) == QUOTE else -1
        at += 8
    while at < stop:
        found = byte(buffer, at)
        if found == QUOTE:
            return at
        if found == BACKSLASH or found < 32:
            return -1
        at += 1
    return -1


@njit(cache=True)
def short(buffer: Base, at: int, size: int, stop: int) -> Any:
    """Return up to eight bytes of [at, at + size) as one word; 0 when it is empty or longer."""
    if size <= 0 or size > 8:
        return np.uint64(0)
    if at + 8 <= stop:
        return word(buffer, at) & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * size))
    found = np.uint64(0)
    for i in range(size):
        found |= np.uint64(byte(buffer, at + i)) << np.uint64(8 * i)
    return found


@njit(cache=True)
def step(buffer: Base, at: int, stop: int, wanted: int) -> int:
    """Return the position after white space, `wanted` and white space; -1 = it is not there."""
    at = skip(buffer, at, stop)
    if at >= stop or byte(buffer, at) != wanted:
        return -1
    return skip(buffer, at + 1, stop)


@njit(cache=True)
def flat_object(buffer: Base, at: int, stop: int) -> int:
    """Return the position after the object at `at` if all its values are plain strings, else -1."""
    at = step(buffer, at, stop, OPEN)
    if at < 0 or at >= stop:
        return -1
    if byte(buffer, at) == CLOSE:
        return at + 1
    while True:
        at = string(buffer, at, stop)
        if at < 0:
            return -1
        at = step(buffer, at + 1, stop, COLON)
        if at < 0:
            return -1
        at = string(buffer, at, stop)
        if at < 0:
            return -1
        at = skip(buffer, at + 1, stop)
        if at >= stop:
            return -1
        if byte(buffer, at) == CLOSE:
            return at + 1
        if byte(buffer, at) != COMMA:
            return -1
        at = skip(buffer, at + 1, stop)


def packed(text: str) -> np.uint64:
    """Return a constant to compare `short` with."""
    return np.uint64(int.from_bytes(text.encode(), "little"))
