"""Which texts look disguised: one pass over the bytes for each kind of disguise, given up as soon as one is found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import Bytes

_RUN, _LONG_RUN = 24, 40
"""Letters and digits on end, a digit among them, and without one: base64, hexadecimals."""
_LEET, _ESCAPES, _SINGLE = 3, 4, 5
"""Words with a digit or sign between letters; percent signs and backslashes; letters that stand alone in a row."""
_NONE, _LOWER, _DIGIT, _WIDE, _SIGN = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy")
def suspects(data: Bytes, bound: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each text in lower case holds something that could be decoded or folded, shape (n,)."""
    out = np.zeros(len(bound) - 1, np.bool_)
    for n in range(len(bound) - 1):
        begin, end = bound[n], bound[n + 1]
        out[n] = _encoded(data, begin, end) or _lettered(data, begin, end) or _foreign(data, begin, end)
    return out


@njit(cache=True, error_model="numpy")
def _kind(byte: int) -> int:
    if 97 <= byte <= 122:
        return _LOWER
    if 48 <= byte <= 57:
        return _DIGIT
    if byte >= 0x80:
        return _WIDE
    # @ $ ! |
    return _SIGN if byte in (64, 36, 33, 124) else _NONE


@njit(cache=True, error_model="numpy")
def _encoded(data: Bytes, begin: int, end: int) -> bool:
    """Long runs of letters and digits, or escapes."""
    run = digits = escapes = 0
    for i in range(begin, end):
        byte = data[i]
        kind = _kind(byte)
        if kind == _LOWER or kind == _DIGIT or byte in (43, 47, 45, 95):
            run += 1
            digits += kind == _DIGIT
            if (run >= _RUN and digits) or run >= _LONG_RUN:
                return True
            continue
        run = digits = 0
        escapes += byte == 37 or byte == 92
        if escapes >= _ESCAPES:
            return True
    return False


@njit(cache=True, error_model="numpy")
def _lettered(data: Bytes, begin: int, end: int) -> bool:
    """Digits and signs for letters, or letters spaced out."""
    leet = single = length = 0
    before = _NONE
    for i in range(begin, end):
        kind = _kind(data[i])
        if (kind == _DIGIT or kind == _SIGN) and before == _LOWER and i + 1 < end:
            leet += _kind(data[i + 1]) == _LOWER
        if kind != _NONE:
            length += 1
        elif length == 1 and before == _LOWER:
            single, length = single + 1, 0
        elif length:
            single = length = 0
        if leet >= _LEET or single >= _SINGLE:
            return True
        before = kind
    return False


@njit(cache=True, error_model="numpy")
def _foreign(data: Bytes, begin: int, end: int) -> bool:
    """Full-width and mathematical letters; letters of another script within a word of Latin ones."""
    latin = other = False
    for i in range(begin, end - 1):
        byte = data[i]
        kind = _kind(byte)
        if (byte == 0xEF and data[i + 1] in (0xBC, 0xBD)) or (byte == 0xF0 and data[i + 1] == 0x9D):
            # Full-width stops are how Chinese is written; letters are not.
            if byte == 0xF0 or (i + 2 < end and _wide_letter(data[i + 1], data[i + 2])):
                return True
        elif byte in (0xC9, 0xCA, 0xE1, 0xEA) or 0xCD <= byte <= 0xD4:
            other = True
        elif kind == _LOWER:
            latin = True
        elif kind == _NONE:
            latin = other = False
        if latin and other:
            return True
    return False


@njit(cache=True, error_model="numpy")
def _wide_letter(second: int, third: int) -> bool:
    return (second == 0xBC and third >= 0xA1 and third <= 0xBA) or (second == 0xBD and third >= 0x81 and third <= 0x9A)
