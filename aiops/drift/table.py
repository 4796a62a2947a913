"""A window of rows as it stands in a file: CSV, Parquet or NDJSON to columns.

What cannot be read as a row is counted and left out; a cell is never a reason to refuse a file. Nested objects become
columns of their own, so that a recording's `predictions.ndjson` is a table like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from aiops.drift.delimited import Form, form_of, utf8
from aiops.drift.spelling import meant
from aiops.errors import ConfigError
from aiops.recording.rows import opened

LINES = (".ndjson", ".jsonl")
PACKED = (".gz", ".zst")
BESIDE = "features"
"""A nested object of this name holds columns, and lends them no prefix."""
TOLD_LINES = 5
DICTIONARY = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())


@dataclass(frozen=True, slots=True)
class Table:
    """One file.

    Attributes
    ----------
    columns : name -> pyarrow array of `rows` cells, in the order of the file.
    bad : rows that could not be read, and are not among `rows`.
    notes : what was not taken as it stands, for the user.
    """

    file: str
    rows: int
    columns: dict[str, pyarrow.ChunkedArray]
    bad: int = 0
    notes: tuple[str, ...] = ()


def read(path: Path, words: Collection[str] = ()) -> Table:
    """Read a CSV (`.csv`, or any other suffix), Parquet or NDJSON file; text may be packed (`.gz`, `.zst`).

    Parameters
    ----------
    words : columns of a CSV that are text whatever they look like: `02139` is no number where the reference's are not.

    Raises
    ------
    ConfigError : it cannot be read, or holds no header or no row.
    """
    form = path.with_suffix("").suffix if path.suffix in PACKED else path.suffix
    try:
        if form == ".parquet":
            return _checked(path, _flat(pyarrow.parquet.ParquetFile(path).read()))
        with opened(path) as source:
            content = source.read()
        if not content.strip():
            raise ConfigError("is empty; the first row must name the columns", file=str(path))
        if content.startswith(b"PAR1"):
            raise ConfigError("is Parquet; give it the suffix .parquet", file=str(path))
        content, notes = utf8(content, str(path))
        return _lines(path, content, notes) if form in LINES else _csv(path, content, words, notes)
    except (OSError, EOFError, pyarrow.ArrowException) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error


def _checked(path: Path, frame: pyarrow.Table, bad: Sequence[int] = (), notes: tuple[str, ...] = ()) -> Table:
    """The table, its columns as they are meant; `bad` are lines that could not be read."""
    lost = f"{len(bad)} rows could not be read{_first(bad)}"
    if not frame.num_rows:
        raise ConfigError("; ".join(["holds no rows", *([lost] if bad else []), *notes]), file=str(path))
    columns: dict[str, pyarrow.ChunkedArray] = {}
    for name, column in zip(frame.column_names, frame.columns, strict=True):
        if name in columns:
            notes += (f"a second column {name!r} is left out",)
        else:
            columns[name] = meant(column)
    if bad:
        notes += (f"{lost} and are left out",)
    return Table(str(path), frame.num_rows, columns, len(bad), notes)


def _first(lines: Sequence[int]) -> str:
    """Where the first few stand."""
    told = ", ".join(str(line) for line in lines[:TOLD_LINES])
    return f" ({'line' if len(lines) == 1 else 'lines'} {told}{', ...' if len(lines) > TOLD_LINES else ''})"


def _csv(path: Path, content: bytes, words: Collection[str], notes: tuple[str, ...]) -> Table:
    form = form_of(content)
    ragged: list[int] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    frame = _parsed(content, words, note, form)
    if not frame.num_rows and ragged:
        seen = f"the header names {frame.num_columns} columns, separated by {form.delimiter!r}: {frame.column_names[0]}"
        notes += (seen,)
    return _checked(path, frame, ragged, notes + form.notes)


def _parsed(content: bytes, words: Collection[str], on_ragged: object, form: Form) -> pyarrow.Table:
    return pyarrow.csv.read_csv(
        pyarrow.BufferReader(content),
        pyarrow.csv.ReadOptions(use_threads=False),
        pyarrow.csv.ParseOptions(
            delimiter=form.delimiter, newlines_in_values=b'"' in content, invalid_row_handler=on_ragged
        ),
        pyarrow.csv.ConvertOptions(
            strings_can_be_null=True,
            true_values=[],
            false_values=[],
            decimal_point=form.decimal,
            column_types=dict.fromkeys(words, DICTIONARY),
        ),
    )


def _lines(path: Path, content: bytes, notes: tuple[str, ...]) -> Table:
    """One JSON object a line."""
    decoder, bad = msgspec.json.Decoder(), list[int]()
    cells: dict[str, list[Any]] = {}
    rows = 0
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            row = None
        if not isinstance(row, dict):
            bad.append(number)
            continue
        for name, value in _unnested(row).items():
            column = cells.setdefault(name, [])
            column.extend([None] * (rows - len(column)))
            column.append(value)
        rows += 1
    arrays = {name: _array(column + [None] * (rows - len(column))) for name, column in cells.items()}
    return _checked(path, pyarrow.table(arrays) if rows else pyarrow.table({}), bad, notes)


def _unnested(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {key if name == BESIDE else f"{name}.{key}": one for key, one in _unnested(value).items()}
        else:
            flat[name] = value
    return flat


def _array(column: list[Any]) -> pyarrow.Array:
    """The column as pyarrow has it; as text when its cells are of several types."""
    try:
        return pyarrow.array(column)
    except (pyarrow.ArrowException, OverflowError):
        return pyarrow.array([None if one is None else _said(one) for one in column], pyarrow.string())


def _said(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _flat(frame: pyarrow.Table) -> pyarrow.Table:
    """Structs as columns of their own."""
    while any(pyarrow.types.is_struct(field.type) for field in frame.schema):
        frame = frame.flatten()
    return frame.rename_columns([name.removeprefix(f"{BESIDE}.") for name in frame.column_names])
