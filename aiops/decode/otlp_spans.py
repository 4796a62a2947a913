"""OTLP traces, protobuf and JSON, as `Span`.

Attributes of a span's events (exceptions, evaluation results) join the span's own, which win, then those of
the latest event; an evaluation's score stands under `gen_ai.evaluation.result.<name>`.
"""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.decode import otlp_json
from aiops.decode.attribute import origin, values_of
from aiops.decode.otlp_json import number
from aiops.decode.sink import Refused, Run, Sink, seconds
from aiops.types import Span

KINDS = ("", "internal", "server", "client", "producer", "consumer")
KIND_NAMES = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUS_NAMES = ("UNSET", "OK", "ERROR")
ERROR = 2
VERSION = "service.version"
"""What a span is told of its resource beside who it is."""
EVALUATION = "gen_ai.evaluation.result"
MESSAGES = {
    "gen_ai.user.message": "gen_ai.prompt", "gen_ai.choice": "gen_ai.completion", "gen_ai.system.message": "",
    "gen_ai.assistant.message": "", "gen_ai.tool.message": "",
}  # fmt: skip
"""Events of the legacy convention that tell what was said, and what it is to the call; empty = nothing."""


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one request.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    for group in otlp_json.request(body, ExportTraceServiceRequest, otlp_json.TraceRequest).resource_spans:
        attributes = group.resource.attributes
        told = {name: value for name, value in values_of(attributes).items() if name == VERSION}
        resource = *origin(attributes), told
        for scope in group.scope_spans:
            for span in scope.spans:
                sink.attempt(record, _put, record, span, resource, sink)


def _put(record: int, span: Any, resource: tuple[str, str, dict[str, Any]], sink: Sink) -> None:
    sink.event(record, _span(span, *resource))


def _span(span: Any, entity: str, host: str, told: dict[str, Any]) -> Span:
    try:
        start, stop = number(span.start_time_unix_nano), number(span.end_time_unix_nano)
        kind, status = number(span.kind, KIND_NAMES), number(span.status.code, STATUS_NAMES)
        attributes = told | values_of(span.attributes)
        for event in reversed(span.events):
            attributes = {**_told(event), **attributes}
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused("invalid_field", str(error)) from error
    return Span(
        timestamp=seconds(start),
        trace_id=_identity(span.trace_id),
        span_id=_identity(span.span_id),
        parent_id=_identity(span.parent_span_id),
        entity=entity,
        name=span.name,
        # A clock that was set back must not make a negative duration.
        duration_s=max(0, stop - start) / 1e9,
        status="error" if status == ERROR else "ok",
        kind=KINDS[kind] if 0 <= kind < len(KINDS) else "",
        host=host,
        attributes=attributes,
    )


def _told(event: Any) -> dict[str, Any]:
    """Attributes of an event; of several evaluations each keeps its name, messages become prompt and completion."""
    told = values_of(event.attributes)
    if event.name == EVALUATION and (name := told.get("gen_ai.evaluation.name")):
        return {f"{EVALUATION}.{name}": told.get("gen_ai.evaluation.score.value")}
    if (side := MESSAGES.get(event.name)) is None:
        return told
    said = told.get("gen_ai.event.content") or told.get("content") or told.get("message")
    return {side: said} if side else {}


def _identity(value: bytes | str) -> str:
    return value.hex() if isinstance(value, bytes) else value
