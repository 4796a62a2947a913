"""Scan of what Prometheus answers to `query_range` and `query`, as Prometheus itself writes it.

Keys in Prometheus' order, nothing but the result (no warnings, no statistics), labels without escapes, no native
histograms; every other answer is "not mine".
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from aiops.decode.kernels.columns import SCAN
from aiops.decode.kernels.load import Base, base, byte, digest
from aiops.decode.kernels.number import number
from aiops.decode.kernels.text import (
    CLOSE,
    CLOSE_LIST,
    COLON,
    COMMA,
    OPEN,
    OPEN_LIST,
    QUOTE,
    flat_object,
    packed,
    short,
    skip,
    step,
    string,
)  # fmt: skip

WIDTH = 2

_STATUS, _SUCCESS, _DATA, _MATRIX, _VECTOR = map(packed, ("status", "success", "data", "matrix", "vector"))
_RESULT, _RESULTTY, _PE, _METRIC, _VALUES, _VALUE = map(
    packed, ("result", "resultTy", "pe", "metric", "values", "value")
)
_NAN, _INFINITE, _PLUS, _MINUS = map(packed, ("NaN", "Inf", "+Inf", "-Inf"))


@njit(cache=True)
def _named(buffer: Base, at: int, stop: int, name: np.uint64) -> int:
    """Return where the value of the key `name` begins, if that key stands at `at`, else -1."""
    end = string(buffer, at, stop) if at >= 0 else -1
    if end < 0 or short(buffer, at + 1, end - at - 1, stop) != name:
        return -1
    return step(buffer, end + 1, stop, COLON)


@njit(cache=True)
def _header(buffer: Base, at: int, stop: int) -> tuple[int, bool]:
    """Return (where the first series begins or the list ends, whether it is a matrix); -1 = not mine."""
    at = _named(buffer, step(buffer, at, stop, OPEN), stop, _STATUS)
    end = string(buffer, at, stop) if at >= 0 else -1
    if end < 0 or short(buffer, at + 1, end - at - 1, stop) != _SUCCESS:
        return -1, False
    at = _named(buffer, step(buffer, end + 1, stop, COMMA), stop, _DATA)
    at = step(buffer, at, stop, OPEN) if at >= 0 else -1
    end = string(buffer, at, stop) if at >= 0 else -1
    if end - at != 11 or short(buffer, at + 1, 8, stop) != _RESULTTY or short(buffer, at + 9, 2, stop) != _PE:
        return -1, False
    at = step(buffer, end + 1, stop, COLON)
    end = string(buffer, at, stop) if at >= 0 else -1
    kind = short(buffer, at + 1, end - at - 1, stop) if end >= 0 else np.uint64(0)
    if kind != _MATRIX and kind != _VECTOR:
        return -1, False
    at = _named(buffer, step(buffer, end + 1, stop, COMMA), stop, _RESULT)
    return (step(buffer, at, stop, OPEN_LIST) if at >= 0 else -1), kind == _MATRIX


@njit(cache=True)
def _quoted(buffer: Base, at: int, stop: int) -> tuple[int, float]:
    """Read `"1.5"`, `"NaN"`, `"+Inf"`: (position after it or -1, value)."""
    if at < 0 or at >= stop or byte(buffer, at) != QUOTE:
        return -1, 0.0
    end, value = number(buffer, at + 1, stop)
    if end >= 0:
        return (end + 1 if end < stop and byte(buffer, end) == QUOTE else -1), value
    end = string(buffer, at, stop)
    said = short(buffer, at + 1, end - at - 1, stop) if end >= 0 else np.uint64(0)
    if said == _NAN:
        return end + 1, math.nan
    if said == _PLUS or said == _INFINITE:
        return end + 1, math.inf
    return (end + 1, -math.inf) if said == _MINUS else (-1, 0.0)


@njit(cache=True)
def _pair(buffer: Base, at: int, stop: int) -> tuple[int, float, float]:
    """Read `[time,"value"]`: (position after it or -1, time, value)."""
    at = step(buffer, at, stop, OPEN_LIST)
    if at < 0:
        return -1, 0.0, 0.0
    at, time = number(buffer, at, stop)
    at = step(buffer, at, stop, COMMA) if at >= 0 else -1
    at, value = _quoted(buffer, at, stop)
    at = skip(buffer, at, stop) if at >= 0 else -1
    return (at + 1 if 0 <= at < stop and byte(buffer, at) == CLOSE_LIST else -1), time, value


@njit(cache=True)
def _series(buffer: Base, at: int, stop: int, matrix: bool) -> tuple[int, int, int]:
    """Return (where the first pair stands, begin and end of the labels); -1 = not mine."""
    labels = _named(buffer, step(buffer, at, stop, OPEN), stop, _METRIC)
    end = flat_object(buffer, labels, stop) if labels >= 0 else -1
    at = step(buffer, end, stop, COMMA) if end >= 0 else -1
    at = _named(buffer, at, stop, _VALUES if matrix else _VALUE)
    if at >= 0 and matrix:
        at = step(buffer, at, stop, OPEN_LIST)
    return at, labels, end


@njit(cache=True)
def _next(buffer: Base, at: int, stop: int, close: int) -> tuple[int, bool]:
    """Return (position after the comma or `close`, whether it was `close`); -1 = neither."""
    at = skip(buffer, at, stop)
    if at >= stop:
        return -1, True
    if byte(buffer, at) == close:
        return at + 1, True
    return step(buffer, at, stop, COMMA), False


@njit(cache=True)
def _ends(buffer: Base, at: int, stop: int) -> bool:
    """Tell whether only the two braces that close an answer are left."""
    at = step(buffer, at, stop, CLOSE)
    return at >= 0 and step(buffer, at, stop, CLOSE) == stop


@njit(SCAN, cache=True)
def scan(data, extents, secret, progress, columns):  # type: ignore[no-untyped-def]
    """Scan answers from `progress[0]` on; see `columns`."""
    keys, times, values, records, where = columns
    buffer = base(data)
    for i in range(progress[0], len(extents)):
        used, stop = progress[1], extents[i, 1]
        at, matrix = _header(buffer, skip(buffer, extents[i, 0], stop), stop)
        done = at >= 0 and at < stop and byte(buffer, at) == CLOSE_LIST
        at = at + 1 if done else at
        while at >= 0 and not done:
            at, labels, labels_end = _series(buffer, at, stop, matrix)
            if at < 0:
                break
            key = digest(buffer, labels, labels_end, secret, np.uint64(3), np.uint64(0))
            last = False
            if matrix and at < stop and byte(buffer, at) == CLOSE_LIST:
                at, last = at + 1, True
            while at >= 0 and not last:
                if used == len(keys):
                    return
                at, times[used], values[used] = _pair(buffer, at, stop)
                keys[used], records[used] = key, extents[i, 2]
                where[used, 0], where[used, 1] = labels, labels_end
                used += 1
                if not matrix:
                    break
                if at >= 0:
                    at, last = _next(buffer, at, stop, CLOSE_LIST)
            at = step(buffer, at, stop, CLOSE) if at >= 0 else -1
            if at >= 0:
                at, done = _next(buffer, at, stop, CLOSE_LIST)
        fine = at >= 0 and _ends(buffer, at, stop)
        extents[i, 3] = 0 if fine else 1
        progress[0] = i + 1
        if fine:
            progress[1] = used
