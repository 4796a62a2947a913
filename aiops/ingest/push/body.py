"""Light checks of pushed bodies, before they are accepted: what cannot be parsed deserves an answer, not a dead letter.

Protobuf is parsed by its C library and thrown away; what the numbers mean is `decode`'s business. Changes are brought
into the agent's own form here, because only here the time they arrived is known.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.decode.agent_json import element
from aiops.decode.change import read
from aiops.decode.sink import FUTURE_SECONDS, YEAR_2000, Refused
from aiops.ingest.push.inbox import Kind
from aiops.ingest.unpack import BombError, CorruptError, Unpacker

PROTOBUF = ("application/x-protobuf", "application/protobuf", "application/octet-stream")
OTLP: dict[str, tuple[Any, str]] = {
    "metrics": (ExportMetricsServiceRequest, "resourceMetrics"),
    "logs": (ExportLogsServiceRequest, "resourceLogs"),
    "traces": (ExportTraceServiceRequest, "resourceSpans"),
}
OWN_RECORD = re.compile(rb'"type"\s*:\s*"(metric|alert|log|span|change|prediction|llm)"')
OWN_WITHIN_BYTES = 4096
CHANGE_FIELDS = frozenset(
    ("timestamp", "kind", "id", "entity", "summary", "author", "files", "diff", "before", "after", "type")
)


class InvalidError(Exception):
    """The body is not what its path promises: 400."""


class TooLargeError(Exception):
    """More than we take, packed or unpacked: 413."""


def checked(kind: Kind, body: bytes, content_type: str, now: float, most_bytes: int) -> bytes:
    """Return the body as it shall be kept.

    Parameters
    ----------
    body : with any Content-Encoding taken off already, except remote write's snappy, which is part of its format.
    content_type : of the request; decides between protobuf and JSON.
    now : for changes that do not say when.

    Raises
    ------
    InvalidError : it cannot be parsed, or lacks what is required.
    TooLargeError : a remote write unpacks to more than `most_bytes`.
    """
    return CHECKS[kind](kind, body, content_type.partition(";")[0].strip().lower(), now, most_bytes)


def _otlp(kind: str, body: bytes, content_type: str, _now: float, _most: int) -> bytes:
    message, key = OTLP[kind]
    if content_type in PROTOBUF:
        try:
            message.FromString(body)
        except DecodeError as error:
            raise InvalidError(f"not an OTLP {kind} request: {error}") from error
        return body
    try:
        found = _json(body)
    except InvalidError as error:
        raise InvalidError(f"{error}{_elsewhere(body)}") from error
    # What the specification skips as unknown would be lost whole where nothing else is there.
    if not isinstance(found, dict) or not isinstance(found.get(key, None if found else []), list):
        raise InvalidError(f"not an OTLP {kind} request: wants an object with {key}, a list{_elsewhere(body)}")
    return body


def _elsewhere(body: bytes) -> str:
    """Where a body belongs that is no OTLP; empty = nobody knows."""
    if own := OWN_RECORD.search(body, 0, OWN_WITHIN_BYTES):
        return (
            f'; records of the agent\'s own form (type "{own[1].decode()}") come by Kafka or in a recording, '
            "changes also by POST /api/v1/changes, alerts by /api/v2/alerts, LLM calls as spans to /v1/traces"
        )
    others = (f"{name} go to /v1/{kind}" for kind, (_, name) in OTLP.items() if f'"{name}"'.encode() in body)
    return "".join(f"; {one}" for one in others)


def _write(_kind: str, body: bytes, _type: str, _now: float, most_bytes: int) -> bytes:
    try:
        plain = Unpacker(most_bytes).unpack(body, "snappy")
    except BombError as error:
        raise TooLargeError(str(error)) from error
    except CorruptError as error:
        raise InvalidError(f"not snappy: {error}") from error
    at = 0
    while at < len(plain):
        # A WriteRequest holds submessages only (series and metadata), each with its length.
        tag, at = _varint(plain, at)
        length, at = _varint(plain, at)
        if tag & 7 != 2 or length > len(plain) - at:
            raise InvalidError("not a remote write request")
        at += length
    return body


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise InvalidError("not a remote write request: a number is cut off")


def _alerts(_kind: str, body: bytes, _type: str, _now: float, _most: int) -> bytes:
    found = _json(body)
    alerts = found.get("alerts") if isinstance(found, dict) else found
    if not isinstance(alerts, list) or not all(
        isinstance(alert, dict) and isinstance(alert.get("labels"), dict) for alert in alerts
    ):
        raise InvalidError("expected a list of alerts, each with labels")
    return body


def _changes(_kind: str, body: bytes, _type: str, now: float, _most: int) -> bytes:
    found = _json(body)
    changes = found if isinstance(found, list) else [found]
    return msgspec.json.encode([event for change in changes for event in _told(change, now)])


def _told(raw: Any, now: float) -> list[Any]:
    """Events of a payload of somebody else's, or a change in our own words."""
    if isinstance(raw, dict) and raw.keys() - CHANGE_FIELDS:
        try:
            found = read(raw, now)
        except Refused as refusal:
            raise InvalidError(f"{refusal.reason}: {refusal.detail}") from refusal
        if found is not None:
            return list(found)
    return [_change(raw, now)]


def _change(raw: Any, now: float) -> dict[str, Any]:
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str) or not raw["kind"]:
        raise InvalidError("a change needs a kind, such as deploy, config or flag")
    if unknown := sorted(raw.keys() - CHANGE_FIELDS):
        raise InvalidError(f"a change has no field {unknown[0]!r}")
    # Without an id of its own, the same change told twice is still one change.
    name = hashlib.sha256(msgspec.json.encode(raw, order="deterministic")).hexdigest()[:16]
    said = {field: value for field, value in raw.items() if value is not None}
    told = {"id": name, "timestamp": now, **said, "type": "change"}
    if not YEAR_2000 <= _time(told) <= now + FUTURE_SECONDS:
        today = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise InvalidError(
            f"timestamp {told['timestamp']!r} is no time up to now: wants epoch seconds or ISO 8601, "
            f"now is {int(now)} or {today!r}; leave it out to mean now"
        )
    return told


def _time(told: dict[str, Any]) -> float:
    """When a change was, NaN where it says so in no way that decoding reads."""
    try:
        return element(told).timestamp
    except Refused as refusal:
        if refusal.reason != "invalid_time":
            raise InvalidError(f"{refusal.reason}: {refusal.detail}") from refusal
        return math.nan


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError(f"not JSON: {error}") from error


CHECKS: dict[Kind, Callable[[str, bytes, str, float, int], bytes]] = {
    "metrics": _otlp,
    "logs": _otlp,
    "traces": _otlp,
    "write": _write,
    "alerts": _alerts,
    "changes": _changes,
}
