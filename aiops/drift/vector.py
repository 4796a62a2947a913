"""Columns of texts and of embeddings as a few numbers a row (`detectors.projection`). No text is kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute as compute

from aiops.drift.column import as_text
from aiops.types import Floats, Ints
from detectors import projection
from detectors.projection import PROJECTIONS, Vocabulary

TEXT_PARTS = 2 + PROJECTIONS


def vocabulary_of(column: pyarrow.ChunkedArray) -> Vocabulary:
    """The words of a text column of the reference, hashed."""
    joined, lengths, _ = _bytes(column)
    return Vocabulary.of(joined, lengths)


def of_text(column: pyarrow.ChunkedArray, known: Vocabulary, *, own: bool = False) -> Floats:
    """Shape (rows, TEXT_PARTS): log of the length in bytes, projections, share of unknown words; NaN = no text.

    Parameters
    ----------
    own : the column is the one that the words are known from.
    """
    joined, lengths, missing = _bytes(column)
    found = np.column_stack([projection.of_texts(joined, lengths), known.unknown(joined, lengths, own=own)])
    found[missing] = np.nan
    return found


def _bytes(column: pyarrow.ChunkedArray) -> tuple[npt.NDArray[np.uint8], Ints, npt.NDArray[np.bool_]]:
    """All texts in lower case one behind the other, the length of each, and which are missing."""
    text = compute.utf8_lower(as_text(column)).combine_chunks()
    data = compute.fill_null(text, "").cast(pyarrow.large_binary())
    data = data.combine_chunks() if isinstance(data, pyarrow.ChunkedArray) else data
    _, offsets, values = data.buffers()
    ends = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    joined = np.frombuffer(values, np.uint8)[ends[0] : ends[-1]] if values is not None else np.zeros(0, np.uint8)
    return joined, np.diff(ends), np.asarray(text.is_null())


def width_of(column: pyarrow.ChunkedArray) -> int:
    """Dimensions of an embedding column: the commonest length."""
    lengths = compute.list_value_length(column).drop_null()
    return int(compute.mode(lengths)[0]["mode"].as_py()) if len(lengths) else 0


def widths(column: pyarrow.ChunkedArray) -> set[int]:
    """Lengths of the lists in a column."""
    return set(compute.unique(compute.list_value_length(column).drop_null()).to_pylist())


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
    found[fits] = projection.of_vectors(matrix)
    return found, alien
