"""OTLP logs, protobuf and JSON, as `LogRecord`.

Events of GenAI are no lines: a judge's score is an `LlmCall` of operation `evaluate`, and of messages only the event's
name is kept, since what people said to a model does not belong among log templates.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from aiops.decode import otlp_json
from aiops.decode.attribute import origin, text, value_of, values_of
from aiops.decode.otlp_json import number
from aiops.decode.severity import NAMES, severity
from aiops.decode.sink import Refused, Run, Sink, seconds
from aiops.types import LlmCall, LogRecord

GEN_AI, EVALUATION = "gen_ai.", "gen_ai.evaluation.result"
NAMED_AMONG = 4
"""Attributes among which older senders name an event: they write the name first."""
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
    event = _event(line)
    said = _line(line, *origin, sink.now)
    if event == EVALUATION:
        sink.event(record, _judged(values_of(line.attributes), said))
    else:
        sink.event(record, msgspec.structs.replace(said, body=event) if event.startswith(GEN_AI) else said)


def _event(line: Any) -> str:
    """Return the name of the event that a record stands for, empty = it is a line."""
    named = (one for one in line.attributes[:NAMED_AMONG] if one.key == "event.name")
    return line.event_name or next((text(value_of(one.value)) for one in named), "")


def _judged(told: dict[str, Any], said: LogRecord) -> LlmCall:
    name, score = told.get("gen_ai.evaluation.name"), told.get("gen_ai.evaluation.score.value")
    number = isinstance(score, int | float) and math.isfinite(score)
    return LlmCall(
        timestamp=said.timestamp,
        entity=said.entity,
        model=text(told.get("gen_ai.response.model") or told.get("gen_ai.request.model")),
        operation="evaluate",
        evaluations={text(name): float(score)} if name and score is not None and number else {},
        conversation_id=text(told.get("gen_ai.conversation.id")),
        trace_id=said.trace_id,
        host=said.host,
    )


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
