"""OTLP metrics, protobuf and JSON."""

from __future__ import annotations

import json
import math

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from aiops.decode import otlp_metrics
from aiops.types import Kind

NOW = 1_760_000_000.0
AT = NOW - 60
NANO = int(AT) * 10**9
CUMULATIVE, DELTA = 2, 1


def attribute(point, key, value):
    added = point.attributes.add()
    added.key = key
    setattr(
        added.value,
        {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)],
        value,
    )


def gauge(name="temperature", value=1.5, unit="", **attributes):
    def fill(scope):
        metric = scope.metrics.add(name=name, unit=unit)
        point = metric.gauge.data_points.add(time_unix_nano=NANO, as_double=value)
        for key, said in attributes.items():
            attribute(point, key.replace("__", "."), said)

    return fill


def counter(name, unit="", temporality=CUMULATIVE, monotonic=True):
    def fill(scope):
        metric = scope.metrics.add(name=name, unit=unit)
        metric.sum.is_monotonic, metric.sum.aggregation_temporality = monotonic, temporality
        metric.sum.data_points.add(time_unix_nano=NANO, as_int=7)

    return fill


def histogram(scope):
    metric = scope.metrics.add(name="http.server.duration", unit="s")
    metric.histogram.aggregation_temporality = CUMULATIVE
    point = metric.histogram.data_points.add(time_unix_nano=NANO, count=6, sum=4.5)
    point.explicit_bounds.extend([0.005, 1.0, 2.5])
    point.bucket_counts.extend([1, 2, 3, 0])
    attribute(point, "code", 200)


def summary(scope):
    point = scope.metrics.add(name="rpc").summary.data_points.add(time_unix_nano=NANO, count=3, sum=1.5)
    point.quantile_values.add(quantile=0.99, value=0.7)


def exponential(scope):
    metric = scope.metrics.add(name="latency")
    metric.exponential_histogram.aggregation_temporality = DELTA
    point = metric.exponential_histogram.data_points.add(time_unix_nano=NANO, count=10, sum=20.0, scale=0, zero_count=1)
    point.positive.offset = 0  # (1, 2], (2, 4], (4, 8]
    point.positive.bucket_counts.extend([2, 4, 3])


def as_json(body):
    told = MessageToDict(ExportMetricsServiceRequest.FromString(body), use_integers_for_enums=True)
    return json.dumps(told).encode()


ALL = {
    "gauge": gauge(code=200, flag=True, ratio=0.5),
    "dotted": gauge("jvm.memory.used", unit="By"),
    "counter": counter("http.requests", "{request}"),
    "delta": counter("jobs", temporality=DELTA),
    "updown": counter("queue", monotonic=False),
    "histogram": histogram,
    "summary": summary,
    "exponential": exponential,
}


@pytest.mark.parametrize("name", ALL)
def test_protobuf_and_json_and_slow_path_tell_the_same(read, otlp, name):
    body = otlp(ALL[name], service__name="web", host__name="h1", telemetry__sdk="x")
    rows = read.rows(body)
    assert rows
    assert read.rows(as_json(body)) == rows
    kinds = read.table.kind.tolist()
    fresh = type(read)()
    sink_rows = fresh.rows(as_json(body))
    assert (sink_rows, fresh.table.kind.tolist()) == (rows, kinds)


def test_resource_lends_only_what_tells_entities_apart(read, otlp):
    body = otlp(gauge(), service__name="web", k8s__pod__name="p1", k8s__node__name="n1", process__pid="7")
    assert read.rows(body) == [('temperature{node="n1", pod="p1", service_name="web"}', AT, 1.5)]


@pytest.mark.parametrize(
    ("fill", "name", "kind"),
    [
        (gauge("jvm.memory.used", unit="By"), "jvm_memory_used_bytes", Kind.GAUGE),
        (gauge("jvm.memory.bytes", unit="By"), "jvm_memory_bytes", Kind.GAUGE),
        (gauge("plain", unit="s"), "plain", Kind.GAUGE),
        (gauge("share.of", unit="1"), "share_of", Kind.GAUGE),
        (counter("http.requests"), "http_requests_total", Kind.COUNTER),
        (counter("http_requests_total"), "http_requests_total", Kind.COUNTER),
        (counter("cpu.time", "s"), "cpu_time_seconds_total", Kind.COUNTER),
        (counter("jobs", temporality=DELTA), "jobs", Kind.DELTA),
        (counter("queue", monotonic=False), "queue", Kind.GAUGE),
    ],
)
def test_names_and_kinds_are_prometheus(read, otlp, fill, name, kind):
    read(otlp(fill))
    assert ([str(labels) for labels in read.table.labels], read.table.kind.tolist()) == ([name], [kind])


def test_histogram_becomes_cumulative_buckets_sum_and_count(read, otlp):
    name = "http_server_duration_seconds"
    assert read.rows(otlp(histogram)) == [
        (f'{name}_bucket{{code="200", le="0.005"}}', AT, 1.0),
        (f'{name}_bucket{{code="200", le="1"}}', AT, 3.0),
        (f'{name}_bucket{{code="200", le="2.5"}}', AT, 6.0),
        (f'{name}_bucket{{code="200", le="+Inf"}}', AT, 6.0),
        (f'{name}_sum{{code="200"}}', AT, 4.5),
        (f'{name}_count{{code="200"}}', AT, 6.0),
    ]
    assert set(read.table.kind.tolist()) == {Kind.COUNTER}


