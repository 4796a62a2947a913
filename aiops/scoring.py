"""`aiops score`: surprise per row of tables, strictly online, one configuration for every file.

Rows are taken in the order of the file; each is a column for the detectors. Alarm = the largest of what forecast
and level shift say, as one tail probability corrected for asking two. `expected` is the forecast.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np

from aiops.errors import ConfigError
from aiops.types import Floats
from detectors.baseline import Baseline
from detectors.shift import Shift

ASKED = math.log10(2.0)
DAY_SECONDS = 86_400.0
GUESS_ROWS = 64


@dataclass(frozen=True, slots=True)
class Table:
    """One input file: `time` of shape (rows,), `values` of shape (rows, series), NaN = no sample."""

    stamps: list[str]
    time: Floats
    names: list[str]
    values: Floats


def read(path: Path) -> Table:
    """Read a CSV or Parquet file.

    Raises
    ------
    ConfigError : no header, or not readable.
    """
    if path.suffix == ".parquet":
        return _parquet(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error
    if not rows:
        raise ConfigError("is empty; the first row must name the columns", file=str(path))
    header, body = rows[0], [row for row in rows[1:] if row]
    columns = list(zip(*([*row, *[""] * (len(header) - len(row))][: len(header)] for row in body), strict=True))
    return _table(header, columns or [()] * len(header), len(body))


def _parquet(path: Path) -> Table:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ConfigError("Parquet needs pyarrow: pip install pyarrow", file=str(path)) from None
    frame = parquet.read_table(path)
    columns = [["" if one is None else str(one) for one in column.to_pylist()] for column in frame.columns]
    return _table(frame.column_names, columns, frame.num_rows)


def _table(header: Sequence[str], columns: Sequence[Sequence[str]], rows: int) -> Table:
    stamps = [str(i) for i in range(rows)]
    time = np.arange(rows, dtype=np.float64)
    names, values = [], []
    for name, column in zip(header, columns, strict=True):
        if name == "timestamp":
            stamps, time = list(column), np.array([_seconds(text) for text in column])
        elif (parsed := _numbers(column)) is not None:
            names.append(name)
            values.append(parsed)
    return Table(stamps, time, names, np.stack(values, axis=1) if values else np.empty((rows, 0)))


def _numbers(column: Sequence[str]) -> Floats | None:
    try:
        found = np.array([float(text) if text.strip() else math.nan for text in column], np.float64)
    except ValueError:
        return None
    return np.where(np.isfinite(found), found, np.nan)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Scorer:
    """Scores the series of one file, row by row.

    Parameters
    ----------
    n : number of series.
    step_seconds : distance of rows; told from the first rows seen, never from later ones.
    """

    def __init__(self, n: int, step_seconds: float) -> None:
        self._baseline = Baseline(step_seconds=step_seconds)
        self._shift = Shift()
        self._states = self._baseline.init(n), self._shift.init(n)

    def row(self, x: Floats, at: int) -> tuple[Floats, Floats]:
        """Surprise and expected value of one row, shape (n,) each; 0 while warming up."""
        point, expected = self._baseline.update(self._states[0], x, at)
        level, _ = self._shift.update(self._states[1], x, at)
        both = np.fmax(np.nan_to_num(point), np.nan_to_num(level))
        return np.maximum(both - ASKED, 0.0), expected


def score(table: Table) -> tuple[Floats, Floats]:
    """Surprise and expectation of every row, shape (rows, series); row t depends on rows up to t only."""
    rows, n = table.values.shape
    surprise, expected = np.zeros((rows, n)), np.full((rows, n), np.nan)
    if not n:
        return surprise, expected
    scorer = Scorer(n, _step(table.time))
    for at in range(rows):
        surprise[at], expected[at] = scorer.row(np.ascontiguousarray(table.values[at]), at)
    return surprise, expected


def _step(time: Floats) -> float:
    """Distance of rows: the first one that is positive. A prefix of a file gives the same."""
    distances = np.diff(time[:GUESS_ROWS])
    positive = distances[np.isfinite(distances) & (distances > 0)]
    return float(min(positive[0], DAY_SECONDS)) if len(positive) else 1.0


def write(table: Table, surprise: Floats, expected: Floats | None, file: TextIO) -> None:
    """One output row per input row: timestamp, then surprise per series, then expectations if asked for."""
    out = csv.writer(file, lineterminator="\n")
    more = [f"{name}:expected" for name in table.names] if expected is not None else []
    out.writerow(["timestamp", *table.names, *more])
    for i, stamp in enumerate(table.stamps):
        rest = _texts(expected[i]) if expected is not None else []
        out.writerow([stamp, *_texts(surprise[i]), *rest])


def _texts(numbers: Iterable[float]) -> list[str]:
    return ["" if one != one else f"{one:.6g}" for one in numbers]


def pairs(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """(input, output) of a file, or of every table in a folder, names kept.

    Raises
    ------
    ConfigError : nothing there.
    """
    if source.is_file():
        yield source, target
        return
    found = sorted(one for one in source.rglob("*") if one.suffix in (".csv", ".parquet"))
    if not found:
        raise ConfigError("holds no .csv or .parquet file", file=str(source))
    for one in found:
        yield one, (target / one.relative_to(source)).with_suffix(".csv")
