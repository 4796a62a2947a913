"""What the carrier's collectors put on the wire: OTLP protobuf as OpenTelemetry's exporters write it.

Requests of metrics are built once and refilled, one a resource; joined bytes of such requests are one request, as
protobuf has it. A host may have its clock set wrong: all that is told from it is stamped so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

Attributes = Mapping[str, str | int | float]
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
SEVERITY = {"INFO": 9, "WARN": 13, "ERROR": 17}
CUMULATIVE = 2
FAILED = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose telemetry it is: a service on a host, or a host alone."""

    service: str
    host: str
    instance: str = ""

    def attributes(self) -> dict[str, str]:
        told = {"service.name": self.service, "host.name": self.host, "service.instance.id": self.instance}
        return {key: value for key, value in told.items() if value}


@dataclass(slots=True)
class Point:
    """One series of a request; counters and histograms remember what they have counted."""

    data: Any
    total: float = 0.0
    buckets: list[int] = field(default_factory=list)


Key = tuple[Origin, str, tuple[tuple[str, str], ...]]
Counted = Mapping[Key, tuple[float, list[int]]]


class Metrics:
    """Metrics of all resources, refilled every step.

    Parameters
    ----------
    counted : what `counted` gave, to go on from.
    """

    def __init__(self, counted: Counted | None = None) -> None:
        self._begun = counted or {}
        self._requests: dict[Origin, ExportMetricsServiceRequest] = {}
        self._points: dict[Key, Point] = {}
        self._of: dict[Origin, list[Point]] = {}
        self._told: set[Origin] = set()

    def counted(self) -> Counted:
        """All that was counted so far."""
        return {key: (point.total, point.buckets) for key, point in self._points.items()}

    def gauge(self, origin: Origin, name: str, unit: str, value: float, **attributes: str) -> None:
        point = self._point(origin, name, unit, attributes, "gauge")
        point.data.as_double = round(value, 6)

    def counter(self, origin: Origin, name: str, unit: str, more: float, **attributes: str) -> None:
        point = self._point(origin, name, unit, attributes, "sum")
        point.total += more
        point.data.as_double = round(point.total, 6)

    def histogram(
        self, origin: Origin, name: str, more: tuple[Sequence[int], float], bounds: Sequence[float], **attributes: str
    ) -> None:
        """Add counts per bucket and the sum of what was measured, in seconds."""
        point = self._point(origin, name, "s", attributes, "histogram")
        counts, total = more
        if not point.data.explicit_bounds:
            point.data.explicit_bounds.extend(bounds)
            point.buckets = point.buckets or [0] * len(counts)
        point.buckets = [old + int(new) for old, new in zip(point.buckets, counts, strict=True)]
        point.total += total
        point.data.bucket_counts[:] = point.buckets
        point.data.count, point.data.sum = sum(point.buckets), round(point.total, 6)

    def _point(self, origin: Origin, name: str, unit: str, attributes: dict[str, str], kind: str) -> Point:
        self._told.add(origin)
        key = (origin, name, tuple(attributes.items()))
        if key in self._points:
            return self._points[key]
        request = self._requests.get(origin)
        if request is None:
            request = self._requests[origin] = ExportMetricsServiceRequest()
            resource = request.resource_metrics.add()
            _describe(resource.resource, origin)
            resource.scope_metrics.add()
        metric = request.resource_metrics[0].scope_metrics[0].metrics.add()
        metric.name, metric.unit = name, unit
        holder = getattr(metric, kind)
        if kind != "gauge":
            holder.aggregation_temporality = CUMULATIVE
        if kind == "sum":
            holder.is_monotonic = True
        point = self._points[key] = Point(holder.data_points.add(), *self._begun.get(key, (0.0, [])))
        point.data.attributes.extend(pairs(attributes))
        self._of.setdefault(origin, []).append(point)
        return point

    def flush(self, time: float, skew: Mapping[str, float]) -> dict[str, bytes]:
        """One request a host, of what was told since the last one."""
        bodies: dict[str, list[bytes]] = {}
        for origin in [one for one in self._requests if one in self._told]:
            at = nanoseconds(time + skew.get(origin.host, 0.0))
            for point in self._of[origin]:
                point.data.time_unix_nano = at
            bodies.setdefault(origin.host, []).append(self._requests[origin].SerializeToString())
        self._told.clear()
        return {host: b"".join(parts) for host, parts in bodies.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A log line."""

    origin: Origin
    time: float
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Traced:
    """A span; identities are numbers."""

    origin: Origin
    trace: int
    number: int
    parent: int
    name: str
    kind: int
    start: float
    seconds: float
    failed: bool
    attributes: Attributes


def logs(lines: Iterable[Said], skew: Mapping[str, float]) -> dict[str, bytes]:
    """One request a host."""
    requests: dict[str, ExportLogsServiceRequest] = {}
    records: dict[Origin, Any] = {}
    for line in lines:
        host = line.origin.host
        if line.origin not in records:
            resource = requests.setdefault(host, ExportLogsServiceRequest()).resource_logs.add()
            _describe(resource.resource, line.origin)
            records[line.origin] = resource.scope_logs.add().log_records
        record = records[line.origin].add()
        record.time_unix_nano = nanoseconds(line.time + skew.get(host, 0.0))
        record.severity_number, record.severity_text = SEVERITY[line.severity], line.severity
        record.body.string_value = line.text
    return {host: request.SerializeToString() for host, request in requests.items()}


def spans(traced: Iterable[Traced], skew: Mapping[str, float]) -> dict[str, bytes]:
    """One request a host."""
    requests: dict[str, ExportTraceServiceRequest] = {}
    groups: dict[Origin, Any] = {}
    for one in traced:
        host = one.origin.host
        if one.origin not in groups:
            resource = requests.setdefault(host, ExportTraceServiceRequest()).resource_spans.add()
            _describe(resource.resource, one.origin)
            groups[one.origin] = resource.scope_spans.add().spans
        span = groups[one.origin].add()
        span.trace_id, span.span_id = one.trace.to_bytes(16, "big"), one.number.to_bytes(8, "big")
        span.parent_span_id = one.parent.to_bytes(8, "big") if one.parent else b""
        span.name, span.kind = one.name, one.kind
        start = one.start + skew.get(host, 0.0)
        span.start_time_unix_nano = nanoseconds(start)
        span.end_time_unix_nano = nanoseconds(start + one.seconds)
        span.status.code = FAILED if one.failed else 0
        span.attributes.extend(pairs(one.attributes))
    return {host: request.SerializeToString() for host, request in requests.items()}


def pairs(attributes: Attributes) -> list[KeyValue]:
    found = []
    for key, value in attributes.items():
        pair = KeyValue(key=key)
        if isinstance(value, str):
            pair.value.string_value = value
        elif isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.double_value = value
        found.append(pair)
    return found


def nanoseconds(seconds: float) -> int:
    return round(seconds * 1e6) * 1_000


def _describe(resource: Resource, origin: Origin) -> None:
    resource.attributes.extend(pairs(origin.attributes()))
