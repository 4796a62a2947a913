"""The metrics of a recording as columns, series by series."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aiops.diagnosis.refused import LATEST, Refused, first_lines, torn
from aiops.errors import ConfigError
from aiops.recording.rows import stamp, unpacked
from aiops.types import Floats, Ints

Key = tuple[str, str, str, str]
PEERS = ("peer", "destination", "upstream", "target")
"""Labels that name the other end of a call."""

LARGEST = 1e150
"""Squares of what is more are no numbers any more."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time, one series after the other.

    Attributes
    ----------
    entity, metric, peer, detail : n texts each; `detail` holds further labels, `peer` the other end of a call.
    start : shape (n + 1,); series i is `[start[i]:start[i + 1]]` of `time` and `value`.
    time : shape (m,), epoch seconds, ascending within a series.
    value : shape (m,), finite, in the series' own unit.
    """

    entity: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    peer: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    start: Ints = field(default_factory=lambda: np.zeros(1, np.int64))
    time: Floats = field(default_factory=lambda: np.empty(0))
    value: Floats = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.entity)


def metrics(file: Path | None, bad: Refused) -> Series:
    """Read metrics.csv or metrics.parquet.

    Parameters
    ----------
    bad : rows that cannot be used, added to.

    Raises
    ------
    ConfigError : it cannot be read, or lacks a column.
    """
    if file is None:
        return Series()
    table = _table(file, bad)
    missing = [name for name in ("timestamp", "metric", "value") if name not in table.column_names]
    if missing:
        raise ConfigError(f"lacks the column {missing[0]!r}; it has: {', '.join(table.column_names)}", file=str(file))
    twice = [name for name, count in Counter(table.column_names).items() if count > 1]
    if twice:
        raise ConfigError(f"has the column {twice[0]!r} more than once", file=str(file))
    time, value = _numbers(table["timestamp"], stamp), _numbers(table["value"], _float)
    late = ~(np.abs(time) < LATEST)
    good = ~late & (np.abs(value) < LARGEST)
    if late.any():
        bad.add_times(file, table["timestamp"], np.flatnonzero(late))
    names, series = _named(table)
    order = np.lexsort((value, time, series))
    order = order[good[order]]
    # A sample that was recorded twice is one sample.
    same = (series[order][1:] == series[order][:-1]) & (time[order][1:] == time[order][:-1])
    order = order[np.concatenate(([True], ~same))] if len(order) else order
    start = np.searchsorted(series[order], np.arange(len(names) + 1))
    entity, metric, peer, detail = zip(*names, strict=True) if names else ((), (), (), ())
    return Series(entity, metric, peer, detail, start, time[order], value[order])


def _table(file: Path, bad: Refused) -> Any:
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    refused = 0

    def refuse(_: Any) -> str:
        nonlocal refused
        refused += 1
        return "skip"

    try:
        if file.name.endswith(".parquet"):
            return pyarrow.parquet.read_table(file)
        with unpacked(file) as stream:
            head = stream.readline()
        names = head.decode("utf-8-sig").strip().split(",")
        if not head.endswith(b"\n"):  # no row follows, and what is no row Arrow takes for no file
            return pyarrow.table({name: [] for name in names})
        text = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        with unpacked(file) as stream:
            table = pyarrow.csv.read_csv(
                stream,
                parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=refuse, newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name.strip('"'): text for name in names} | {"value": pyarrow.string()},
                    check_utf8=False,
                ),
            )
        if refused:
            bad.add(f"unreadable in {file.name}", first_lines(file, torn), rows=refused)
        return table
    except (OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(file)) from error


def _float(text: str | float) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _numbers(column: Any, spell: Any) -> Floats:
    """A column of texts or numbers; NaN = no number."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        return _raw(column.cast(pyarrow.timestamp("ns", column.type.tz)).cast(pyarrow.int64()), math.nan) / 1e9
    if not pyarrow.types.is_dictionary(column.type):
        try:
            return _raw(column.cast(pyarrow.float64()), math.nan)
        except pyarrow.ArrowInvalid:
            pass
    texts, code = _coded(column)
    known = np.array([math.nan if one is None else spell(one) for one in texts] + [math.nan])
    return np.asarray(known[code], np.float64)


def _coded(column: Any) -> tuple[list[Any], Ints]:
    """The different values of a column, and which of them each row holds; where it holds none, one past the last."""
    import pyarrow

    column = column.dictionary_encode().combine_chunks()
    if isinstance(column, pyarrow.ChunkedArray):
        column = column.chunk(0)
    known = column.dictionary
    texts = (
        known.to_pylist()
        if not pyarrow.types.is_string(known.type)
        else [
            None if one is None else one.decode("utf-8", "replace") for one in known.cast(pyarrow.binary()).to_pylist()
        ]
    )
    return texts, _raw(column.indices.cast(pyarrow.int64()), len(texts)).astype(np.int64)


def _raw(column: Any, missing: float) -> npt.NDArray[Any]:
    """Numbers of 64 bits as they lie in memory: Arrow's own way to numpy loads pandas, which takes a second."""
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    kind = np.float64 if str(column.type) == "double" else np.int64
    found = []
    for one in chunks:
        valid, held = one.buffers()
        part = np.frombuffer(held or b"", kind)[one.offset : one.offset + len(one)]
        if one.null_count:
            bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
            part = np.where(bits[one.offset : one.offset + len(one)] > 0, part, missing)
        found.append(part)
    return np.concatenate(found) if found else np.empty(0, kind)


def _named(table: Any) -> tuple[list[Key], Ints]:
    """Entity, metric, peer and further labels of each series, sorted, and the series of each row."""
    columns = [name for name in table.column_names if name not in ("timestamp", "value")]
    row, told = np.zeros(len(table), np.int64), [()]
    for name in columns if len(table) else ():
        texts, code = _coded(table[name])
        # Numbered anew after each column: products of many columns would not fit into 64 bits.
        unique, row = np.unique(row * (len(texts) + 1) + code, return_inverse=True)
        words = ["" if one is None else str(one) for one in texts] + [""]
        told = [(*told[i], words[j]) for i, j in (divmod(one, len(words)) for one in unique.tolist())]
    found = [_key(dict(zip(columns, one, strict=True))) for one in told] if len(table) else []
    names = sorted(set(found))
    number = {name: i for i, name in enumerate(names)}
    return names, np.array([number[one] for one in found], np.int64)[row] if found else row


def _key(labels: dict[str, str]) -> Key:
    entity, metric = labels.pop("entity", ""), labels.pop("metric", "")
    peer = next((labels.pop(name) for name in PEERS if labels.get(name)), "")
    return entity, metric, peer, ", ".join(f"{key}={value}" for key, value in sorted(labels.items()) if value)
