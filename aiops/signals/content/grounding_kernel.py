"""How much of what an answer says is found in the texts it was given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import IDEOGRAM, Bytes, Hashes, found, hashed, word
from aiops.types import Floats

BITS = 1 << 16
"""Places of the set of pieces; a context of 4,000 words fills a quarter."""
_PIECE = 4
_SHORT = 3
_NUMBER = 2.5
"""A number is right or wrong; it counts more than a word."""
_PAIR = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, error_model="numpy")
def support(
    data: Bytes, bound: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], keys: Hashes, values: Hashes
) -> Floats:
    """Share of each answer's content that its context supports.

    Parameters
    ----------
    data, bound : texts in lower case: an answer, then its contexts.
    owner : shape (texts,), number of the answer that a text belongs to, ascending; its first text is the answer itself.
    keys, values : the words that say nothing by themselves.

    Returns
    -------
    shape (answers,), 0 to 1; NaN when the answer or its context has no content.
    """
    answers = owner[-1] + 1 if len(owner) else 0
    out = np.full(answers, np.nan)
    known = np.zeros(BITS, np.uint8)
    texts = len(bound) - 1
    first = 0
    while first < texts:
        last = first + 1
        while last < texts and owner[last] == owner[first]:
            last += 1
        if last > first + 1:
            known[:] = 0
            filled = 0
            for n in range(first + 1, last):
                filled += _learn(data, bound[n], bound[n + 1], known)
            if filled:
                out[owner[first]] = _share(data, bound[first], bound[first + 1], known, keys, values)
        first = last
    return out


@njit(cache=True, error_model="numpy")
def _place(value: np.uint64) -> int:
    return int((value >> np.uint64(20)) & np.uint64(BITS - 1))


@njit(cache=True, error_model="numpy")
def _learn(data: Bytes, i: int, stop: int, known: Bytes) -> int:
    """Enter the words, their pieces and pairs of ideograms; returns the number of words."""
    words = 0
    before = np.uint64(0)
    while i < stop:
        begin, i, value, kind = word(data, i, stop)
        if begin >= stop:
            break
        words += 1
        known[_place(value)] = 1
        if kind == IDEOGRAM:
            known[_place(value ^ (before * _PAIR))] = 1
            before = value
        else:
            before = np.uint64(0)
            for j in range(begin, i - _PIECE + 1):
                known[_place(hashed(data, j, j + _PIECE))] = 1
    return words


@njit(cache=True, error_model="numpy")
def _share(data: Bytes, i: int, stop: int, known: Bytes, keys: Hashes, values: Hashes) -> float:
    total = held = 0.0
    before = np.uint64(0)
    while i < stop:
        begin, i, value, kind = word(data, i, stop)
        if begin >= stop:
            break
        if kind == IDEOGRAM:
            if before:
                total += 1.0
                held += known[_place(value ^ (before * _PAIR))]
            before = value
            continue
        before = np.uint64(0)
        number = 48 <= data[begin] <= 57
        if not number and (i - begin < _SHORT or found(keys, values, value)):
            continue
        weight = _NUMBER if number else 1.0
        total += weight
        if known[_place(value)]:
            held += weight
        elif not number and i - begin > _PIECE:
            pieces = hits = 0
            for j in range(begin, i - _PIECE + 1):
                pieces += 1
                hits += known[_place(hashed(data, j, j + _PIECE))]
            # Inflected or compounded: most of the word is there. Single pieces are there by chance.
            share = hits / pieces
            held += weight * share if share >= 0.5 else 0.0
    return held / total if total > 0 else np.nan
