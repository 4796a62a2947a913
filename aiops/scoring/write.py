"""Writes scores, one row per input row: timestamp, the series' surprise, then what else was asked for.

The timestamps are those of the input, as they stood there. Surprise is written in single precision: seven digits of a
logarithm are more than anybody can use, and half the text.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from aiops.errors import ConfigError
from aiops.scoring.score import Scores
from aiops.scoring.table import STAMP, Table
from aiops.types import Floats

STRUCTURAL = '[",\r\n]'


def write(path: Path, table: Table, scores: Scores, *, expected: bool) -> None:
    """Write Parquet when that is the file's suffix, else CSV.

    Raises
    ------
    ConfigError : the place cannot be written, or a series has the name of one of our columns.
    """
    more = _more(table, scores, expected)
    if taken := sorted(set(table.names) & {name for name, _ in more}):
        raise ConfigError(f"a series has the name of a column to be written: {taken[0]!r}; rename it", file=str(path))
    columns = [(STAMP, table.stamps), *zip(table.names, _columns(scores.alarm), strict=True), *more]
    frame = pyarrow.table([column for _, column in columns], names=[name for name, _ in columns])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pyarrow.parquet.write_table(frame, path)
        else:
            _write_csv(frame, path)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=str(path)) from None


def _more(table: Table, scores: Scores, expected: bool) -> list[tuple[str, pyarrow.Array]]:
    """What was asked for beside the alarm."""
    found: list[tuple[str, pyarrow.Array]] = []
    if expected:
        names = [f"{name}:expected" for name in table.names]
        found += zip(names, _columns(scores.expected, np.float64), strict=True)
    if scores.shape is not None:
        found += zip([f"{name}:shape" for name in table.names], _columns(scores.shape), strict=True)
    for name, score in (("joint", scores.joint), ("joint:shape", scores.joint_shape)):
        if score is not None:
            found += zip([name], _columns(score[:, None]), strict=True)
    return found


def _columns(scores: Floats, kind: type[np.floating[Any]] = np.float32) -> list[pyarrow.Array]:
    # NaN is nothing, in CSV an empty cell.
    return [pyarrow.array(column, from_pandas=True) for column in np.ascontiguousarray(scores.T, kind)]


def _write_csv(frame: pyarrow.Table, path: Path) -> None:
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(frame.column_names)
    stamps = frame.column(0).cast(pyarrow.string())
    structural = pyarrow.compute.any(pyarrow.compute.match_substring_regex(stamps, STRUCTURAL)).as_py()
    # pyarrow quotes every text or none.
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed" if structural else "none")
    with path.open("wb") as file:
        file.write(header.getvalue().encode())
        pyarrow.csv.write_csv(frame.set_column(0, STAMP, stamps), file, options)
