"""A recording as columns: every row is read once, whatever its order; bad rows are counted, never fatal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aiops.correlate.change import taken
from aiops.diagnosis.refused import LATEST, TIME, Refused
from aiops.diagnosis.series import Series, metrics
from aiops.recording import Recording
from aiops.recording.rows import BOM, stamp, unpacked
from aiops.signals.deployed import Deployed
from aiops.types import Alert, Change, Edge, LogRecord, Span

One = TypeVar("One", LogRecord, Span, Change, Alert)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a recording tells.

    Attributes
    ----------
    fault_start : as told in case.json, else NaN.
    alerted : entity that paged, else empty.
    interval : seconds between samples, as told in case.json.
    notes : on rows that could not be used.
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
    notes: tuple[str, ...] = ()

    @property
    def is_mute(self) -> bool:
        """Whether nothing that it holds could show a fault."""
        return not (len(self.metrics.time) or self.spans or self.logs or self.alerts)


def read(path: Path) -> Case:
    """Read a recording.

    Raises
    ------
    ConfigError : it is no recording, or a file cannot be what its name says.
    """
    recording = Recording(path)
    bad = Refused()
    told = recording.case()
    spans = _events(recording.file("spans.ndjson"), Span, bad)
    announced = _events(recording.file("changes.ndjson"), Change, bad)
    start = told.get("fault_start")
    return Case(
        name=str(path),
        metrics=metrics(recording.file("metrics.csv") or recording.file("metrics.parquet"), bad),
        spans=spans,
        logs=_events(recording.file("logs.ndjson"), LogRecord, bad),
        alerts=_events(recording.file("alerts.ndjson"), Alert, bad),
        changes=_changes(announced, spans),
        edges=tuple(recording.topology()),
        fault_start=_time(start),
        alerted=str(told.get("alerted") or ""),
        interval=_interval(told.get("interval_seconds")),
        notes=bad.notes(),
    )


def _changes(announced: Sequence[Change], spans: Sequence[Span]) -> tuple[Change, ...]:
    """Those that somebody told of, and those that only show, as the live pipeline knows them."""
    known = [*announced]
    for seen in Deployed().see(spans):
        known = taken(known, seen)
    return tuple(known)


def _time(told: Any) -> float:
    found = stamp(told) if isinstance(told, str | float | int) else math.nan
    return found if abs(found) < LATEST else math.nan


def _interval(told: Any) -> float:
    return float(told) if isinstance(told, int | float) and 0 < told < 86_400 else 60.0


def _events(file: Path | None, kind: type[One], bad: Refused) -> tuple[One, ...]:
    """Objects of a file, by time; those of one instant in an order that does not depend on that of the rows."""
    if file is None:
        return ()
    with unpacked(file) as stream:
        lines = stream.read().removeprefix(BOM).split(b"\n")
    decoder = msgspec.json.Decoder(kind)
    keyed: list[tuple[float, bytes, One]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            spelt = _spelt(line, kind)
            if spelt is None:
                bad.add(f"unreadable in {file.name}", [number])
                continue
            event = spelt
        if abs(event.timestamp) < LATEST:
            keyed.append((event.timestamp, line, event))
        else:
            bad.add(f"{TIME} in {file.name}", [number], time=event.timestamp)
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
