"""OTLP's JSON as msgspec structs that answer like the protobuf messages, so that one reader serves both.

64-bit integers may be strings (as the specification has it) or numbers, enums numbers or names,
identities hex, doubles also `"NaN"` and `"Infinity"`. Unknown fields are skipped.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from google.protobuf.message import DecodeError

from aiops.decode.parse import parse
from aiops.decode.sink import Refused

Int = int | str
Double = float | str


class Message(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """What the reader asks of a protobuf message."""

    ONEOF: ClassVar[tuple[str, ...]] = ()

    def WhichOneof(self, group: str) -> str | None:
        return next((name for name in self.ONEOF if getattr(self, name) is not None), None)

    def HasField(self, name: str) -> bool:
        return getattr(self, name) is not None


class ArrayValue(Message, frozen=True):
    values: list[AnyValue] = []


class KeyValueList(Message, frozen=True):
    values: list[KeyValue] = []


class AnyValue(Message, frozen=True):
    ONEOF = ("string_value", "bool_value", "int_value", "double_value", "array_value", "kvlist_value", "bytes_value")
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int | None = None
    double_value: Double | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: str | None = None


class KeyValue(Message, frozen=True):
    key: str = ""
    value: AnyValue = AnyValue()


class Resource(Message, frozen=True):
    attributes: list[KeyValue] = []


class NumberDataPoint(Message, frozen=True):
    ONEOF = ("as_double", "as_int")
    attributes: list[KeyValue] = []
    time_unix_nano: Int = 0
    as_double: Double | None = None
    as_int: Int | None = None
    flags: int = 0


class HistogramDataPoint(Message, frozen=True):
    attributes: list[KeyValue] = []
    time_unix_nano: Int = 0
    count: Int = 0
    sum: Double | None = None
    bucket_counts: list[Int] = []
    explicit_bounds: list[Double] = []
    flags: int = 0


class Buckets(Message, frozen=True):
    offset: int = 0
    bucket_counts: list[Int] = []


class ExponentialHistogramDataPoint(Message, frozen=True):
    attributes: list[KeyValue] = []
    time_unix_nano: Int = 0
    count: Int = 0
    sum: Double | None = None
    scale: int = 0
    zero_count: Int = 0
    positive: Buckets = Buckets()
    negative: Buckets = Buckets()
    flags: int = 0


class ValueAtQuantile(Message, frozen=True):
    quantile: Double = 0.0
    value: Double = 0.0


class SummaryDataPoint(Message, frozen=True):
    attributes: list[KeyValue] = []
    time_unix_nano: Int = 0
    count: Int = 0
    sum: Double = 0.0
    quantile_values: list[ValueAtQuantile] = []
    flags: int = 0


class Gauge(Message, frozen=True):
    data_points: list[NumberDataPoint] = []


class Sum(Message, frozen=True):
    data_points: list[NumberDataPoint] = []
    aggregation_temporality: Int = 0
    is_monotonic: bool = False


class Histogram(Message, frozen=True):
    data_points: list[HistogramDataPoint] = []
    aggregation_temporality: Int = 0


class ExponentialHistogram(Message, frozen=True):
    data_points: list[ExponentialHistogramDataPoint] = []
    aggregation_temporality: Int = 0


class Summary(Message, frozen=True):
    data_points: list[SummaryDataPoint] = []


class Metric(Message, frozen=True):
    ONEOF = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
    name: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None


class ScopeMetrics(Message, frozen=True):
    metrics: list[Metric] = []


class ResourceMetrics(Message, frozen=True):
    resource: Resource = Resource()
    scope_metrics: list[ScopeMetrics] = []


class MetricsRequest(Message, frozen=True):
    resource_metrics: list[ResourceMetrics] = []


class LogRecord(Message, frozen=True):
    time_unix_nano: Int = 0
    observed_time_unix_nano: Int = 0
    severity_number: Int = 0
    severity_text: str = ""
    body: AnyValue = AnyValue()
    attributes: list[KeyValue] = []
    trace_id: str = ""
    event_name: str = ""


class ScopeLogs(Message, frozen=True):
    log_records: list[LogRecord] = []


class ResourceLogs(Message, frozen=True):
    resource: Resource = Resource()
    scope_logs: list[ScopeLogs] = []


class LogsRequest(Message, frozen=True):
    resource_logs: list[ResourceLogs] = []


class Status(Message, frozen=True):
    code: Int = 0


class SpanEvent(Message, frozen=True):
    name: str = ""
    attributes: list[KeyValue] = []


class Span(Message, frozen=True):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    name: str = ""
    kind: Int = 0
    start_time_unix_nano: Int = 0
    end_time_unix_nano: Int = 0
    attributes: list[KeyValue] = []
    events: list[SpanEvent] = []
    status: Status = Status()


class ScopeSpans(Message, frozen=True):
    spans: list[Span] = []


class ResourceSpans(Message, frozen=True):
    resource: Resource = Resource()
    scope_spans: list[ScopeSpans] = []


class TraceRequest(Message, frozen=True):
    resource_spans: list[ResourceSpans] = []


def request(body: bytes, binary: Any, json: type[Message]) -> Any:
    """Read a request in whichever encoding it has.

    A message of protobuf begins with a line feed (field 1), and a brace may follow as its length: so what begins
    with a line feed is JSON only when it is no protobuf.

    Raises
    ------
    Refused : as `parse`, or `unreadable`.
    """
    braced = body.lstrip()[:1] == b"{"
    if braced and body[:1] != b"\n":
        return parse(body, json)
    try:
        return binary.FromString(body)
    except DecodeError as error:
        if braced:
            return parse(body, json)
        raise Refused("unreadable", str(error)) from error


def number(value: Any, names: tuple[str, ...] = ()) -> int:
    """Read an integer or enum in any of its spellings; `names[i]` ends the name of enum value i.

    Raises
    ------
    ValueError : neither a number nor a known name.
    """
    if isinstance(value, int):
        return value
    for i, name in enumerate(names):
        if value.endswith(name):
            return i
    return int(value)
