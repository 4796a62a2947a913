"""What a column holds, told from the reference once: number, category, text, embedding, or nothing to compare.

Times, row numbers and identifiers differ from file to file by their nature: they are left out, and it is said why.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
import pyarrow
import pyarrow.compute as compute

from aiops.types import Floats

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity|nan)$"
MOMENT = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?$"
MOSTLY = 0.9
"""Share of cells that look like a number, or a time, from which a column of text is taken for one."""
DISTINCT_SHARE = 0.5
"""Above it, values name rows rather than kinds of rows."""
LEAST_DISTINCT = 50
WORDS_OF_TEXT = 3.0
RISING = "it rises with the rows, as a time or a number of rows does"


class Kind(enum.StrEnum):
    """How a column is compared."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TEXT = "text"
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column that is not compared, and why; `rises` = it shows that rows stand in order of time."""

    reason: str
    rises: bool = False


def classify(column: pyarrow.ChunkedArray) -> Kind | Ignored:
    """What a column of the reference is compared as."""
    kind, held = column.type, len(column) - column.null_count
    if not held or pyarrow.types.is_null(kind):
        return Ignored("it holds nothing")
    if pyarrow.types.is_temporal(kind):
        return Ignored("it is a time", _rises(column))
    if _is_number(kind):
        return Ignored(RISING, rises=True) if _rises(column) else Kind.NUMERIC
    if pyarrow.types.is_boolean(kind):
        return Kind.CATEGORICAL
    if is_list(kind):
        return Kind.EMBEDDING if _is_number(kind.value_type) else Ignored("it is a list of something else than numbers")
    if not (is_text(kind) or pyarrow.types.is_dictionary(kind)):
        return Ignored(f"its type {kind} is not compared")
    return _classify_text(as_text(column).drop_null())


def _classify_text(text: pyarrow.ChunkedArray) -> Kind | Ignored:
    if _share(text, NUMBER) >= MOSTLY:
        return Kind.NUMERIC
    if _share(text, MOMENT) >= MOSTLY:
        return Ignored("it is a time", _in_order(text))
    distinct = compute.count_distinct(text).as_py()
    if distinct <= max(LEAST_DISTINCT, DISTINCT_SHARE * len(text)):
        return Kind.CATEGORICAL
    words = compute.mean(compute.count_substring_regex(text, r"\S+")).as_py()
    if words >= WORDS_OF_TEXT:
        return Kind.TEXT
    return Ignored(f"it names rows: {distinct} of {len(text)} values are distinct")


def _share(text: pyarrow.ChunkedArray, form: str) -> float:
    fits = compute.match_substring_regex(compute.utf8_trim_whitespace(text), form)
    return float(compute.mean(compute.cast(fits, pyarrow.float64())).as_py())


def _rises(column: pyarrow.ChunkedArray) -> bool:
    """Whether no row is below the row before, over many values: a clock, or a row number."""
    if pyarrow.types.is_temporal(column.type):
        zone = getattr(column.type, "tz", None)
        try:
            column = column.cast(pyarrow.timestamp("us", zone), safe=False).cast(pyarrow.int64())
        except pyarrow.ArrowException:  # a time of day, a duration
            return False
    values = numbers(column).values
    values = values[np.isfinite(values)]
    steps = np.diff(values)
    return bool(len(values) >= LEAST_DISTINCT and np.all(steps >= 0) and np.count_nonzero(steps) >= LEAST_DISTINCT)


def _in_order(text: pyarrow.ChunkedArray) -> bool:
    """Whether times that are written as ISO 8601 never fall; in one form, which sorts as time does."""
    values = np.array(text.to_pylist())
    return bool(len(values) >= LEAST_DISTINCT and np.all(values[1:] >= values[:-1]))


def _is_number(kind: pyarrow.DataType) -> bool:
    types = pyarrow.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def is_list(kind: pyarrow.DataType) -> bool:
    """Whether cells are lists."""
    types = pyarrow.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def is_text(kind: pyarrow.DataType) -> bool:
    """Whether cells are strings."""
    types = pyarrow.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def as_text(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column as strings; a number looks as it does in a CSV, a nested value as JSON would not care to."""
    if pyarrow.types.is_string(column.type):
        return column
    try:
        return column.cast(pyarrow.string())
    except pyarrow.ArrowException:  # lists and the like
        return pyarrow.chunked_array([pyarrow.array([None if one is None else str(one) for one in column.to_pylist()],
                                                    pyarrow.string())])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column as numbers.

    Attributes
    ----------
    values : shape (rows,), NaN = none.
    missing, alien, infinite : cells that hold nothing, something that is no number, an infinity.
    """

    values: Floats
    missing: int = 0
    alien: int = 0
    infinite: int = 0


def numbers(column: pyarrow.ChunkedArray) -> Numbers:
    """The column as numbers; text as far as it looks like one."""
    kind = column.type
    if _is_number(kind) or pyarrow.types.is_boolean(kind) or pyarrow.types.is_null(kind):
        if pyarrow.types.is_boolean(kind):
            column = column.cast(pyarrow.int8())
        if not pyarrow.types.is_float64(column.type):
            column = column.cast(pyarrow.float64(), safe=False)
        return _finite(column.to_numpy())
    text = compute.utf8_trim_whitespace(as_text(column))
    fits = compute.fill_null(compute.match_substring_regex(text, NUMBER), False)
    found = compute.if_else(fits, text, pyarrow.scalar(None, text.type)).cast(pyarrow.float64()).to_numpy()
    alien = len(text) - text.null_count - int(compute.sum(fits).as_py() or 0)
    known = _finite(found)
    return Numbers(known.values, known.missing - alien, alien, known.infinite)


def _finite(values: Floats) -> Numbers:
    """Without infinities."""
    if math.isfinite(np.add.reduce(values)):
        return Numbers(values)
    missing, infinite = int(np.count_nonzero(np.isnan(values))), np.isinf(values)
    return Numbers(np.where(infinite, np.nan, values), missing, 0, int(np.count_nonzero(infinite)))
