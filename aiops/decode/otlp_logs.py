"""OTLP logs, protobuf and JSON, as `LogRecord`."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from aiops.decode import otlp_json
from aiops.decode.attribute import origin, text, value_of
from aiops.decode.otlp_json import number
from aiops.decode.severity import NAMES, severity
from aiops.decode.sink import Refused, Run, Sink, seconds
from aiops.types import LogRecord

NUMBERS = ("UNSPECIFIED", *(f"{name}{step}" for name in NAMES for step in ("", 2, 3, 4)))


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one request.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    for group in otlp_json.request(body, ExportLogsServiceRequest, otlp_json.LogsRequest).resource_logs:
        entity, host = origin(group.resource.attributes)
        for scope in group.scope_logs:
            for line in scope.log_records:
                sink.attempt(record, _put, record, line, (entity, host), sink)


def _put(record: int, line: Any, origin: tuple[str, str], sink: Sink) -> None:
    sink.event(record, _line(line, *origin, sink.now))


def _line(line: Any, entity: str, host: str, now: float) -> LogRecord:
    try:
        at = number(line.time_unix_nano) or number(line.observed_time_unix_nano)
        said = severity(line.severity_text, number(line.severity_number, NUMBERS))
        body = text(value_of(line.body))
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused("invalid_field", str(error)) from error
    trace = line.trace_id
    # Neither time is required by the protocol: then a line counts as of now.
    return LogRecord(
        timestamp=seconds(at) if at else now,
        entity=entity,
        body=body,
        severity=said,
        trace_id=trace.hex() if isinstance(trace, bytes) else trace,
        host=host,
    )
