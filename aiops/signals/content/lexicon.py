"""Tables from words to bits, for the kernels, and the files that list the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np

from aiops.signals.content.word_kernel import Hashes, found, hashed, paired


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


def sections(file: str) -> dict[str, list[str]]:
    """Words by section of a file beside this one: a line `[name]`, then its words; lines that begin with # say why."""
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in resources.files("aiops.signals.content").joinpath(file).read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            words = found.setdefault(line[1:-1], [])
        elif not line.startswith("#"):
            words += line.split()
    return found


def lexicon(words: Mapping[int, Iterable[str]]) -> Lexicon:
    """Build the table.

    Parameters
    ----------
    words : bit number, 0 to 63 -> words, or two words, with apostrophes left out; a word may have several bits.

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


def _hash(words: str) -> np.uint64:
    value = np.uint64(0)
    for place, word in enumerate(words.lower().split(" ")):
        data = np.frombuffer(word.encode(), np.uint8)
        one = np.uint64(hashed(data, 0, len(data)))
        value = np.uint64(paired(value, one)) if place else one
    return value
