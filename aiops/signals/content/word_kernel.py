"""Words of a text in lower case, and the tables they are looked up in.

A word is a run of letters and digits. An apostrophe belongs to the word when three bytes or more stand before it
(`can't` is `cant`, but `l'eau` is `l` and `eau`). Scripts that are written without blanks give one word a character.
Every read is bounded by the end of the text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
_PRIME, _START, _MIX = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325), np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)
SPACE, LETTER, IDEOGRAM, APOSTROPHE, NOTHING = 0, 1, 2, 3, 4
"""Kinds of character: between words; of a word; a word by itself; see above; not there (zero width)."""


@njit(cache=True, error_model="numpy")
def character(data: Bytes, i: int, stop: int) -> tuple[int, int]:
    """Bytes of the character at `i`, and its kind."""
    byte = data[i]
    if byte < 0x80:
        if 97 <= byte <= 122 or 48 <= byte <= 57 or 65 <= byte <= 90:
            return 1, LETTER
        return 1, APOSTROPHE if byte == 39 else SPACE
    width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
    if i + width > stop:
        return stop - i, SPACE
    second = data[i + 1]
    if width == 2:
        if byte == 0xC2 and second == 0xAD:
            return 2, NOTHING
        return 2, SPACE if byte == 0xC2 else LETTER
    if width == 4:
        return 4, IDEOGRAM if byte == 0xF0 and second >= 0xA0 else SPACE
    third = data[i + 2]
    if byte == 0xE2:
        if second == 0x80 and third in (0x98, 0x99):
            return 3, APOSTROPHE
        hidden = (second == 0x80 and (0x8B <= third <= 0x8F or third >= 0xAA)) or (second == 0x81 and third >= 0xA0)
        return 3, NOTHING if hidden else SPACE if second < 0xB0 else LETTER
    if byte == 0xEF:
        if second == 0xBB and third == 0xBF:
            return 3, NOTHING
        return 3, SPACE if second >= 0xBC and ((third < 0xA0 and second == 0xBC) or second >= 0xBF) else LETTER
    if byte == 0xE3 and second == 0x80:
        return 3, SPACE
    # Kana, Chinese characters and Thai have no blanks between words.
    unspaced = (byte == 0xE3 and second >= 0x81) or 0xE4 <= byte <= 0xE9 or (byte == 0xE0 and second in (0xB8, 0xB9))
    return 3, IDEOGRAM if unspaced else LETTER


@njit(cache=True, error_model="numpy")
def word(data: Bytes, i: int, stop: int) -> tuple[int, int, np.uint64, int]:
    """The first word at or after `i`: its begin, its end, its hash and its kind; begin = `stop` when there is none."""
    kind = SPACE
    width = 0
    while i < stop:
        width, kind = character(data, i, stop)
        if kind == LETTER or kind == IDEOGRAM:
            break
        i += width
    if i >= stop:
        return stop, stop, np.uint64(0), SPACE
    begin, value = i, _START
    while i < stop:
        width, now = character(data, i, stop)
        if now == LETTER or (now == IDEOGRAM and i == begin):
            for j in range(i, i + width):
                value = (value ^ np.uint64(data[j])) * _PRIME
        elif now != NOTHING and not (now == APOSTROPHE and i - begin >= 3):
            break
        i += width
        if kind == IDEOGRAM:
            break
    return begin, i, finish(value), kind


@njit(cache=True, error_model="numpy")
def finish(value: np.uint64) -> np.uint64:
    """Spread the bits of a running hash; never 0, which marks an empty place of a table."""
    value = (value ^ (value >> _SHIFT)) * _MIX
    return (value ^ (value >> _SHIFT)) | np.uint64(1)


@njit(cache=True, error_model="numpy")
def hashed(data: Bytes, begin: int, end: int) -> np.uint64:
    """The hash of a stretch of bytes as `word` makes it."""
    value = _START
    for j in range(begin, end):
        value = (value ^ np.uint64(data[j])) * _PRIME
    return finish(value)


@njit(cache=True, error_model="numpy")
def paired(before: np.uint64, value: np.uint64) -> np.uint64:
    """The hash of two words that follow each other."""
    return finish((before * _PRIME) ^ value)


@njit(cache=True, error_model="numpy")
def found(keys: Hashes, values: Hashes, key: np.uint64) -> np.uint64:
    """What a table says of a word, 0 = it does not know it."""
    mask = np.uint64(len(keys) - 1)
    at = (key >> np.uint64(1)) & mask
    while keys[at] != 0:
        if keys[at] == key:
            return np.uint64(values[at])
        at = (at + np.uint64(1)) & mask
    return np.uint64(0)


@njit(cache=True, error_model="numpy")
def marks(data: Bytes, bound: npt.NDArray[np.int64], limit: int, keys: Hashes, values: Hashes) -> Hashes:
    """Per text, the values of all its words within the first `limit` bytes, joined by or.

    Words are looked up alone and with the one before; scripts without blanks by pieces of one to four characters of
    three bytes.
    """
    out = np.zeros(len(bound) - 1, np.uint64)
    for n in range(len(bound) - 1):
        i, stop = bound[n], min(bound[n + 1], bound[n] + limit)
        before = np.uint64(0)
        while i < stop:
            begin, i, value, kind = word(data, i, stop)
            if begin >= stop:
                break
            out[n] |= found(keys, values, value) | found(keys, values, paired(before, value))
            before = value
            if kind == IDEOGRAM:
                for more in (6, 9, 12):
                    if begin + more <= stop:
                        out[n] |= found(keys, values, hashed(data, begin, begin + more))
    return out
