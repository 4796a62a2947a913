"""A table from words to bits, for the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from aiops.signals.content.word_kernel import Hashes, found, hashed


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Open-addressed table, less than half full.

    Attributes
    ----------
    keys : hashes of words, 0 = empty; the length is a power of two.
    values : 64 bits for each.
    """

    keys: Hashes
    values: Hashes

    def value(self, word: str) -> int:
        """Bits of one word."""
        return int(found(self.keys, self.values, _hash(word)))


def lexicon(words: Mapping[int, Iterable[str]]) -> Lexicon:
    """Build the table.

    Parameters
    ----------
    words : bit number, 0 to 63 -> words, an apostrophe left out; a word may have several bits.

    >>> table = lexicon({0: ["no", "never"], 3: ["no"]})
    >>> table.value("no"), table.value("never"), table.value("yes")
    (9, 1, 0)
    """
    bits: dict[np.uint64, int] = {}
    for bit, listed in words.items():
        for one in listed:
            key = _hash(one)
            bits[key] = bits.get(key, 0) | 1 << bit
    size = 1 << max(2 * len(bits), 2).bit_length()
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for key, value in bits.items():
        at = (int(key) >> 1) & (size - 1)
        while keys[at]:
            at = (at + 1) & (size - 1)
        keys[at], values[at] = key, value
    return Lexicon(keys, values)


def _hash(word: str) -> np.uint64:
    data = np.frombuffer(word.lower().encode(), np.uint8)
    return np.uint64(hashed(data, 0, len(data)))
