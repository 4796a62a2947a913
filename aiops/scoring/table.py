"""A table of series as `aiops score` takes it: CSV or Parquet, rows in the order of the file.

Numbers are read by pyarrow, in compiled code; what a cell may look like is documented in docs/score.md. Rows are never
sorted, joined or dropped: out come as many as went in, and nothing about a row depends on a later one.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from aiops.errors import ConfigError
from aiops.recording.rows import stamp
from aiops.types import Floats, Ints

STAMP = "timestamp"
SUFFIXES = (".csv", ".parquet")
DAY_SECONDS = 86_400.0
SHORTEST_SECONDS = 1e-3
GUESS_ROWS = 64
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity|nan)$"
LIKE_TIME = ("time", "timestamp", "datetime", "date", "ts")
FURTHEST_SECONDS = 1e12
"""As in a recording: beyond it lie milliseconds, which are no epoch seconds."""


@dataclass(frozen=True, slots=True)
class Table:
    """One input file.

    Attributes
    ----------
    stamps : pyarrow array of n rows, the timestamps as they stood in the file; row numbers when there are none.
    time : shape (rows,), epoch seconds; NaN = the row has none.
    names : of the series, in the order of the file.
    values : shape (rows, series), C order, NaN = no sample.
    stamped : whether the file has timestamps at all.
    notes : what was not taken as it stands, for the user.
    """

    stamps: pyarrow.ChunkedArray
    time: Floats
    names: list[str]
    values: Floats
    stamped: bool = True
    notes: tuple[str, ...] = ()

    @property
    def step_seconds(self) -> float:
        """Distance of rows: the first one that is positive, so that a prefix of a file gives the same."""
        distances = np.diff(self.time[:GUESS_ROWS])
        positive = distances[np.isfinite(distances) & (distances > 0)]
        return float(np.clip(positive[0], SHORTEST_SECONDS, DAY_SECONDS)) if len(positive) else 1.0

    @property
    def at(self) -> Ints:
        """Column numbers, shape (rows,): event time // step; a row without a time is one step after the row before."""
        rows, known = np.arange(len(self.time)), np.isfinite(self.time)
        last = np.maximum.accumulate(np.where(known, rows, -1))
        number = np.floor_divide(self.time, self.step_seconds, out=np.zeros(len(rows)), where=known)
        return np.asarray(np.where(last >= 0, number[last], -1.0) + rows - last, np.int64)


def read(path: Path) -> Table:
    """Read a CSV or Parquet file.

    Raises
    ------
    ConfigError : no header, or not readable.
    """
    try:
        if path.suffix == ".parquet":
            return _table(pyarrow.parquet.ParquetFile(path).read())
        return _table(_csv(path.read_bytes(), path))
    except (OSError, UnicodeDecodeError, csv.Error, pyarrow.ArrowException) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error


def _csv(text: bytes, path: Path) -> pyarrow.Table:
    if not text.strip():
        raise ConfigError("is empty; the first row must name the columns", file=str(path))
    ragged: list[int] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    frame = _parsed(text, note)
    return _parsed(_squared(text)) if ragged else frame


def _parsed(text: bytes, on_ragged: object = None) -> pyarrow.Table:
    return pyarrow.csv.read_csv(
        pyarrow.BufferReader(text),
        pyarrow.csv.ReadOptions(use_threads=False),
        pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=on_ragged),
        pyarrow.csv.ConvertOptions(column_types={STAMP: pyarrow.string()}),
    )


def _squared(text: bytes) -> bytes:
    """Rows made as long as the header: a file that is still being written ends in the middle of one."""
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    width, out = len(rows[0]), io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([*row, *[""] * (width - len(row))][:width] for row in rows if row)
    return out.getvalue().encode()


