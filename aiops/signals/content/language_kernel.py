"""Counts of common words per language, and of characters per script, at the beginning of texts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import Bytes, Hashes, character, found, word
from aiops.types import Floats

(
    LATIN,
    CYRILLIC,
    GREEK,
    ARABIC,
    HEBREW,
    DEVANAGARI,
    THAI,
    KANA,
    HAN,
    HANGUL,
    ARMENIAN,
    GEORGIAN,
    BENGALI,
    TAMIL,
    SCRIPTS,
) = range(15)
_ONE = np.uint64(1)


@njit(cache=True, error_model="numpy")
def tally(data: Bytes, bound: npt.NDArray[np.int64], limit: int, keys: Hashes, values: Hashes, out: Floats) -> None:
    """Count.

    Parameters
    ----------
    limit : bytes of each text that are looked at.
    out : shape (texts, 64 + `SCRIPTS`), zeros; a word that n languages share counts 1 / n for each.
    """
    for n in range(len(bound) - 1):
        stop = min(bound[n + 1], bound[n] + limit)
        i = bound[n]
        while i < stop:
            begin, i, value, _ = word(data, i, stop)
            if begin >= stop:
                break
            which = found(keys, values, value)
            if which:
                many = 0
                left = which
                while left:
                    left &= left - _ONE
                    many += 1
                bit = 0
                while which:
                    if which & _ONE:
                        out[n, bit] += 1.0 / many
                    which >>= _ONE
                    bit += 1
        _scripts(data, bound[n], stop, out[n, 64:], keys, values, out[n])


@njit(cache=True, error_model="numpy")
def _scripts(data: Bytes, i: int, stop: int, scripts: Floats, keys: Hashes, values: Hashes, languages: Floats) -> None:
    while i < stop:
        width, kind = character(data, i, stop)
        if kind == 1 or kind == 2:
            which = _script(data, i, width)
            if which >= 0:
                scripts[which] += 1.0
            if width == 2:
                # A letter that few languages have is worth a word to them.
                value = np.uint64(0xCBF29CE484222325)
                value = _letter(data, i, value)
                bits = found(keys, values, value)
                bit = 0
                while bits:
                    if bits & _ONE:
                        languages[bit] += 0.4
                    bits >>= _ONE
                    bit += 1
        i += width


@njit(cache=True, error_model="numpy")
def _letter(data: Bytes, i: int, value: np.uint64) -> np.uint64:
    for j in range(i, i + 2):
        value = (value ^ np.uint64(data[j])) * np.uint64(0x100000001B3)
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xFF51AFD7ED558CCD)
    return (value ^ (value >> np.uint64(32))) | _ONE


@njit(cache=True, error_model="numpy")
def _script(data: Bytes, i: int, width: int) -> int:
    byte = data[i]
    if width == 1:
        return LATIN if byte >= 97 else -1
    if width == 2:
        if byte <= 0xCA:
            return LATIN
        if byte <= 0xCF:
            return GREEK
        if byte <= 0xD3:
            return CYRILLIC
        if byte <= 0xD6:
            return HEBREW if byte == 0xD7 or (byte == 0xD6 and data[i + 1] >= 0x90) else ARMENIAN
        return HEBREW if byte == 0xD7 else ARABIC
    second = data[i + 1]
    if byte == 0xE0:
        if second >= 0xB8 and second <= 0xB9:
            return THAI
        if second == 0xA4 or second == 0xA5:
            return DEVANAGARI
        return BENGALI if second == 0xA6 or second == 0xA7 else TAMIL if second == 0xAE or second == 0xAF else -1
    if byte == 0xE1:
        return GEORGIAN if second == 0x82 or second == 0x83 else LATIN if second >= 0xB8 and second <= 0xBB else -1
    if byte == 0xE3 and second >= 0x81 and second <= 0x83:
        return KANA
    if (byte == 0xE3 and second >= 0x90) or (0xE4 <= byte <= 0xE9):
        return HAN
    if 0xEA <= byte <= 0xED:
        return HANGUL if byte > 0xEA or second >= 0xB0 else -1
    return ARABIC if byte == 0xEF and second >= 0xAC else -1
