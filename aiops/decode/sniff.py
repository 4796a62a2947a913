"""Tells which format a record is in, and nothing else.

Order of suspicion: JSON by its first keys; then protobuf by the fields its outermost messages may have; then
snappy by its declared length; then text. What nothing claims is given to `otlp_metrics`, which refuses it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.types import Ints

FORMATS = (
    "", "agent_json", "otlp_metrics", "otlp_logs", "otlp_spans", "remote_write", "telegraf", "prometheus_json",
    "cloudevents", "alertmanager", "log_line",
)  # fmt: skip
TYPES = frozenset(("metric", "alert", "log", "span", "change", "prediction", "llm"))


def sniff_all(buffer: npt.NDArray[np.uint8], start: Ints, stop: Ints) -> npt.NDArray[np.uint8]:
    """Return an index into `FORMATS` for every record, shape (n,); 0 = nothing in it."""
    names = [sniff(buffer[a:b].tobytes()) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
    return np.array([FORMATS.index(name) for name in names], np.uint8)


def sniff(body: bytes) -> str:
    """Return the format of one record, empty = there is nothing in it."""
    head = body.lstrip()
    if not head:
        return ""
    if head[:1] in b"{[":
        return _json(head)
    return _binary(body)


def _json(body: bytes) -> str:
    try:
        found: Any = msgspec.json.decode(body, type=dict[str, Any] | list[Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = _first_line(body)
    first = found[0] if isinstance(found, list) and found else found
    return _object(first, isinstance(found, list)) if isinstance(first, dict) else "agent_json"


def _first_line(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body.split(b"\n", 1)[0])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _object(found: dict[str, Any], in_list: bool) -> str:
    for key, name in (("resourceMetrics", "otlp_metrics"), ("resourceLogs", "otlp_logs"), ("resourceSpans", "otlp_spans")):
        if key in found:
            return name
    if found.get("type") in TYPES and "specversion" not in found:
        return "agent_json"
    if "specversion" in found:
        return "cloudevents"
    if "fields" in found and "name" in found or "metrics" in found:
        return "telegraf"
    if "data" in found and "status" in found or {"labels", "value", "timestamp"} <= found.keys():
        return "prometheus_json"
    if "alerts" in found or ("labels" in found and (in_list or "startsAt" in found)):
        return "alertmanager"
    return "log_line" if found.keys() & {"message", "msg", "log", "body", "MESSAGE"} and "type" not in found else "agent_json"


def _binary(body: bytes) -> str:
    if name := _protobuf(body):
        return name
    if _is_snappy(body):
        return "remote_write"
    return "log_line" if _is_text(body) else "otlp_metrics"


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Return (value, next position); (-1, at) when there is none."""
    value = shift = 0
    while at < len(body) and shift < 64:
        value |= (body[at] & 127) << shift
        shift += 7
        at += 1
        if body[at - 1] < 128:
            return value, at
    return -1, at


def _inside(body: bytes, at: int, stop: int, field: int) -> tuple[int, int]:
    """Return the extent of the first submessage `field` of a message, (0, 0) when there is none."""
    while at < stop:
        tag, at = _varint(body, at)
        if tag < 0 or tag & 7 != 2:
            return 0, 0
        size, at = _varint(body, at)
        if size < 0 or at + size > stop:
            return 0, 0
        if tag >> 3 == field:
            return at, at + size
        at += size
    return 0, 0


def _protobuf(body: bytes) -> str:
    at, stop = 0, len(body)
    for field in (1, 2, 2):  # request -> resource group -> scope group -> metric, log record or span
        at, stop = _inside(body, at, stop, field)
        if not stop:
            return ""
    if body[at : at + 1] in (b"\x09", b"\x59"):
        return "otlp_logs"  # fixed64 time first
    span = body[at : at + 2] == b"\x0a\x10" and body[at + 18 : at + 20] == b"\x12\x08"
    return "otlp_spans" if span else "otlp_metrics"


def _is_snappy(body: bytes) -> bool:
    size, at = _varint(body, 0)
    return size > 0 and at < len(body) and body[at] & 3 == 0 and body[at + 1 : at + 2] == b"\x0a"


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return sum(not (char.isprintable() or char.isspace() or char == "\x1b") for char in text[:256]) == 0
