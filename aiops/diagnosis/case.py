"""A recording as columns: every row is read once, whatever its order; bad rows are counted, never fatal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from aiops.errors import ConfigError
from aiops.recording import Recording
from aiops.recording.rows import opened, stamp
from aiops.types import Alert, Change, Edge, Floats, Ints, LogRecord, Span

One = TypeVar("One", LogRecord, Span, Change, Alert)
PEERS = ("peer", "destination", "upstream", "target")
"""Labels that name the other end of a call."""


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


@dataclass(frozen=True, slots=True)
class Case:
    """All that a recording tells.

    Attributes
    ----------
    fault_start : as told in case.json, else NaN.
    alerted : entity that paged, else empty.
    interval : seconds between samples, as told in case.json.
    bad : reason -> rows that could not be read.
    """

    name: str
    metrics: Series = field(default_factory=Series)
    spans: tuple[Span, ...] = ()
    logs: tuple[LogRecord, ...] = ()
    alerts: tuple[Alert, ...] = ()
    changes: tuple[Change, ...] = ()
    edges: tuple[Edge, ...] = ()
    fault_start: float = math.nan
    alerted: str = ""
    interval: float = 60.0
    bad: Mapping[str, int] = field(default_factory=dict)


def read(path: Path) -> Case:
    """Read a recording.

    Raises
    ------
    ConfigError : it is no recording, or a file cannot be what its name says.
    """
    recording = Recording(path)
    bad: Counter[str] = Counter()
    told = recording.case()
    start = told.get("fault_start")
    return Case(
        name=str(path),
        metrics=_metrics(recording.file("metrics.csv") or recording.file("metrics.parquet"), bad),
        spans=_events(recording.file("spans.ndjson"), Span, bad),
        logs=_events(recording.file("logs.ndjson"), LogRecord, bad),
        alerts=_events(recording.file("alerts.ndjson"), Alert, bad),
        changes=_events(recording.file("changes.ndjson"), Change, bad),
        edges=tuple(recording.topology()),
        fault_start=stamp(start) if isinstance(start, str | float | int) else math.nan,
        alerted=str(told.get("alerted") or ""),
        interval=_interval(told.get("interval_seconds")),
        bad=dict(bad),
    )


def _interval(told: Any) -> float:
    return float(told) if isinstance(told, int | float) and 0 < told < 86_400 else 60.0


def _events(file: Path | None, kind: type[One], bad: Counter[str]) -> tuple[One, ...]:
    """Objects of a file, by time; those of one instant in an order that does not depend on that of the rows."""
    if file is None:
        return ()
    with opened(file) as stream:
        lines = [line for line in stream.read().split(b"\n") if line.strip()]
    decoder = msgspec.json.Decoder(kind)
    keyed: list[tuple[float, bytes, One]] = []
    for line in lines:
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            spelt = _spelt(line, kind)
            if spelt is None:
                bad[f"unreadable in {file.name}"] += 1
                continue
            event = spelt
        if abs(event.timestamp) < 1e12:
            keyed.append((event.timestamp, line, event))
        else:
            bad[f"invalid time in {file.name}"] += 1
    keyed.sort(key=lambda one: one[:2])
    return tuple(event for _, _, event in keyed)


def _spelt(line: bytes, kind: type[One]) -> One | None:
    """The slow way: times as ISO 8601, fields that are null."""
    try:
        fields: Any = msgspec.json.decode(line)
        fields = {key: value for key, value in fields.items() if value is not None}
        return msgspec.convert({**fields, "timestamp": stamp(fields["timestamp"])}, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, AttributeError, KeyError, TypeError):
        return None


def _metrics(file: Path | None, bad: Counter[str]) -> Series:
    if file is None:
        return Series()
    table = _table(file, bad)
    missing = [name for name in ("timestamp", "metric", "value") if name not in table.column_names]
    if missing:
        raise ConfigError(f"lacks the column {missing[0]!r}; it has: {', '.join(table.column_names)}", file=str(file))
    time, value = _numbers(table["timestamp"], stamp), _numbers(table["value"], _float)
    good = np.isfinite(time) & np.isfinite(value)
    unreadable = int(np.count_nonzero(~np.isfinite(time)))
    if unreadable:
        bad[f"invalid time in {file.name}"] += unreadable
    names, series = _named(table)
    order = np.lexsort((value, time, series))
    order = order[good[order]]
    # A sample that was recorded twice is one sample.
    same = (series[order][1:] == series[order][:-1]) & (time[order][1:] == time[order][:-1])
    order = order[np.concatenate(([True], ~same))] if len(order) else order
    start = np.searchsorted(series[order], np.arange(len(names) + 1))
    entity, metric, peer, detail = zip(*names, strict=True) if names else ((), (), (), ())
    return Series(entity, metric, peer, detail, start, time[order], value[order])


def _table(file: Path, bad: Counter[str]) -> Any:
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    def refuse(_: Any) -> str:
        bad[f"unreadable in {file.name}"] += 1
        return "skip"

    try:
        if file.name.endswith(".parquet"):
            return pyarrow.parquet.read_table(file)
        with opened(file) as stream:
            header = stream.readline().decode("utf-8-sig", "replace").strip().split(",")
        text = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        with opened(file) as stream:
            return pyarrow.csv.read_csv(
                stream,
                parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=refuse, newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name.strip('"'): text for name in header} | {"value": pyarrow.string()},
                    check_utf8=False,
                ),
            )
    except (OSError, pyarrow.ArrowException, EOFError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(file)) from error


def _float(text: str | float) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _numbers(column: Any, spell: Any) -> Floats:
    """A column of texts or numbers; NaN = no number."""
    import pyarrow
    import pyarrow.compute

    if pyarrow.types.is_timestamp(column.type):
        moments = column.cast(pyarrow.timestamp("ns", column.type.tz)).cast(pyarrow.int64())
        return np.asarray(moments.to_numpy(), np.float64) / 1e9
    if not pyarrow.types.is_dictionary(column.type):
        try:
            return np.asarray(column.cast(pyarrow.float64()).to_numpy(), np.float64)
        except pyarrow.ArrowInvalid:
            column = column.dictionary_encode()
    column = column.combine_chunks()
    if isinstance(column, pyarrow.ChunkedArray):
        column = column.chunk(0)
    known = np.array([math.nan if one is None else spell(one) for one in column.dictionary.to_pylist()] + [math.nan])
    return np.asarray(known[np.asarray(column.indices.fill_null(len(known) - 1))], np.float64)


def _named(table: Any) -> tuple[list[tuple[str, str, str, str]], Ints]:
    """Entity, metric, peer and further labels of each series, sorted, and the series of each row."""
    columns = [name for name in table.column_names if name not in ("timestamp", "value")]
    values: list[list[str]] = []
    place = np.zeros(len(table), np.int64)
    for name in columns:
        column = table[name].dictionary_encode().combine_chunks() if len(table) else None
        if column is None:
            continue
        column = column.chunk(0) if hasattr(column, "chunk") else column
        texts = ["" if one is None else str(one) for one in column.dictionary.to_pylist()] + [""]
        place = place * len(texts) + np.asarray(column.indices.fill_null(len(texts) - 1), np.int64)
        values.append(texts)
    unique, row = np.unique(place, return_inverse=True)
    found = []
    for code in unique.tolist():
        parts = []
        for texts in reversed(values):
            code, at = divmod(code, len(texts))
            parts.append(texts[at])
        found.append(_key(dict(zip(columns, reversed(parts), strict=True))))
    names = sorted(set(found))
    number = {name: i for i, name in enumerate(names)}
    return names, np.array([number[one] for one in found], np.int64)[row]


def _key(labels: dict[str, str]) -> tuple[str, str, str, str]:
    entity, metric = labels.pop("entity", ""), labels.pop("metric", "")
    peer = next((labels.pop(name) for name in PEERS if labels.get(name)), "")
    return entity, metric, peer, ", ".join(f"{key}={value}" for key, value in sorted(labels.items()) if value)
