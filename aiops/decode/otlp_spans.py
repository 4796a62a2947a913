"""OTLP traces, protobuf and JSON, as `Span`.

Attributes of a span's events (exceptions, evaluation results) join the span's own, which win.
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
        entity, host = origin(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                sink.attempt(record, _put, record, span, (entity, host), sink)


def _put(record: int, span: Any, origin: tuple[str, str], sink: Sink) -> None:
    sink.event(record, _span(span, *origin))


def _span(span: Any, entity: str, host: str) -> Span:
    try:
        start, stop = number(span.start_time_unix_nano), number(span.end_time_unix_nano)
        kind, status = number(span.kind, KIND_NAMES), number(span.status.code, STATUS_NAMES)
        attributes = values_of(span.attributes)
        for event in span.events:
            attributes = {**values_of(event.attributes), **attributes}
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


def _identity(value: bytes | str) -> str:
    return value.hex() if isinstance(value, bytes) else value
