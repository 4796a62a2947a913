"""The agent's own JSON: one object, an array of them, or one a line, each told apart by `type`.

Records of plain `metric` objects are scanned by a kernel; whatever it finds unusual (escapes, another
type, an odd number) is read here, by msgspec, record by record. A bad element of an array costs that
element only.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from aiops.decode.kernels import agent_json
from aiops.decode.parse import convert, parse, timestamp
from aiops.decode.series import kind_of
from aiops.decode.settle import Fast, in_order
from aiops.decode.severity import NAMES, severity
from aiops.decode.sink import Refused, Run, Sink
from aiops.decode.tensor import flattened
from aiops.types import Alert, AnyEvent, Change, Ints, Kind, Labels, LlmCall, LogRecord, Prediction, Span, Verdict

Scalar = str | int | float | bool | None
KINDS = {"counter": Kind.COUNTER, "gauge": Kind.GAUGE, "delta": Kind.DELTA}
NOWHERE = (Labels.of("", {}), Kind.UNKNOWN)


class Metric(msgspec.Struct, tag="metric", tag_field="type", gc=False):
    """A sample; `value` null = no sample."""

    timestamp: float
    name: str
    value: float | None
    labels: dict[str, Scalar] = {}
    kind: str = ""


Element = Metric | LogRecord | Span | Change | Prediction | LlmCall | Alert | Verdict


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    in_order(run, sink, FAST, spell, read)


def spell(run: Run, where: Ints) -> tuple[Labels, Kind]:
    """Decode the labels the kernel stepped over.

    Raises
    ------
    Refused : the text is not UTF-8, or holds what JSON does not allow.
    """
    name, labels, kind = (run.cut(where, i) for i in (0, 2, 4))
    return series(
        parse(name, str), parse(labels, dict[str, Scalar]) if labels else {}, parse(kind, str) if kind else ""
    )


FAST = Fast(agent_json.scan, agent_json.WIDTH, bytes_per_row=120)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one record, of any shape.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    if not body.strip():
        return
    array = body.lstrip()[:1] == b"["
    try:
        found = parse(body, list[Element] if array else Element)
    except Refused as refusal:
        if refusal.reason == "too_deep":
            raise
        _one_by_one(record, body, sink, refusal)
        return
    for element in found if array else (found,):
        sink.attempt(record, put, record, element, sink)


def _one_by_one(record: int, body: bytes, sink: Sink, refusal: Refused) -> None:
    if body.lstrip()[:1] == b"[":
        try:
            parts: list[Any] = parse(body, list[msgspec.Raw])
        except Refused:
            parts = parse(body, list[Any])
    else:
        parts = [line for line in body.split(b"\n") if line.strip()]
        if refusal.reason == "broken_json" and len(parts) == 1:
            raise refusal
        if refusal.reason != "broken_json":
            parts = [body]
    for part in parts:
        sink.attempt(record, _put_part, record, part, sink)


def _put_part(record: int, part: Any, sink: Sink) -> None:
    put(record, element(part), sink)


def element(part: Any) -> Element:
    """Read one element; times may be ISO 8601 and null fields count as absent.

    Raises
    ------
    Refused : with the reason.
    """
    fields = parse(part) if isinstance(part, bytes | msgspec.Raw) else part
    if not isinstance(fields, dict):
        raise Refused("unknown_type", f"expected an object, got {type(fields).__name__}")
    said = {key: value for key, value in fields.items() if value is not None or key == "value"}
    if "timestamp" in said and isinstance(said["timestamp"], str):
        said["timestamp"] = timestamp(said["timestamp"])
    if said.get("type") == "prediction" and isinstance(features := said.get("features"), dict):
        said["features"] = flattened(features)
    found: Element = convert(said, Element)
    return found


def put(record: int, element: Element, sink: Sink) -> None:
    """Hand an element to the sink."""
    if isinstance(element, Metric):
        value = math.nan if element.value is None else element.value
        # Of an impossible time nothing else is looked at, as in the kernel's columns.
        impossible = sink.time_fault(element.timestamp)
        known = NOWHERE if impossible else series(element.name, element.labels, element.kind)
        sink.sample(record, known, element.timestamp, value)
    else:
        sink.event(record, tidy(element))


def tidy(event: AnyEvent) -> AnyEvent:
    """Spell the severity of a log record as everybody else does."""
    if isinstance(event, LogRecord) and event.severity and event.severity not in NAMES:
        return msgspec.structs.replace(event, severity=severity(event.severity))
    return event


def series(name: str, labels: dict[str, Scalar], kind: str) -> tuple[Labels, Kind]:
    """Return the identity of a metric and how it moves.

    Raises
    ------
    Refused : `invalid_field`, no name or an unknown kind.
    """
    if not name:
        raise Refused("invalid_field", "a metric without a name")
    if kind and kind not in KINDS:
        raise Refused("invalid_field", f"kind {kind!r}; known are {', '.join(KINDS)}")
    pairs = {key: text(value) for key, value in labels.items() if key != "__name__"}
    return Labels.of(name, pairs), KINDS[kind] if kind else kind_of(name)


def text(value: Scalar) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else repr(value)
