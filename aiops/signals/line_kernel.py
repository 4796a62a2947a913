"""A log line as words and gaps, and the hash of it with its variables masked.

A *word* is a run of letters, digits, `_ - . / \\ + ~ @ $` and all of UTF-8 beyond ASCII; everything else (spaces,
control bytes, punctuation) is the *gap* before the next word. A word is *variable* by its class alone: numbers,
versions, addresses, identifiers, hexadecimals, paths, hosts with a port, days and months.

Every read is bounded by the buffer's length; what a hostile line can do is to end up in a wrong template.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Truth = bool | np.bool_
Index = np.uint64
Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32]

MAX_BYTES = 4000
"""Bytes of a line that are looked at; below 4096, so that the counters of a word cannot overflow."""
MAX_TOKENS = 64
"""Tokens of a line; the rest of it is one variable."""
GAP_WIDTH = np.uint64(16)
GAP_BITS = np.uint64(0xFFFF_0000_0000_0000)
VARIABLE = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
START = np.uint64(0xCBF29CE484222325)

# Columns of `text` and `bounds`: start of the gap, start of the word, its end, kind of the word.
GAP, BEGIN, END, KIND = range(4)
PLAIN, ANY, MIXED, STATE = range(4)
"""Letters only; variable; letters and something else, so rather a name than a word of the message; a word that says
what is done or what state something is in, so rather one of the message than a name."""
_ONE, _REST = np.uint64(1), np.uint64(63)
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
    table[ord("_")] = 1 << _LETTER
    for byte in b"-+~@$":
        table[byte] = 1 << 60
    table[ord("/")] = table[ord("\\")] = 1 << _PATH
    table[ord(".")] = 1 << _POINT
    return table


def _calendar() -> Hashes:
    """Days and months as written in dates, 3 bytes each as one number."""
    names = "MonTueWedThuFriSatSunJanFebMarAprMayJunJulAugSepOctNovDec"
    return np.array([int.from_bytes(names[i : i + 3].encode(), "big") for i in range(0, len(names), 3)], np.uint64)


def _scattered() -> Hashes:
    """A random number for each byte, the same everywhere (splitmix64), for Cohen's cyclic hash (1997)."""
    z = np.arange(1, 257, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


TABLES = (_word_bytes(), _scattered())


def word_hash(word: bytes) -> int:
    """The lower bits of the token that `cut` makes of a word that is not variable."""
    full, t = (1 << 64) - 1, int(START)
    for byte in word:
        t = ((t << 1 | t >> 63) & full) ^ int(TABLES[1][byte])
    h = (((t + len(word)) & full) ^ int(START)) * int(_MIX) & full
    return (h ^ h >> 29) >> int(GAP_WIDTH) | 1


CALENDAR = _calendar()
_FIELD = np.uint64(0xFFF)
_LETTERS = np.uint64(_LETTER)
_NOT_LETTERS = ~((_FIELD << np.uint64(_HEX)) | (_FIELD << np.uint64(_LETTER)))
_UNUSUAL = _FIELD | (_FIELD << np.uint64(_PATH)) | (_FIELD << np.uint64(_POINT))


@njit(inline="always")
def mix(a: np.uint64, b: np.uint64) -> np.uint64:
    h = (a ^ b) * _MIX
    return h ^ (h >> np.uint64(29))


@njit(inline="always")
def _is_digit(byte: np.uint8) -> Truth:
    return np.uint8(48) <= byte <= np.uint8(57)


# Indices are unsigned below, or each access would first ask whether it counts from the end.
@njit(inline="always")
def _hexadecimal(buffer: Bytes, start: Index, stop: Index, end: Index, letters: np.uint64) -> Truth:
    """Whether a word of the letters a to f alone is a number: a long one, or one byte of an address."""
    if letters >= 8:
        return True
    if letters != 2 or stop - start != 2:
        return False
    after = stop + _ONE < end and buffer[stop] == _COLON and buffer[stop + _ONE] > SPACE
    return after or (start >= 2 and buffer[start - _ONE] == _COLON and buffer[start - _ONE - _ONE] > SPACE)


@njit(inline="always")
def _dated(buffer: Bytes, start: Index) -> Truth:
    """Whether the three letters at `start` are a day or a month."""
    name = np.uint64(buffer[start]) << np.uint64(16) | np.uint64(buffer[start + _ONE]) << np.uint64(8)
    name |= np.uint64(buffer[start + _ONE + _ONE])
    found = np.uint64(0)
    for day in CALENDAR:
        found += day == name
    dated: Truth = found != 0
    return dated


@njit(inline="always")
def _variable(buffer: Bytes, start: Index, stop: Index, end: Index, counts: np.uint64) -> Truth:
    """Whether the word `buffer[start:stop]` is a variable; `end` is the end of the line."""
    digits = counts & _FIELD
    if digits >= 2:
        return True
    first = buffer[start]
    letters = (counts >> np.uint64(_LETTER)) & _FIELD
    if digits == 1 and (_is_digit(first) or stop - start <= 2 or (stop - start == 3 and letters == 0)):
        return True
    if first == _SLASH and ((counts >> np.uint64(_PATH)) & _FIELD) >= 2:
        return True
    if letters == 0 and _hexadecimal(buffer, start, stop, end, (counts >> np.uint64(_HEX)) & _FIELD):
        return True
    if stop - start == 3 and np.uint8(65) <= first <= np.uint8(87) and _dated(buffer, start):
        return True
    points = (counts >> np.uint64(_POINT)) & _FIELD
    return points >= 1 and stop + _ONE < end and buffer[stop] == _COLON and _is_digit(buffer[stop + _ONE])


@njit(inline="always")
def _empty(buffer: Bytes, at: Index, start: Index, end: Index) -> Truth:
    """Whether a pair of brackets that stands alone opens and closes at `at`: its content is empty this time."""
    opens = buffer[at]
    width = np.uint8(1) if opens == 40 else np.uint8(2)
    if (opens != 40 and opens != 91 and opens != 123) or at + _ONE >= end or buffer[at + _ONE] != opens + width:
        return False
    alone: Truth = at == start or buffer[at - _ONE] <= SPACE
    return alone


@njit(cache=True)
def masked_hash(buffer: Bytes, first: int, last: int, tables: tuple[Hashes, Hashes]) -> np.uint64:
    """Hash of the line `buffer[first:last]` with its variables masked and spaces collapsed."""
    word, scatter = tables
    h = START
    start, end = np.uint64(first), np.uint64(last)
    i = start
    while i < end:
        counts = word[buffer[i]]
        if counts == 0:
            byte = buffer[i]
            i += _ONE
            if byte > SPACE:
                h = (h ^ np.uint64(byte)) * _PRIME
                if byte >= 40 and _empty(buffer, i - _ONE, start, end):
                    h = mix(h, VARIABLE)
                continue
            while i < end and buffer[i] <= SPACE:
                i += _ONE
            if i < end:
                h = (h ^ np.uint64(32)) * _PRIME
            continue
        begin = i
        t = scatter[buffer[i]]
        i += _ONE
        while i < end:
            byte = buffer[i]
            more = word[byte]
            if more == 0:
                break
            counts += more
            t = (t << _ONE | t >> _REST) ^ scatter[byte]
            i += _ONE
        # Most words are letters only and not three of them: no variable can look like that.
        unusual = counts & _UNUSUAL or i - begin == 3 or not counts >> _LETTERS
        if unusual and _variable(buffer, begin, i, end, counts):
            # The full stop of a sentence is no part of its last number.
            t, begin = VARIABLE + np.uint64(buffer[i - _ONE] == _DOT), i
        # The cyclic hash alone would not tell 64 equal letters from 192.
        h = mix(h, t + (i - begin))
    h ^= h >> np.uint64(32)
    return h | _ONE


@njit(inline="always")
def gap_hash(buffer: Bytes, start: int, stop: int) -> np.uint64:
    """Hash of what stands between two words, runs of spaces taken as one."""
    g = START
    for i in range(start, stop):
        if buffer[i] > SPACE:
            g = mix(g, np.uint64(buffer[i]))
        elif i + 1 == stop or buffer[i + 1] > SPACE:
            g = mix(g, np.uint64(32))
    return g


@njit(cache=True)
def cut(buffer: Bytes, start: int, end: int, tables: tuple[Hashes, Hashes], tokens: Hashes, bounds: Places) -> int:
    """Cut a line into tokens; returns their number.

    `tokens[i]` is the hash of the gap (upper bits) and of the word (lower bits, never 0); `bounds[i]` = (gap start,
    word start, word stop, kind). What follows the last word is a token with an empty word.
    """
    word, scatter = tables
    n = 0
    while start < end and buffer[start] <= SPACE:
        start += 1
    while start < end and buffer[end - 1] <= SPACE:
        end -= 1
    gap = i = start
    while gap < end:
        empty: Truth = False
        while i < end and word[buffer[i]] == 0 and not empty:
            empty = _empty(buffer, np.uint64(i), np.uint64(start), np.uint64(end))
            i += 1
        begin = i
        counts, t = np.uint64(0), START
        while i < end and word[buffer[i]] != 0 and not empty:
            counts += word[buffer[i]]
            t = (t << _ONE | t >> _REST) ^ scatter[buffer[i]]
            i += 1
        variable: Truth = empty
        stop = i
        if begin < i:
            variable = _variable(buffer, np.uint64(begin), np.uint64(i), np.uint64(end), counts)
            if buffer[i - 1] == _DOT:
                # The full stop of a sentence is no part of its last word.
                counts -= word[_DOT]
                if variable:
                    stop = i - 1
        if n == MAX_TOKENS - 1 and i < end:
            variable, stop = True, end
        if begin < i and _is_digit(buffer[i - 1]):
            # ssh2, SOCKS5, eth0: a word that ends in its one digit.
            counts -= np.uint64(1)
        kind = ANY if variable else (MIXED if counts & _NOT_LETTERS else PLAIN)
        said = mix(VARIABLE if variable else t + np.uint64(i - begin), START) >> GAP_WIDTH
        tokens[n] = (gap_hash(buffer, gap, begin) & GAP_BITS) | said | np.uint64(1)
        bounds[n, GAP], bounds[n, BEGIN], bounds[n, END], bounds[n, KIND] = gap, begin, stop, kind
        n += 1
        gap = stop
        if n == MAX_TOKENS:
            break
    return n
