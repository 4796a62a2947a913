"""Texts and embeddings as a few numbers a row, which are then compared like any other numbers.

A text is the mean of fixed random signs of its hashed character trigrams, an embedding its projections on fixed
random directions: both move when topics, language or the embedder change, and neither needs a model or a vocabulary.
Length is a number of its own, and so is the share of words that a reference does not know.

References
----------
Weinberger et al. (2009), ICML (feature hashing); Achlioptas (2003), JCSS 66:671 (random signs as projections).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from detectors.protocol import Array, Floats

PROJECTIONS = 16
SEED = 20_240_117
FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
BUCKET_BITS = 18
BUCKETS = 2**BUCKET_BITS
LETTER = np.array([chr(byte).isalnum() or byte >= 128 for byte in range(256)])


def of_texts(joined: Array, lengths: Array) -> Floats:
    """Shape (rows, 1 + PROJECTIONS): log of the length in bytes, then projections, NaN of what is too short for them.

    Parameters
    ----------
    joined : uint8, all texts one behind the other, in lower case.
    lengths : of each in bytes, shape (rows,).
    """
    found = np.full((len(lengths), 1 + PROJECTIONS), np.nan)
    found[:, 0] = np.log1p(lengths)
    rows = np.flatnonzero(lengths >= 3)
    if not len(rows):
        return found
    # A trigram that reaches into the next row belongs to neither.
    first, count = (np.cumsum(lengths) - lengths)[rows], lengths[rows] - 2
    wide = joined.astype(np.uint64)
    mixed = wide[:-2] * FACTORS[0] + wide[1:-1] * FACTORS[1] + wide[2:] * FACTORS[2]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * FACTORS[0]
    for j in range(PROJECTIONS):
        sign = ((mixed >> np.uint64(63 - j)) & np.uint64(1)).astype(np.int64)
        total = np.concatenate([[0], np.cumsum(2 * sign - 1)])
        found[rows, 1 + j] = (total[first + count] - total[first]) / np.sqrt(count)
    return found


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a reference, hashed: how many of its texts hold a word of each bucket, up to 2; shape (BUCKETS,)."""

    held: Array

    @classmethod
    def of(cls, joined: Array, lengths: Array) -> Vocabulary:
        """Words of texts as in `of_texts`."""
        text, bucket = _words(joined, lengths)
        pairs = np.unique(text * BUCKETS + bucket) % BUCKETS
        return cls(np.minimum(np.bincount(pairs, minlength=BUCKETS), 2).astype(np.uint8))

    def unknown(self, joined: Array, lengths: Array, *, own: bool = False) -> Floats:
        """Share of each text's words that are in no other text of the reference, shape (rows,); NaN = it has no word.

        Parameters
        ----------
        own : the texts are the reference itself, of which each is taken out in turn.
        """
        text, bucket = _words(joined, lengths)
        rare = self.held[bucket] <= (1 if own else 0)
        words = np.bincount(text, minlength=len(lengths))
        found = np.bincount(text, rare, len(lengths)) / np.maximum(words, 1)
        return np.where(words > 0, found, np.nan)


def _words(joined: Array, lengths: Array) -> tuple[Array, Array]:
    """Text and bucket of each word, a run of letters, digits or bytes beyond ASCII."""
    if not len(joined):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.cumsum(lengths) - lengths
    letter = LETTER[joined]
    begins = letter & ~np.concatenate([[False], letter[:-1]])
    begins[first[lengths > 0]] = letter[first[lengths > 0]]
    ends = letter & np.concatenate([begins[1:] | ~letter[1:], [True]])
    start, stop = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    # A polynomial in a factor that has an inverse: a word's hash is a difference of prefix sums, moved to its start.
    power = np.cumprod(np.full(len(joined), FACTORS[0], np.uint64))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum((joined.astype(np.uint64) + np.uint64(1)) * power)])
    back = np.cumprod(np.full(len(joined), INVERSE, np.uint64))
    mixed = (total[stop] - total[start]) * back[start]
    bucket = ((mixed ^ (mixed >> np.uint64(29))) * FACTORS[1]) >> np.uint64(64 - BUCKET_BITS)
    return np.searchsorted(first, start, side="right") - 1, bucket.astype(np.int64)


def of_vectors(matrix: Floats) -> Floats:
    """Shape (rows, 1 + PROJECTIONS): norm, then projections, of embeddings of shape (rows, dimensions)."""
    norm = np.sqrt((matrix**2).sum(axis=1))
    return np.column_stack([norm, matrix @ _directions(matrix.shape[1])])


@functools.lru_cache(maxsize=8)
def _directions(width: int) -> Floats:
    return np.asarray(np.random.default_rng(SEED).standard_normal((width, PROJECTIONS)) / np.sqrt(width))
