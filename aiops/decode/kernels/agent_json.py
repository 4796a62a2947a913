"""Scan of the agent's own JSON where it is plain: `metric` objects, alone, in an array or one a line.

A record is taken whole or not at all: any escape, unknown or repeated key, nested value or odd number makes
it "not mine", and nothing of it is written.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from aiops.decode.kernels.columns import SCAN
from aiops.decode.kernels.load import Base, Secret, base, byte, digest
from aiops.decode.kernels.number import number
from aiops.decode.kernels.text import (
    CLOSE,
    CLOSE_LIST,
    COLON,
    COMMA,
    NEWLINE,
    OPEN,
    OPEN_LIST,
    flat_object,
    packed,
    short,
    skip,
    step,
    string,
)  # fmt: skip

TYPE, TIMESTAMP, NAME, LABELS, VALUE, KIND = (1, 2, 4, 8, 16, 32)
NEEDED = TYPE | TIMESTAMP | NAME | VALUE
WIDTH = 6
Extents = tuple[int, int, int, int, int, int]
"""Where name, labels and kind stand; 0, 0 = not there."""

_TYPE, _NAME, _LABELS, _VALUE, _KIND = map(packed, ("type", "name", "labels", "value", "kind"))
_TIMESTAM, _METRIC, _NULL = map(packed, ("timestam", "metric", "null"))


@njit(cache=True)
def _field(buffer: Base, at: int, end: int, stop: int) -> int:
    size = end - at
    if size == 9:
        return TIMESTAMP if short(buffer, at, 8, stop) == _TIMESTAM and byte(buffer, at + 8) == 112 else 0
    found = short(buffer, at, size, stop)
    if found == _NAME:
        return NAME
    if found == _LABELS:
        return LABELS
    if found == _VALUE:
        return VALUE
    if found == _TYPE:
        return TYPE
    return KIND if found == _KIND else 0


@njit(cache=True)
def _value(buffer: Base, at: int, stop: int) -> tuple[int, float]:
    if at + 4 <= stop and short(buffer, at, 4, stop) == _NULL:
        return at + 4, math.nan
    return number(buffer, at, stop)


@njit(cache=True)
def _element(buffer: Base, at: int, stop: int) -> tuple[int, tuple[float, float], Extents]:
    """Read the object at `at`: (position after it or -1 = not mine, (timestamp, value), extents)."""
    seen, timestamp, value = 0, 0.0, 0.0
    name, name_end, labels, labels_end, kind, kind_end = 0, 0, 0, 0, 0, 0
    at = step(buffer, at, stop, OPEN)
    while at >= 0:
        end = string(buffer, at, stop)
        field = _field(buffer, at + 1, end, stop) if end > 0 else 0
        at = step(buffer, end + 1, stop, COLON)
        if field == 0 or seen & field or at < 0:
            break
        seen |= field
        if field == TIMESTAMP:
            at, timestamp = number(buffer, at, stop)
        elif field == VALUE:
            at, value = _value(buffer, at, stop)
        elif field == LABELS:
            labels, labels_end = at, flat_object(buffer, at, stop)
            at = labels_end
        else:
            end = string(buffer, at, stop)
            if end < 0 or (field == TYPE and short(buffer, at + 1, end - at - 1, stop) != _METRIC):
                break
            if field == NAME:
                name, name_end = at, end + 1
            elif field == KIND:
                kind, kind_end = at, end + 1
            at = end + 1
        at = skip(buffer, at, stop)
        if at < 0 or at >= stop:
            break
        if byte(buffer, at) == CLOSE and seen & NEEDED == NEEDED:
            return at + 1, (timestamp, value), (name, name_end, labels, labels_end, kind, kind_end)
        at = step(buffer, at, stop, COMMA)
    return -1, (0.0, 0.0), (0, 0, 0, 0, 0, 0)


@njit(cache=True)
def _key(buffer: Base, secret: Secret, where: Extents) -> tuple[np.uint64, np.uint64]:
    high, low = digest(buffer, where[0], where[1], secret, np.uint64(0), np.uint64(0))
    high, low = digest(buffer, where[2], where[3], secret, high, low)
    return digest(buffer, where[4], where[5], secret, high, low) if where[4] else (high, low)


@njit(cache=True)
def _after(buffer: Base, at: int, stop: int, array: bool) -> int:
    """Return where the next element begins, `stop` when there is none, -1 = not mine."""
    begin = at
    at = skip(buffer, at, stop)
    if array:
        if at < stop and byte(buffer, at) == CLOSE_LIST:
            return stop if skip(buffer, at + 1, stop) == stop else -1
        at = step(buffer, at, stop, COMMA)
        return at if at < stop else -1
    while begin < at and byte(buffer, begin) != NEWLINE:
        begin += 1
    return at if at == stop or begin < at else -1


@njit(SCAN, cache=True)
def scan(data, extents, secret, progress, columns):  # type: ignore[no-untyped-def]
    """Scan records from `progress[0]` on; see `columns`."""
    keys, times, values, records, where = columns
    buffer = base(data)
    for i in range(progress[0], len(extents)):
        used, stop = progress[1], extents[i, 1]
        at = skip(buffer, extents[i, 0], stop)
        array = at < stop and byte(buffer, at) == OPEN_LIST
        at = skip(buffer, at + 1, stop) if array else at
        while at < stop and at >= 0:
            if used == len(keys):
                return
            at, sample, found = _element(buffer, at, stop)
            if at < 0:
                break
            keys[used] = _key(buffer, secret, found)
            times[used], values[used] = sample
            records[used] = extents[i, 2]
            where[used] = found
            used += 1
            at = _after(buffer, at, stop, array)
        extents[i, 3] = 1 if at < 0 or used == progress[1] else 0
        progress[0] = i + 1
        if at >= 0:
            progress[1] = used