def test_moved_bounds_are_other_series(read, otlp):
    def moved(scope):
        histogram(scope)
        scope.metrics[0].histogram.data_points[0].explicit_bounds[1] = 1.5

    names = {row[0] for row in read.rows(otlp(histogram), otlp(moved))}
    assert 'http_server_duration_seconds_bucket{code="200", le="1.5"}' in names
    assert len(names) == 7


def test_exponential_histogram_keeps_its_counts_on_the_ladder(read, otlp):
    rows = {row[0]: row[2] for row in read.rows(otlp(exponential))}
    assert rows['latency_bucket{le="0.5"}'] == 1.0
    assert rows['latency_bucket{le="1"}'] == 1.0
    # (2, 4] holds four; 2.5 lies log2(1.25) of the way in.
    assert rows['latency_bucket{le="2.5"}'] == pytest.approx(1 + 2 + 4 * math.log2(1.25))
    assert rows['latency_bucket{le="10"}'] == pytest.approx(10)
    assert rows['latency_bucket{le="+Inf"}'] == pytest.approx(10)
    assert (rows["latency_sum"], rows["latency_count"]) == (20.0, 10.0)
    ladder = [value for name, value in rows.items() if "bucket" in name]
    assert ladder == sorted(ladder)


def test_summary_becomes_quantiles_sum_and_count(read, otlp):
    assert read.rows(otlp(summary)) == [('rpc{quantile="0.99"}', AT, 0.7), ("rpc_sum", AT, 1.5), ("rpc_count", AT, 3.0)]


def test_rare_types_do_not_slow_down_their_neighbours(read, otlp, monkeypatch):
    def fill(scope):
        summary(scope)
        for name in "abc":
            gauge(name)(scope)

    body = otlp(fill)
    monkeypatch.setattr(otlp_metrics, "read", None)  # the slow path of whole records is not taken
    assert {row[0] for row in read.rows(body)} == {'rpc{quantile="0.99"}', "rpc_sum", "rpc_count", "a", "b", "c"}


def test_a_point_without_value_is_masked(read, otlp):
    def fill(scope):
        gauge()(scope)
        scope.metrics[0].gauge.data_points[0].flags = 1

    assert math.isnan(read.rows(otlp(fill))[0][2])


@pytest.mark.parametrize(
    ("value", "reasons"), [(math.nan, []), (math.inf, [(0, "non_finite", 1)]), (-math.inf, [(0, "non_finite", 1)])]
)
def test_nan_is_masked_and_infinity_refused(read, otlp, value, reasons):
    assert read.reasons(otlp(gauge(value=value))) == reasons


def test_labels_are_decoded_once(read, otlp, monkeypatch):
    calls = []
    spell = otlp_metrics.spell
    monkeypatch.setattr(otlp_metrics, "spell", lambda run, row: calls.append(1) or spell(run, row))
    for _ in range(3):
        read(otlp(histogram), otlp(histogram))
    assert len(calls) == 6


def test_invalid_utf8_in_a_label_costs_its_series_only(read, otlp):
    def fill(scope):
        gauge("good")(scope)
        gauge("bad", code="XYZ")(scope)

    body = otlp(fill).replace(b"XYZ", b"\xff\xfe\xfd")
    assert read.rows(body) == [("good", AT, 1.5)]
    assert read.reasons(body) == [(0, "invalid_utf8", 1)]


def test_scattered_attributes_are_read_by_the_slow_path(read):
    # attributes, value, attributes again, time: legal protobuf that no encoder writes
    def tagged(tag, payload):
        return bytes([tag, len(payload)]) + payload

    pair = tagged(0x0A, b"a") + tagged(0x12, tagged(0x0A, b"1"))
    other = tagged(0x0A, b"b") + tagged(0x12, tagged(0x0A, b"2"))
    number = b"\x21" + __import__("struct").pack("<d", 2.5)
    time = b"\x19" + NANO.to_bytes(8, "little")
    point = tagged(0x3A, pair) + number + tagged(0x3A, other) + time
    metric = tagged(0x0A, b"m") + tagged(0x2A, tagged(0x0A, point))
    body = tagged(0x0A, tagged(0x12, tagged(0x12, metric)))
    assert read.rows(body, format="otlp_metrics") == [('m{a="1", b="2"}', AT, 2.5)]


def test_thousands_of_bad_rare_metrics_cost_their_record_only(read, otlp):
    def fill(scope):
        for _ in range(10_050):
            scope.metrics.add(name="XYZ").summary.SetInParent()
        gauge("good")(scope)

    bad = otlp(fill).replace(b"XYZ", b"\xff\xfe\xfd")
    assert read.reasons(bad) == [(0, "unreadable", 10_000), (0, "invalid_field", 1)]
    assert read.rows(bad, otlp(gauge("next"))) == [("good", AT, 1.5), ("next", AT, 1.5)]
