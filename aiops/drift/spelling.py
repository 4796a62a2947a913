"""Text that says something else than text: `True`, `false`, and embeddings as JSON, as CSV files must write them."""

from __future__ import annotations

import msgspec
import pyarrow
import pyarrow.compute as compute

from aiops.drift.column import is_text

BOOLEANS = {"true": "true", "1": "true", "1.0": "true", "false": "false", "0": "false", "0.0": "false"}
"""Ways to write a boolean, in lower case, and how it looks as a category."""
LIST = pyarrow.list_(pyarrow.float64())
_DECODER = msgspec.json.Decoder(list[float])


def meant(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column as booleans or as lists of numbers, if it is text and all of it says so; else as it is."""
    if not is_text(column.type):
        return column
    first = compute.first(column).as_py()
    if first is None:
        return column
    if first.strip().lower() in ("true", "false"):
        said = compute.utf8_lower(compute.utf8_trim_whitespace(column))
        true, false = (compute.equal(said, value) for value in ("true", "false"))
        return true if compute.all(compute.or_(true, false)).as_py() else column
    if first.lstrip().startswith("["):
        found, alien = lists(column)
        return column if alien else found
    return column


def lists(column: pyarrow.ChunkedArray) -> tuple[pyarrow.ChunkedArray, int]:
    """Lists of numbers from JSON, and how many cells hold something else, which are null."""
    found: list[list[float] | None] = []
    alien = 0
    for text in column.to_pylist():
        vector = None
        if text is not None:
            try:
                vector = _DECODER.decode(text)
            except msgspec.DecodeError:
                alien += 1
        found.append(vector)
    return pyarrow.chunked_array([pyarrow.array(found, LIST)]), alien
