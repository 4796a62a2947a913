"""A recording as columns: every row is read once, whatever its order; bad rows are counted, never fatal."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aiops.correlate.change import taken
from aiops.diagnosis.refused import LATEST, TIME, Refused, likely_unit
from aiops.diagnosis.series import Series, metrics
from aiops.errors import ConfigError
from aiops.recording import Recording
from aiops.recording.rows import BOM, stamp, unpacked
from aiops.signals.deployed import Deployed
from aiops.types import Alert, Change, Edge, LogRecord, Span

OUTSIDE_SECONDS = 600.0
"""How far outside of a recording somebody's word for when it began may lie: clocks differ, and people round."""
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
    ConfigError : it is no recording, a file cannot be what its name says, or case.json tells an impossible start.
    """
    recording = Recording(path)
    bad = Refused()
    told = recording.case()
    spans = _events(recording.file("spans.ndjson"), Span, bad)
    announced = _events(recording.file("changes.ndjson"), Change, bad)
    case = Case(
        name=str(path),
        metrics=metrics(recording.file("metrics.csv") or recording.file("metrics.parquet"), bad),
        spans=spans,
        logs=_events(recording.file("logs.ndjson"), LogRecord, bad),
        alerts=_events(recording.file("alerts.ndjson"), Alert, bad),
        changes=_changes(announced, spans),
        edges=tuple(recording.topology()),
        alerted=str(told.get("alerted") or ""),
        interval=_interval(told.get("interval_seconds")),
        notes=bad.notes(),
    )
    start = _start(case, told.get("fault_start"), str(recording.file("case.json")))
    return replace(case, fault_start=start, notes=(*case.notes, *_unheard(case)))


def _changes(announced: Sequence[Change], spans: Sequence[Span]) -> tuple[Change, ...]:
    """Those that somebody told of, and those that only show, as the live pipeline knows them."""
    known = [*announced]
    for seen in Deployed().see(spans):
        known = taken(known, seen)
    return tuple(known)


def _start(case: Case, told: Any, file: str) -> float:
    """When somebody says that it began; NaN = nobody does.

    Raises
    ------
    ConfigError : it is no time, or one at which nothing was recorded.
    """
    if told is None:
        return math.nan
    at = stamp(told) if isinstance(told, str | float | int) and not isinstance(told, bool) else math.nan
    if not abs(at) < LATEST:
        hint = likely_unit(told) or "without it the onset is found"
        raise ConfigError(f"wants epoch seconds or ISO 8601; {hint}", file=file, path="fault_start", value=told)
    times = [one.timestamp for kind in (case.spans, case.logs, case.alerts) for one in kind]
    if len(case.metrics.time):
        times += [float(case.metrics.time.min()), float(case.metrics.time.max())]
    if times and not min(times) - OUTSIDE_SECONDS <= at <= max(times) + OUTSIDE_SECONDS:
        recorded = f"from {min(times):.0f} to {max(times):.0f}; without it the onset is found"
        raise ConfigError(f"is outside of what was recorded, {recorded}", file=file, path="fault_start", value=told)
    return at


def _unheard(case: Case) -> Iterator[str]:
    """What case.json names and nothing else does; a workload is known by its pods."""
    known = {*case.metrics.entity, *case.metrics.peer, *(name for pair in _ends(case) for name in pair)}
    if case.alerted and not any(name.startswith(case.alerted) for name in known):
        near = difflib.get_close_matches(case.alerted, sorted(known), 1)
        yield (
            f"case.json says that {case.alerted!r} paged, which occurs nowhere in the recording"
            + (f"; is it {near[0]!r}?" if near else ": `alerted` is the name of an entity")
        )


def _ends(case: Case) -> Iterator[tuple[str, ...]]:
    yield from ((edge.source, edge.target) for edge in case.edges)
    yield from ((one.entity, one.host) for kind in (case.spans, case.logs, case.alerts) for one in kind)


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
