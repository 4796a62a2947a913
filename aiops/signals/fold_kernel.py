"""Tokens that are one value, folded into one: what a value is made of must not decide which template a line has.

A value may be several tokens long, and more of them at one time than at another: `10.0.0.1:80`, a list, a clock time,
a quoted string, `4552 bytes (4.44 KB)`. Folding looks at what is equal in all lines of a masked hash only - gaps,
words, and whether a token is variable - so that lines of one hash are always folded alike.

Every read is bounded by the tokens of the line.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from aiops.signals.line_kernel import (
    ANY,
    BEGIN,
    END,
    GAP,
    GAP_BITS,
    GAP_WIDTH,
    KIND,
    MIXED,
    PLAIN,
    SPACE,
    START,
    STATE,
    VARIABLE,
    Bytes,
    Hashes,
    Places,
    Truth,
    gap_hash,
    mix,
    word_hash,
)

_SIZES = b"B KB MB GB TB kB KiB MiB GiB TiB byte bytes"
_SPANS = b"ns us ms s sec secs second seconds min mins minute minutes h hour hours day days"
_VALUES = b"true false True False TRUE FALSE null NULL nil"


def _hashes(words: bytes) -> Hashes:
    return np.array([word_hash(word) for word in words.split()], np.uint64)


SETS = (_hashes(_SIZES + b" " + _SPANS), _hashes(_VALUES))
"""Units that stand behind a number, and words that are values wherever they stand."""
MOST_QUOTED = 3
"""Words of a quoted value; more are a message."""
_EQUALS, _COLON, _QUOTE, _OPEN, _CLOSE, _COMMA, _STAR = 61, 58, 34, 40, 41, 44, 42
_UNDERSCORE, _D, _E, _G, _I, _N = 95, 100, 101, 103, 105, 110


@njit(inline="always")
def _one_of(token: np.uint64, words: Hashes) -> Truth:
    wanted, found = token & ~GAP_BITS, False
    for word in words:
        found |= word == wanted
    return found


@njit(inline="always")
def _listed(buffer: Bytes, bounds: Places, i: int) -> Truth:
    """Whether the gap before token `i` only parts the values of a list, or of an address and a port."""
    first, last = bounds[i, GAP], bounds[i, BEGIN]
    if last - first == 1 and buffer[first] == _COLON:
        return True
    for at in range(first, last):
        # Stars stand for a value that could not be read.
        if buffer[at] > SPACE and buffer[at] != _COMMA and buffer[at] != _STAR:
            return False
    parted: Truth = last > first
    return parted


@njit(inline="always")
def _is_unit(buffer: Bytes, tokens: Hashes, bounds: Places, n: int, i: int, units: Hashes) -> Truth:
    """Whether token `i` is a unit, one space behind the one before it."""
    if i >= n or bounds[i, BEGIN] - bounds[i, GAP] != 1 or buffer[bounds[i, GAP]] > SPACE:
        return False
    return _one_of(tokens[i], units)


@njit(inline="always")
def _closing(buffer: Bytes, bounds: Places, n: int, i: int) -> int:
    """Last token of the quoted value that token `i` begins; -1 = it begins none, or a long one."""
    begin = bounds[i, BEGIN]
    if begin - bounds[i, GAP] < 2 or buffer[begin - 1] != _QUOTE or buffer[begin - 2] != _EQUALS:
        return -1
    for j in range(i, min(i + MOST_QUOTED, n - 1)):
        if bounds[j + 1, GAP] < bounds[j + 1, BEGIN] and buffer[bounds[j + 1, GAP]] == _QUOTE:
            return j
    return -1


@njit(inline="always")
def _gloss(buffer: Bytes, tokens: Hashes, bounds: Places, n: int, i: int, units: Hashes) -> Truth:
    """Whether tokens `i` and `i + 1` say a quantity again, in brackets behind it: ` (4.44 KB)`."""
    gap = bounds[i, GAP]
    if bounds[i, KIND] != ANY or bounds[i, BEGIN] - gap != 2 or buffer[gap] > SPACE or buffer[gap + 1] != _OPEN:
        return False
    if i + 2 >= n or not _is_unit(buffer, tokens, bounds, n, i + 1, units):
        return False
    after: Truth = bounds[i + 2, GAP] < bounds[i + 2, BEGIN] and buffer[bounds[i + 2, GAP]] == _CLOSE
    return after


@njit(inline="always")
def _signed(buffer: Bytes, bounds: Places, i: int) -> Truth:
    """Whether a sign stands right before the value: `<1 sec`."""
    if bounds[i, KIND] != ANY or bounds[i, BEGIN] - bounds[i, GAP] < 2:
        return False
    sign = buffer[bounds[i, BEGIN] - 1]
    signed: Truth = sign == 60 or sign == 62 or sign == 126
    return signed


@njit(cache=True)
def _is_state(buffer: Bytes, begin: int, end: int) -> Truth:
    """Whether a word says what is done, rather than to whom: opened, starting, or a state as programs write it."""
    if end - begin > 4 and buffer[end - 1] == _D and buffer[end - 2] == _E:
        return True
    if end - begin > 5 and buffer[end - 1] == _G and buffer[end - 2] == _N and buffer[end - 3] == _I:
        return True
    for at in range(begin, end):
        if not (65 <= buffer[at] <= 90 or buffer[at] == _UNDERSCORE):
            return False
    return end - begin > 1


@njit(cache=True)
def fold(buffer: Bytes, tokens: Hashes, bounds: Places, n: int, sets: tuple[Hashes, Hashes]) -> int:
    """Fold the `n` tokens that `cut` made, in place; returns how many are left."""
    units, values = sets
    any_word = (mix(VARIABLE, START) >> GAP_WIDTH) | np.uint64(1)
    m = i = 0
    while i < n:
        last = i
        # Most tokens stand behind a space, and nothing below but a list can begin there.
        before = buffer[bounds[i, BEGIN] - 1] if bounds[i, GAP] < bounds[i, BEGIN] else SPACE
        glossed = before == _OPEN and m > 0 and _gloss(buffer, tokens, bounds, n, i, units)
        if glossed and _is_quantity(tokens, bounds, m - 1, units):
            i = _without_gloss(buffer, tokens, bounds, n, i)
            continue
        if bounds[i, KIND] == ANY:
            if before > SPACE and _signed(buffer, bounds, i) and _is_unit(buffer, tokens, bounds, n, i + 1, units):
                bounds[i, BEGIN] -= 1
                tokens[i] = (gap_hash(buffer, bounds[i, GAP], bounds[i, BEGIN]) & GAP_BITS) | any_word
                last = i + 1
        else:
            closing = _closing(buffer, bounds, n, i) if before == _QUOTE else -1
            last = max(last, closing)
            if closing >= 0 or _is_value(tokens[i], bounds, i, values):
                bounds[i, KIND] = ANY
                tokens[i] = (tokens[i] & GAP_BITS) | any_word
        if m > 0 and bounds[m - 1, KIND] == ANY and bounds[i, KIND] == ANY and _listed(buffer, bounds, i):
            bounds[m - 1, END] = bounds[last, END]
        else:
            if m < i:
                tokens[m] = tokens[i]
                for column in range(4):
                    bounds[m, column] = bounds[i, column]
            bounds[m, END] = bounds[last, END]
            m += 1
        i = last + 1
    return m


@njit(inline="always")
def _is_quantity(tokens: Hashes, bounds: Places, i: int, units: Hashes) -> Truth:
    return bounds[i, KIND] == ANY or _one_of(tokens[i], units)


@njit(cache=True)
def _without_gloss(buffer: Bytes, tokens: Hashes, bounds: Places, n: int, i: int) -> int:
    """Take the closing bracket off the token behind a gloss; returns that token, or `n` when nothing is left of it."""
    after = i + 2
    bounds[after, GAP] += 1
    tokens[after] &= ~GAP_BITS
    tokens[after] |= gap_hash(buffer, bounds[after, GAP], bounds[after, BEGIN]) & GAP_BITS
    return n if after == n - 1 and bounds[after, GAP] == bounds[after, END] else after


@njit(inline="always")
def _is_value(token: np.uint64, bounds: Places, i: int, values: Hashes) -> Truth:
    """Whether a word is one of the few that only values are."""
    if bounds[i, KIND] != PLAIN or not 3 <= bounds[i, END] - bounds[i, BEGIN] <= 5:
        return False
    return _one_of(token, values)


@njit(cache=True)
def name_kinds(buffer: Bytes, tokens: Hashes, bounds: Places, units: Hashes) -> None:
    """Tell names and states among the words of letters of a folded line; `_place` asks once the line fits nowhere."""
    for i in range(len(tokens)):
        if bounds[i, KIND] != PLAIN:
            continue
        if i > 0 and bounds[i - 1, KIND] == ANY and _one_of(tokens[i], units):
            # Kilobytes today may be megabytes tomorrow.
            bounds[i, KIND] = MIXED
        elif _is_state(buffer, bounds[i, BEGIN], bounds[i, END]):
            bounds[i, KIND] = STATE
