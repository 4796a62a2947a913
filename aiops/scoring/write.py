"""Writes scores, one row per input row: timestamp, the series' surprise, then what else was asked for.

The timestamps are those of the input, as they stood there. Surprise is written in single precision: seven digits of a
logarithm are more than anybody can use, and half the text.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

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
    ConfigError : the place cannot be written.
    """
    names = [STAMP, *table.names]
    columns = [table.stamps, *_columns(scores.alarm.astype(np.float32))]
    if expected:
        names += [f"{name}:expected" for name in table.names]
        columns += _columns(scores.expected)
    frame = pyarrow.table(columns, names=names)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pyarrow.parquet.write_table(frame, path)
        else:
            _write_csv(frame, path)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=str(path)) from None


def _columns(scores: Floats) -> list[pyarrow.Array]:
    return [pyarrow.array(np.ascontiguousarray(column), from_pandas=True) for column in scores.T]


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
