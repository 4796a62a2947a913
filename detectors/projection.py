"""Texts and embeddings as a few numbers a row, which are then compared like any other numbers.

A text is the mean of fixed random signs of its hashed character trigrams, an embedding its projections on fixed
random directions: both move when topics, language or the embedder change, and neither needs a model or a vocabulary.
Length is a number of its own.

References
----------
Weinberger et al. (2009), ICML (feature hashing); Achlioptas (2003), JCSS 66:671 (random signs as projections).
"""

from __future__ import annotations

import functools

import numpy as np

from detectors.protocol import Array, Floats

PROJECTIONS = 16
SEED = 20_240_117
FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


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


def of_vectors(matrix: Floats) -> Floats:
    """Shape (rows, 1 + PROJECTIONS): norm, then projections, of embeddings of shape (rows, dimensions)."""
    norm = np.sqrt((matrix**2).sum(axis=1))
    return np.column_stack([norm, matrix @ _directions(matrix.shape[1])])


@functools.lru_cache(maxsize=64)
def _directions(width: int) -> Floats:
    return np.asarray(np.random.default_rng(SEED).standard_normal((width, PROJECTIONS)) / np.sqrt(width))
