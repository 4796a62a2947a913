"""OTLP traces and logs, protobuf and JSON."""

from __future__ import annotations

import base64
import json

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.decode.severity import severity
from aiops.types import LogRecord, Span

NOW = 1_760_000_000.0
NANO = int(NOW) * 10**9


def resource(group):
    for name, value in (("service.name", "web"), ("host.name", "h1")):
        added = group.resource.attributes.add(key=name)
        added.value.string_value = value


def spans(count=1, **fields):
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    resource(group)
    scope = group.scope_spans.add()
    for _ in range(count):
        told = {"start_time_unix_nano": NANO, "end_time_unix_nano": NANO + 250_000_000, **fields}
        span = scope.spans.add(
            trace_id=b"\x01" * 16, span_id=b"\x02" * 8, parent_span_id=b"\x03" * 8, name="GET /", kind=2, **told
        )
        span.status.code = 2
        span.attributes.add(key="http.status_code").value.int_value = 500
        span.events.add(name="exception").attributes.add(key="exception.type").value.string_value = "Timeout"
    return request


def logs(**fields):
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    resource(group)
    line = group.scope_logs.add().log_records.add(**{"time_unix_nano": NANO, "severity_number": 18, **fields})
    line.body.string_value = "payment failed"
    line.trace_id = b"\x01" * 16
    return request


def as_json(request):
    def hexed(node):
        if isinstance(node, list):
            return [hexed(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            k: base64.b64decode(v).hex() if k in ("traceId", "spanId", "parentSpanId") else hexed(v)
            for k, v in node.items()
        }

    return json.dumps(hexed(MessageToDict(request))).encode()


SPAN = Span(
    timestamp=NOW,
    trace_id="01" * 16,
    span_id="02" * 8,
    parent_id="03" * 8,
    entity="web",
    name="GET /",
    duration_s=0.25,
    status="error",
    kind="server",
    host="h1",
    attributes={"http.status_code": 500, "exception.type": "Timeout"},
)
LINE = LogRecord(timestamp=NOW, entity="web", body="payment failed", severity="ERROR", trace_id="01" * 16, host="h1")


@pytest.mark.parametrize("encode", [lambda r: r.SerializeToString(), as_json])
def test_spans_and_logs_are_read_from_protobuf_and_json(read, encode):
    told = read(encode(spans()), encode(logs()))
    assert told.events == [(0, SPAN), (1, LINE)]
    assert told.rejected == []


def test_a_log_line_without_any_time_counts_as_of_now(read):
    told = read(
        logs(time_unix_nano=0).SerializeToString(),
        logs(time_unix_nano=0, observed_time_unix_nano=NANO - 10**9).SerializeToString(),
        format="otlp_logs",
    )
    assert [event.timestamp for _, event in told.events] == [NOW, NOW - 1]


def test_a_span_whose_clock_was_set_back_lasts_nothing(read):
    told = read(spans(end_time_unix_nano=NANO - 10**9).SerializeToString())
    assert told.events[0][1].duration_s == 0.0


def test_impossible_times_cost_their_span_only(read):
    body = spans(3)
    body.resource_spans[0].scope_spans[0].spans[1].start_time_unix_nano = 5
    told = read(body.SerializeToString())
    assert len(told.events) == 2
    assert [(one.reason, one.count) for one in told.rejected] == [("invalid_time", 1)]


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("", 0, ""),
        ("warning", 0, "WARN"),
        ("ERROR2", 0, "ERROR"),
        ("Info", 0, "INFO"),
        ("critical", 0, "FATAL"),
        ("[error]", 0, "ERROR"),
        ("x", 1, "TRACE"),
        ("", 9, "INFO"),
        ("", 13, "WARN"),
        ("", 24, "FATAL"),
        ("weird", 99, ""),
    ],
)
def test_severity_is_told_from_number_or_text(text, number, expected):
    assert severity(text, number) == expected


@pytest.mark.parametrize("format", ["otlp_spans", "otlp_logs", ""])
def test_a_message_whose_first_length_is_a_brace_is_no_json(read, format):
    """Field 1 is a line feed, a length of 123 bytes is `{`: so it looks like indented JSON."""
    request = logs() if format == "otlp_logs" else spans()
    group = request.resource_logs[0] if format == "otlp_logs" else request.resource_spans[0]
    group.ClearField("resource")
    if format != "otlp_logs":
        group.scope_spans[0].spans[0].ClearField("attributes")
        group.scope_spans[0].spans[0].ClearField("events")
        group.scope_spans[0].spans[0].ClearField("parent_span_id")
        group.scope_spans[0].spans[0].name = ""
    while group.ByteSize() < 123:
        group.schema_url += "x"
    body = request.SerializeToString()
    assert body[:2] == b"\n{"
    assert len(read(body, format=format).events) == 1
    assert len(read(b"\n" + as_json(request), format=format).events) == 1


@pytest.mark.parametrize("named", [{"event_name": "gen_ai.user.message"}, {}])
def test_what_people_say_to_models_is_no_log_line(read, named):
    request = logs(**named)
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    record.body.string_value = "Where is my order?"
    if not named:
        attribute = record.attributes.add()
        attribute.key, attribute.value.string_value = "event.name", "gen_ai.user.message"
    for wire in (request.SerializeToString(), as_json(request)):
        (line,) = [event for _, event in read(wire).events]
        assert line.body == "gen_ai.user.message"


def test_a_judges_score_that_comes_as_a_log_is_an_evaluation(read):
    request = logs(event_name="gen_ai.evaluation.result")
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    for key, value in (("gen_ai.evaluation.name", "relevance"), ("gen_ai.response.model", "gpt")):
        attribute = record.attributes.add()
        attribute.key, attribute.value.string_value = key, value
    attribute = record.attributes.add()
    attribute.key, attribute.value.double_value = "gen_ai.evaluation.score.value", 0.25
    (call,) = [event for _, event in read(request.SerializeToString()).events]
    assert (call.operation, call.model, call.evaluations) == ("evaluate", "gpt", {"relevance": 0.25})


def test_a_span_keeps_the_version_of_its_service_and_no_more_of_its_resource(read):
    request = spans()
    for name in ("service.version", "telemetry.sdk.version"):
        request.resource_spans[0].resource.attributes.add(key=name).value.string_value = "4.2"
    for body in (request.SerializeToString(), as_json(request)):
        (span,) = (event for _, event in read(body).events)
        assert span.attributes["service.version"] == "4.2"
        assert "telemetry.sdk.version" not in span.attributes
