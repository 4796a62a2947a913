"""Text and embeddings as a few numbers a row, which are then compared like any other numbers.

A text is the mean of fixed random signs of its hashed character trigrams, an embedding its projections on fixed
random directions: both move when topics, language or the embedder change, and neither needs a model or a vocabulary.
Length is a number of its own. No text is kept.

References
----------
Weinberger et al. (2009), ICML (feature hashing); Achlioptas (2003), JCSS 66:671 (random signs as projections).
"""

from __future__ import annotations

import numpy as np
import pyarrow
import pyarrow.compute as compute

from aiops.drift.column import as_text
from aiops.types import Floats

PROJECTIONS = 16
SEED = 20_240_117
FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def of_text(column: pyarrow.ChunkedArray) -> Floats:
    """Shape (rows, 1 + PROJECTIONS): log of the length in bytes, then projections; NaN where there is no text."""
    text = compute.utf8_lower(as_text(column)).combine_chunks()
    data = compute.fill_null(text, "").cast(pyarrow.large_binary())
    data = data.combine_chunks() if isinstance(data, pyarrow.ChunkedArray) else data
    _, offsets, values = data.buffers()
    ends = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    joined = np.frombuffer(values, np.uint8)[ends[0] : ends[-1]] if values is not None else np.zeros(0, np.uint8)
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    found = np.full((len(data), 1 + PROJECTIONS), np.nan)
    known = ~np.asarray(text.is_null())
    found[known, 0] = np.log1p(lengths[known])
    # A trigram that reaches into the next row belongs to neither.
    rows = np.flatnonzero(known & (lengths >= 3))
    if not len(rows):
        return found
    wide = joined.astype(np.uint64)
    mixed = wide[:-2] * FACTORS[0] + wide[1:-1] * FACTORS[1] + wide[2:] * FACTORS[2]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * FACTORS[0]
    for j in range(PROJECTIONS):
        sign = ((mixed >> np.uint64(63 - j)) & np.uint64(1)).astype(np.int64)
        total = np.concatenate([[0], np.cumsum(2 * sign - 1)])
        count = lengths[rows] - 2
        found[rows, 1 + j] = (total[starts[rows] + count] - total[starts[rows]]) / np.sqrt(count)
    return found


def width_of(column: pyarrow.ChunkedArray) -> int:
    """Dimensions of an embedding column: the commonest length."""
    lengths = compute.list_value_length(column).drop_null()
    return int(compute.mode(lengths)[0]["mode"].as_py()) if len(lengths) else 0


def of_embedding(column: pyarrow.ChunkedArray, width: int) -> tuple[Floats, int]:
    """Shape (rows, 1 + PROJECTIONS): norm, then projections; NaN rows, and their number, where the width is another."""
    found = np.full((len(column), 1 + PROJECTIONS), np.nan)
    lengths = np.asarray(compute.fill_null(compute.list_value_length(column), -1))
    fits = np.flatnonzero(lengths == width)
    alien = int(np.count_nonzero(lengths >= 0)) - len(fits)
    if not len(fits) or not width:
        return found, alien
    flat = compute.list_flatten(column.take(pyarrow.array(fits))).cast(pyarrow.float64(), safe=False)
    matrix = np.asarray(flat, np.float64).reshape(len(fits), width)
    directions = np.random.default_rng(SEED).standard_normal((width, PROJECTIONS)) / np.sqrt(width)
    found[fits, 0] = np.sqrt((matrix**2).sum(axis=1))
    found[fits, 1:] = matrix @ directions
    return found, alien
