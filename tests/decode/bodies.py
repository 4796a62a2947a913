"""One small, sound record of every format."""

from __future__ import annotations

import json

import cramjam
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.decode.remote_write import WriteRequest

NOW = 1_760_000_000.0
AT = NOW - 60
NANO = int(AT) * 10**9


def otlp_gauges(count: int, at: float = AT) -> bytes:
    """`count` resources with one point of `up` each."""
    request = ExportMetricsServiceRequest()
    for i in range(count):
        group = request.resource_metrics.add()
        group.resource.attributes.add(key="service.name").value.string_value = f"s{i}"
        metric = group.scope_metrics.add().metrics.add(name="up")
        metric.gauge.data_points.add(time_unix_nano=int(at) * 10**9, as_double=1.0)
    return bytes(request.SerializeToString())


def _same_otlp() -> bytes:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    for key, value in (("service.name", "web"), ("host.name", "h1")):
        group.resource.attributes.add(key=key).value.string_value = value
    point = (
        group.scope_metrics.add().metrics.add(name="queue_depth").gauge.data_points.add(time_unix_nano=NANO, as_int=3)
    )
    point.attributes.add(key="code").value.string_value = "a"
    return bytes(request.SerializeToString())


def histogram() -> bytes:
    """A histogram, a sum and a summary."""
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    point = scope.metrics.add(name="rpc.duration", unit="s").histogram.data_points.add(
        time_unix_nano=NANO, count=3, sum=1.5
    )
    point.explicit_bounds.extend([0.1, 1.0])
    point.bucket_counts.extend([1, 1, 1])
    point.attributes.add(key="code").value.int_value = 200
    total = scope.metrics.add(name="jobs").sum
    total.is_monotonic, total.aggregation_temporality = True, 2
    total.data_points.add(time_unix_nano=NANO, as_int=5)
    scope.metrics.add(name="quantiles").summary.data_points.add(time_unix_nano=NANO, count=1).quantile_values.add(
        quantile=0.5, value=1
    )
    return bytes(request.SerializeToString())


def _logs() -> bytes:
    request = ExportLogsServiceRequest()
    line = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=NANO)
    line.body.string_value = "hello"
    return bytes(request.SerializeToString())


def _spans() -> bytes:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, name="GET")
    )
    span.start_time_unix_nano, span.end_time_unix_nano = NANO, NANO + 10**8
    return bytes(request.SerializeToString())


def write_request(labels: dict[str, str]) -> WriteRequest:
    request = WriteRequest()
    series = request.timeseries.add()  # type: ignore[attr-defined]
    for name, value in labels.items():
        series.labels.add(name=name, value=value)
    series.samples.add(timestamp=int(AT) * 1_000, value=3)
    return request


def _remote_write(labels: dict[str, str]) -> bytes:
    return bytes(cramjam.snappy.compress_raw(write_request(labels).SerializeToString()))


def _dump(value: object, compact: bool = True) -> bytes:
    return json.dumps(value, separators=(",", ":") if compact else None).encode()


_LABELS = {"service_name": "web", "host_name": "h1", "code": "a"}
_NAMED = {"__name__": "queue_depth", **_LABELS}
_METRIC = {"type": "metric", "timestamp": AT, "name": "queue_depth", "labels": _LABELS, "value": 3}
_LOG = {"type": "log", "timestamp": AT, "entity": "web", "body": "x"}
_MATRIX = {
    "status": "success",
    "data": {"resultType": "matrix", "result": [{"metric": _NAMED, "values": [[AT, "3"], [NOW, "NaN"]]}]},
}
_SAME = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": _NAMED, "value": [AT, "3"]}]}}
_VALUE = {"key": "service.name", "value": {"stringValue": "web"}}
_JSON_METRICS = {"resourceMetrics": [{"resource": {"attributes": [_VALUE]}, "scopeMetrics": [{"metrics": [
    {"name": "m", "gauge": {"dataPoints": [{"timeUnixNano": str(NANO), "asInt": "3"}]}}]}]}]}  # fmt: skip
_EVENT = {
    "specversion": "1.0",
    "id": "1",
    "type": "org.kubeflow.serving.inference.request",
    "source": "s",
    "data": {"instances": [[1]]},
}

BODIES: dict[str, tuple[str, bytes]] = {
    "agent_metric": ("agent_json", _dump(_METRIC)),
    "agent_spaced": ("agent_json", _dump([_METRIC, _METRIC], compact=False)),
    "agent_type_last": ("agent_json", _dump(dict(reversed(_METRIC.items())))),
    "agent_lines": ("agent_json", _dump(_METRIC) + b"\n" + _dump(_LOG) + b"\n"),
    "agent_log": ("agent_json", _dump(_LOG)),
    "agent_prediction": ("agent_json", _dump({"type": "prediction", "timestamp": AT, "model": "m"})),
    "otlp_metrics": ("otlp_metrics", otlp_gauges(3)),
    "otlp_histogram": ("otlp_metrics", histogram()),
    "otlp_metrics_json": ("otlp_metrics", _dump(_JSON_METRICS)),
    "otlp_logs": ("otlp_logs", _logs()),
    "otlp_spans": ("otlp_spans", _spans()),
    "remote_write": ("remote_write", _remote_write({"__name__": "up", "job": "node"})),
    "remote_write_long": (
        "remote_write",
        _remote_write({"__name__": "up", **{f"label_{i}": f"value {i * 7}" for i in range(30)}}),
    ),
    "telegraf": ("telegraf", _dump({"fields": {"a": 1}, "name": "cpu", "tags": {}, "timestamp": int(AT)})),
    "telegraf_batch": (
        "telegraf",
        _dump({"metrics": [{"fields": {"a": 1}, "name": "cpu", "tags": {}, "timestamp": int(AT)}]}),
    ),
    "matrix": ("prometheus_json", _dump(_MATRIX)),
    "adapter": (
        "prometheus_json",
        _dump({"labels": {"job": "x"}, "name": "up", "timestamp": "2025-10-09T08:52:20Z", "value": "1"}),
    ),
    "cloudevent": ("cloudevents", _dump(_EVENT)),
    "cloudevent_batch": ("cloudevents", _dump([dict(reversed(_EVENT.items()))])),
    "alerts": ("alertmanager", _dump([{"labels": {"alertname": "a"}, "startsAt": "2025-10-09T08:52:20Z"}])),
    "webhook": (
        "alertmanager",
        _dump({"status": "firing", "alerts": [{"labels": {"alertname": "a"}, "startsAt": "2025-10-09T08:52:20Z"}]}),
    ),
    "plain_line": ("log_line", b"2025-10-09T08:52:20Z ERROR payment failed"),
    "json_line": ("log_line", _dump({"message": "x", "level": "info"})),
    "same_own": ("agent_json", _dump(_METRIC)),
    "same_otlp": ("otlp_metrics", _same_otlp()),
    "same_remote_write": ("remote_write", _remote_write(_NAMED)),
    "same_matrix": ("prometheus_json", _dump(_SAME)),
}
