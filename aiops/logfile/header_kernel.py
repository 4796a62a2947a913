"""Walking over the head of a log line, step by step; learning a head and using it walk with the same code.

A step takes the place in the line where it begins and gives the place behind what it skipped, or -1 when the line
has nothing of that kind there. Every read is bounded by the line's end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.types import Ints

Bytes = npt.NDArray[np.uint8]

WORD, NAME, NUMBER, COLUMN, SIGN, DASH, BRACKET, TAG, BAR = range(9)
"""One word; a short one that begins with no small letter, as days and months; one with a digit in it; one that more
than one space follows; one without letters and digits; a name and a dash; a pair of brackets; a name and a colon (or
the bracket that closes a place, `main.c:12]`); up to a bar."""
MOST_TAG = 160
"""Bytes of a name."""
MOST_NAME = 5
"""Bytes of a day or a month and the marks around it."""
MOST_GAPS = 3
"""Spaces within a name, as in `host -- root[3001]:` and `host Some Program[12]:`."""
MOST_BRACKET = 400
_LINE, _SPACE, _COLON, _DASH, _BAR = 10, 32, 58, 45, 124
_OPENS, _CLOSES = (40, 91, 123, 60), (41, 93, 125, 62)


@njit(cache=True, error_model="numpy")
def _blank(buffer: Bytes, at: int, end: int) -> int:
    while at < end and buffer[at] <= _SPACE:
        at += 1
    return at


@njit(cache=True, error_model="numpy")
def _word(buffer: Bytes, at: int, end: int, kind: int) -> int:
    start = at
    digits = others = 0
    while at < end and buffer[at] > _SPACE:
        byte = buffer[at]
        digits += 48 <= byte <= 57
        others += 65 <= byte <= 90 or 97 <= byte <= 122 or byte >= 128
        at += 1
    if at == start or (kind == NUMBER and digits == 0) or (kind == SIGN and digits + others > 0):
        return -1
    if kind == NAME and (at - start > MOST_NAME or 97 <= buffer[start] <= 122):
        return -1
    alone = at + 1 >= end or (buffer[at] != 9 and buffer[at + 1] > _SPACE)
    return -1 if kind == COLUMN and alone else at


@njit(cache=True, error_model="numpy")
def _dash(buffer: Bytes, at: int, end: int) -> int:
    for _ in range(MOST_GAPS + 1):
        at = _blank(buffer, at, end)
        start = at
        while at < end and buffer[at] > _SPACE:
            at += 1
        dashes = 0
        for i in range(start, at):
            dashes += buffer[i] == _DASH
        if 0 < dashes == at - start:
            return at
    return -1


@njit(cache=True, error_model="numpy")
def _bracket(buffer: Bytes, at: int, end: int) -> int:
    if at >= end:
        return -1
    opens, closes = buffer[at], np.uint8(0)
    for i in range(4):
        if opens == _OPENS[i]:
            closes = np.uint8(_CLOSES[i])
    depth, end = 0, min(end, at + MOST_BRACKET)
    while closes != 0 and at < end:
        depth += int(buffer[at] == opens) - int(buffer[at] == closes)
        at += 1
        if depth == 0:
            # `[main]:` and `[12],` end with their mark.
            return at + 1 if at < end and (buffer[at] == _COLON or buffer[at] == 44) else at
    return -1


@njit(cache=True, error_model="numpy")
def _tag(buffer: Bytes, at: int, end: int) -> int:
    gaps = depth = 0
    end, last = min(end, at + MOST_TAG), end
    start = at
    while at < end:
        byte = buffer[at]
        depth += int(byte == 91 or byte == 40) - int(byte == 93 or byte == 41)
        if byte == _COLON and depth <= 0 and at > start and (at + 1 == last or buffer[at + 1] <= _SPACE):
            return at + 1
        if byte == 93 and depth < 0:
            return at + 1
        gaps += int(byte <= _SPACE and depth <= 0)
        if gaps > MOST_GAPS:
            return -1
        at += 1
    return -1


@njit(cache=True, error_model="numpy")
def step(buffer: Bytes, at: int, end: int, kind: int) -> int:
    """The place behind one step, -1 when the line has none."""
    if kind == BAR:
        end = min(end, at + MOST_TAG)
        while at < end and buffer[at] != _BAR:
            at += 1
        return at + 1 if at < end else -1
    at = _blank(buffer, at, end)
    if kind == BRACKET:
        return _bracket(buffer, at, end)
    if kind == TAG:
        return _tag(buffer, at, end)
    if kind == DASH:
        return _dash(buffer, at, end)
    return _word(buffer, at, end, kind)


@njit(cache=True, error_model="numpy")
def steps(buffer: Bytes, at: Ints, stop: Ints, kind: int) -> Ints:
    """`step` for many lines: from `at[i]` in a line that ends at `stop[i]`; a place of -1 stays -1."""
    out = np.full(len(at), -1, np.int64)
    for i in range(len(at)):
        if at[i] >= 0:
            out[i] = step(buffer, at[i], stop[i], kind)
    return out


@njit(cache=True, error_model="numpy")
def contents(buffer: Bytes, start: Ints, stop: Ints, kinds: Ints, ends: npt.NDArray[np.bool_]) -> Ints:
    """Where the message of each line begins: behind the last step that is a possible end and that the line has."""
    out = np.empty(len(start), np.int64)
    for i in range(len(start)):
        found = at = start[i]
        for j in range(len(kinds)):
            at = step(buffer, at, stop[i], kinds[j])
            if at < 0:
                break
            if ends[j]:
                found = at
        out[i] = _blank(buffer, found, stop[i])
    return out


@njit(cache=True, error_model="numpy")
def ends(buffer: Bytes) -> Ints:
    """Where the lines of a buffer end; the last one need not have a line end."""
    count = 0
    for byte in buffer:
        count += byte == _LINE
    if len(buffer) > 0 and buffer[-1] != _LINE:
        count += 1
    out, n = np.empty(count, np.int64), 0
    for i in range(len(buffer)):
        if buffer[i] == _LINE:
            out[n] = i
            n += 1
    if n < count:
        out[n] = len(buffer)
    return out