def _table(frame: pyarrow.Table) -> Table:
    rows, names, values, notes = frame.num_rows, [], [], []
    stamps, time = pyarrow.chunked_array([pyarrow.array(np.arange(rows))]), np.arange(rows, dtype=np.float64)
    for name, column in zip(frame.column_names, frame.columns, strict=True):
        if name == STAMP:
            stamps, time = column, _seconds(column)
            notes += _untimed(column, time)
        elif (numbers := _numbers(cleaned := _cleaned(column))) is not None:
            names.append(name)
            values.append(numbers)
            notes += _told(name, column, cleaned)
        else:
            notes.append(f"column {name!r} is left out: it does not begin with a number")
    if STAMP not in frame.column_names:
        notes += [f"column {name!r} is taken as a series; times are read from a column named {STAMP!r} only"
                  for name in names if name.lower() in LIKE_TIME]  # fmt: skip
    matrix = np.column_stack(values) if values else np.empty((rows, 0))
    return Table(stamps, time, names, matrix, STAMP in frame.column_names, tuple(notes))


def _cleaned(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Text that begins with a number, without blanks and without the cells that are none; else as it is.

    The first cell decides, so that the beginning of a file is read as the whole is.
    """
    kind, compute = column.type, pyarrow.compute
    if not (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
        return column
    text = compute.utf8_trim_whitespace(column)
    text = compute.if_else(compute.equal(text, ""), pyarrow.scalar(None, kind), text)
    fits = compute.match_substring_regex(text, NUMBER)
    first = compute.drop_null(fits)
    if len(first) and not first[0].as_py():
        return column
    return compute.if_else(fits, text, pyarrow.scalar(None, kind))


def _told(name: str, column: pyarrow.ChunkedArray, cleaned: pyarrow.ChunkedArray) -> list[str]:
    """What the user should know of cells that were no numbers."""
    if cleaned is column:
        return []
    compute = pyarrow.compute
    held = compute.and_(compute.is_valid(column), compute.not_equal(compute.utf8_trim_whitespace(column), ""))
    lost = np.flatnonzero(compute.and_(held, compute.is_null(cleaned)).to_numpy(zero_copy_only=False))
    if not len(lost):
        return []
    first = int(lost[0])
    return [f"column {name!r}: {len(lost)} cells are no numbers and no samples, the first {column[first].as_py()!r}"
            f" in row {first + 1}"]  # fmt: skip


def _untimed(column: pyarrow.ChunkedArray, time: Floats) -> list[str]:
    """What the user should know of timestamps that were not understood."""
    lost = np.flatnonzero(column.is_valid().to_numpy() & np.isnan(time))
    if not len(lost):
        return []
    first = int(lost[0])
    return [f"{len(lost)} timestamps are neither epoch seconds (milliseconds are not) nor ISO 8601, the first"
            f" {column[first].as_py()!r} in row {first + 1}; such a row is a step after the one before"]  # fmt: skip


def _numbers(column: pyarrow.ChunkedArray) -> Floats | None:
    """Finite values of shape (rows,), NaN = no sample; None = the column holds something else."""
    kind = column.type
    text = pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
    number = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind)
    if not (text or number or pyarrow.types.is_null(kind)):
        return None
    try:
        found = column.cast(pyarrow.float64(), safe=False).to_numpy()
    except pyarrow.ArrowInvalid:
        return None
    return np.where(np.isfinite(found), found, np.nan)


def _seconds(column: pyarrow.ChunkedArray) -> Floats:
    """Epoch seconds of shape (rows,), NaN = not to be told."""
    if pyarrow.types.is_temporal(column.type):
        try:
            zone = getattr(column.type, "tz", None)
            ticks = column.cast(pyarrow.timestamp("us", zone), safe=False).cast(pyarrow.int64())
        except pyarrow.ArrowException:  # a time of day, a duration
            return np.full(len(column), np.nan)
        return np.asarray(ticks.to_numpy() / 1e6, np.float64)  # nulls come out as NaN
    found = _numbers(column)  # text that is no number throughout is ISO 8601
    if found is None:
        found = np.array([np.nan if one is None else stamp(one) for one in column.to_pylist()], np.float64)
    return np.where(np.abs(found) < FURTHEST_SECONDS, found, np.nan)
