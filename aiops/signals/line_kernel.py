"""A log line as words and gaps, and the hash of it with its variables masked.

A line is words and gaps. A *word* is a run of letters, digits, `_ - . / + ~ \\ @ %`-like bytes and all of
UTF-8 beyond ASCII; everything else (spaces, control bytes, punctuation) is the *gap* before the next word.
A word is *variable* by its class alone: numbers, versions, addresses, identifiers, hex, paths, host:port.

Every read is bounded by the buffer's length; what a hostile line can do is to end up in a wrong template.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Truth = bool | np.bool_
Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32]

MAX_BYTES = 4000
"""Bytes of a line that are looked at; below 4096, so that the counters of a word cannot overflow."""
MAX_TOKENS = 64
"""Tokens of a line; the rest of it is one variable."""
VARIABLE = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
START = np.uint64(0xCBF29CE484222325)

# Columns of `text`: start of the gap, start of the word, its end (all in `texts`), whether it is `<*>`.
GAP, BEGIN, END, ANY = range(4)
SPACE, _COLON, _DOT, _SLASH = np.uint8(32), np.uint8(58), np.uint8(46), np.uint8(47)

# A word byte adds to one 12-bit counter: digits, a-f, other letters, slashes, dots (the rest: bit 60).
_DIGIT, _HEX, _LETTER, _PATH, _POINT = 0, 12, 24, 36, 48


def _word_bytes() -> Hashes:
    """What a byte adds to its word's counters; 0 = not a word byte."""
    table = np.zeros(256, np.uint64)
    table[128:] = 1 << _LETTER
    for low, high, shift in ((b"0", b"9", _DIGIT), (b"a", b"z", _LETTER), (b"A", b"Z", _LETTER),
                             (b"a", b"f", _HEX), (b"A", b"F", _HEX)):  # fmt: skip
        table[low[0] : high[0] + 1] = 1 << shift
    for byte in b"_-+~@$":
        table[byte] = 1 << 60
    table[ord("/")] = table[ord("\\")] = 1 << _PATH
    table[ord(".")] = 1 << _POINT
    return table


WORD = _word_bytes()
_FIELD = np.uint64(0xFFF)


@njit(inline="always")
def mix(a: np.uint64, b: np.uint64) -> np.uint64:
    h = (a ^ b) * _MIX
    return h ^ (h >> np.uint64(29))


@njit(inline="always")
def _is_digit(byte: np.uint8) -> Truth:
    return np.uint8(48) <= byte <= np.uint8(57)


@njit(inline="always")
def _variable(buffer: Bytes, start: int, stop: int, end: int, counts: np.uint64) -> Truth:
    """Whether the word `buffer[start:stop]` is a variable; `end` is the end of the line."""
    digits = counts & _FIELD
    if digits >= 2:
        return True
    first = buffer[start]
    if digits == 1 and (_is_digit(first) or stop - start <= 2 or
                        (stop - start <= 3 and not (counts >> np.uint64(_LETTER)) & _FIELD)):
        return True
    if first == _SLASH and ((counts >> np.uint64(_PATH)) & _FIELD) >= 2:
        return True
    letters = (counts >> np.uint64(_LETTER)) & _FIELD
    if letters == 0 and ((counts >> np.uint64(_HEX)) & _FIELD) >= 8:
        return True
    points = (counts >> np.uint64(_POINT)) & _FIELD
    return points >= 1 and stop + 1 < end and buffer[stop] == _COLON and _is_digit(buffer[stop + 1])


@njit(cache=True)
def masked_hash(buffer: Bytes, start: int, end: int, word: Hashes) -> np.uint64:
    """Hash of the line with its variables masked and spaces collapsed."""
    h = START
    i = start
    while i < end:
        counts = word[buffer[i]]
        if counts == 0:
            byte = buffer[i]
            i += 1
            if byte > SPACE:
                h = (h ^ np.uint64(byte)) * _PRIME
                continue
            while i < end and buffer[i] <= SPACE:
                i += 1
            if i < end:
                h = (h ^ np.uint64(32)) * _PRIME
            continue
        begin = i
        t = (START ^ np.uint64(buffer[i])) * _PRIME
        i += 1
        while i < end:
            more = word[buffer[i]]
            if more == 0:
                break
            counts += more
            t = (t ^ np.uint64(buffer[i])) * _PRIME
            i += 1
        if _variable(buffer, begin, i, end, counts):
            # The full stop of a sentence is no part of its last number.
            t = VARIABLE + np.uint64(buffer[i - 1] == _DOT)
        h = mix(h, t)
    h ^= h >> np.uint64(32)
    return h | np.uint64(1)


@njit(inline="always")
def _gap_hash(buffer: Bytes, start: int, stop: int) -> np.uint64:
    """Hash of what stands between two words, runs of spaces taken as one."""
    g = START
    for i in range(start, stop):
        if buffer[i] > SPACE:
            g = (g ^ np.uint64(buffer[i])) * _PRIME
        elif i + 1 == stop or buffer[i + 1] > SPACE:
            g = (g ^ np.uint64(32)) * _PRIME
    return g


@njit(cache=True)
def cut(buffer: Bytes, start: int, end: int, word: Hashes, tokens: Hashes, bounds: Places) -> int:
    """Cut a line into tokens; returns their number.

    `tokens[i]` is the hash of gap and word; `bounds[i]` = (gap start, word start, word stop, variable).
    What follows the last word is a token with an empty word.
    """
    n = 0
    while start < end and buffer[start] <= SPACE:
        start += 1
    while start < end and buffer[end - 1] <= SPACE:
        end -= 1
    gap = i = start
    while gap < end:
        while i < end and word[buffer[i]] == 0:
            i += 1
        begin = i
        counts = np.uint64(0)
        t = START
        while i < end and word[buffer[i]] != 0:
            counts += word[buffer[i]]
            t = (t ^ np.uint64(buffer[i])) * _PRIME
            i += 1
        variable = False
        stop = i
        if begin < i:
            variable = _variable(buffer, begin, i, end, counts)
            # The full stop of a sentence is no part of its last word.
            if variable and buffer[i - 1] == _DOT:
                stop = i - 1
        if n == MAX_TOKENS - 1 and i < end:
            variable, stop = True, end
        tokens[n] = mix(_gap_hash(buffer, gap, begin), VARIABLE if variable else t) | np.uint64(1)
        bounds[n, GAP], bounds[n, BEGIN], bounds[n, END], bounds[n, ANY] = gap, begin, stop, variable
        n += 1
        gap = stop
        if n == MAX_TOKENS:
            break
    return n


