"""Spans as SDKs and tools print them, one object each: OpenTelemetry's console exporter, OpenInference, Phoenix, ours.

Attributes are a map, nested or under dotted names, or columns `attributes.<name>`; times are ISO 8601 or numbers of any
unit. Such a span is spelled as OTLP's JSON, so that one decoder reads all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiops.decode.parse import epoch
from aiops.decode.sink import YEAR_2000, Refused

COLUMN = "attributes."
START = ("start_time", "startTime", "timestamp")
NESTED = ("llm", "input", "output", "openinference", "retrieval", "embedding", "gen_ai", "session", "tool", "metadata")
"""Beginnings of names under which Phoenix nests what belongs together."""


def is_printed(fields: Mapping[str, Any]) -> bool:
    """Whether an object is a span with its attributes as a map."""
    return isinstance(fields.get("attributes"), dict) or any(name.startswith(COLUMN) for name in fields)


def request_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The span as an OTLP request, in JSON's terms."""
    inside = fields.get("attributes")
    told = dict(_flat(inside)) if isinstance(inside, dict) else {}
    columns = {name.removeprefix(COLUMN): value for name, value in fields.items() if name.startswith(COLUMN)}
    told |= dict(_flat(columns))
    if (kind := fields.get("span_kind")) is not None:
        told.setdefault("openinference.span.kind", kind)
    context = fields.get("context")
    context = context if isinstance(context, dict) else {}
    begun = next((fields[name] for name in START if fields.get(name) is not None), None)
    span = {
        "name": str(fields.get("name") or ""),
        "traceId": str(context.get("trace_id") or fields.get("context.trace_id") or fields.get("trace_id") or ""),
        "spanId": str(context.get("span_id") or fields.get("context.span_id") or fields.get("span_id") or ""),
        "startTimeUnixNano": _nanoseconds(begun),
        "endTimeUnixNano": _nanoseconds(fields.get("end_time") or fields.get("endTime") or begun),
        "attributes": _pairs(told),
        "events": [_event(one) for one in _list(fields.get("events")) if isinstance(one, dict)],
        "status": {"code": 2 if _failed(fields) else 0},
    }
    return {"resourceSpans": [{"resource": {"attributes": _pairs(_resource(fields))},
                               "scopeSpans": [{"spans": [span]}]}]}  # fmt: skip


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Maps under dotted names, and lists of objects that Phoenix nests (`message`, `document`) under numbered ones."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and path.split(".")[0] in NESTED:
            yield from _flat(value, f"{path}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) and len(one) == 1 for one in value):
            for i, one in enumerate(value):
                yield from _flat(one, f"{path}.{i}.")
        else:
            yield path, value


def _pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _pairs(value)}}
    return {} if value is None else {"stringValue": str(value)}


def _nanoseconds(said: Any) -> str:
    """A time that is missing or cannot be read costs nothing that is told of a file's texts."""
    try:
        return str(int(epoch(said) * 1e9))
    except (Refused, ValueError, OverflowError):
        return str(int(YEAR_2000 * 1e9))


def _event(one: Mapping[str, Any]) -> dict[str, Any]:
    inside = one.get("attributes")
    return {"name": str(one.get("name") or ""), "attributes": _pairs(inside) if isinstance(inside, dict) else []}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _failed(fields: Mapping[str, Any]) -> bool:
    status = fields.get("status")
    said = status.get("status_code", status.get("code")) if isinstance(status, dict) else status
    return said == 2 or str(said or fields.get("status_code") or "").upper().endswith("ERROR")


def _resource(fields: Mapping[str, Any]) -> dict[str, Any]:
    resource = fields.get("resource")
    inside = resource.get("attributes") if isinstance(resource, dict) else None
    found = dict(inside) if isinstance(inside, dict) else {}
    if isinstance(entity := fields.get("entity"), str):
        found["service.name"] = entity
    return found
