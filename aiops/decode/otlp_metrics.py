"""OTLP metrics, protobuf and JSON: gauges, sums, histograms, exponential histograms and summaries.

Everything becomes Prometheus series: a histogram is `<name>_bucket{le}`, `<name>_sum` and `<name>_count`,
a summary `<name>{quantile}` with the same two. An exponential histogram's buckets move with its data, so
they are told on one fixed `LADDER`, a bucket that straddles a rung split log-linearly; when the sender
coarsens its scale, counts near a rung may step once.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from aiops.decode import otlp_json
from aiops.decode.attribute import labels_of, metric_name, resource_labels
from aiops.decode.otlp_json import number
from aiops.decode.parse import parse
from aiops.decode.sink import Refused, Run, Sink, seconds
from aiops.types import Kind, Labels

LADDER = tuple(float(f"{digit}e{power}") for power in range(-3, 5) for digit in (1, 2.5, 5))
TEMPORALITY = ("UNSPECIFIED", "DELTA", "CUMULATIVE")
DELTA = 1
NO_VALUE = 1  # DataPointFlags: no recorded value, OTLP's staleness marker

Row = tuple[str, tuple[str, str] | None, float]
"""(suffix of the name, further label, value)."""


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one request.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    for group in _request(body).resource_metrics:
        resource = resource_labels(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                sink.attempt(record, lambda metric=metric: put(record, metric, resource, sink))  # type: ignore[misc]


def _request(body: bytes) -> Any:
    if body.lstrip()[:1] == b"{":
        return parse(body, otlp_json.MetricsRequest)
    try:
        return ExportMetricsServiceRequest.FromString(body)
    except DecodeError as error:
        raise Refused("unreadable", str(error)) from error


def put(record: int, metric: Any, resource: dict[str, str], sink: Sink) -> None:
    """Hand all points of one metric to the sink.

    Raises
    ------
    Refused : it has no name, an unknown type or a field that is no number.
    """
    which = metric.WhichOneof("data")
    if not metric.name or which is None:
        raise Refused("invalid_field" if which else "unknown_type", f"metric {metric.name!r}")
    data = getattr(metric, which)
    try:
        delta = number(getattr(data, "aggregation_temporality", 0), TEMPORALITY) == DELTA
        for point in data.data_points:
            _point(record, metric, which, (point, delta), resource, sink)
    except (ValueError, OverflowError, TypeError) as error:
        raise Refused("invalid_field", f"{metric.name}: {error}") from error


def _point(record: int, metric: Any, which: str, told: tuple[Any, bool], resource: dict[str, str], sink: Sink) -> None:
    point, delta = told
    labels = {**resource, **labels_of(point.attributes)}
    at = seconds(number(point.time_unix_nano))
    missing = bool(point.flags & NO_VALUE)
    for row in ROWS[which](point):
        sink.sample(record, identity(metric, which, delta, labels, row), at, math.nan if missing else row[2])


def identity(metric: Any, which: str, delta: bool, labels: dict[str, str], row: Row) -> tuple[Labels, Kind]:
    """Return what a row of a point is called and how it moves."""
    suffix, further, _ = row
    monotonic = which == "sum" and bool(metric.sum.is_monotonic)
    name = metric_name(metric.name, metric.unit, monotonic) + suffix
    return Labels.of(name, {**labels, further[0]: further[1]} if further else labels), kind_of(which, suffix, monotonic, delta)


def kind_of(which: str, suffix: str, monotonic: bool, delta: bool) -> Kind:
    """Gauges and falling sums are gauges; the rest counts up, from the start or from sample to sample."""
    if which == "gauge" or (which == "summary" and not suffix) or (which == "sum" and not (monotonic or delta)):
        return Kind.GAUGE
    return Kind.DELTA if delta else Kind.COUNTER


def _number(point: Any) -> Iterator[Row]:
    which = point.WhichOneof("value")
    yield "", None, math.nan if which is None else float(getattr(point, which))


def _histogram(point: Any) -> Iterator[Row]:
    bounds, counts = [float(bound) for bound in point.explicit_bounds], [number(count) for count in point.bucket_counts]
    if counts and len(counts) != len(bounds) + 1:
        raise ValueError(f"{len(counts)} bucket counts for {len(bounds)} bounds")
    if counts:
        yield from _buckets(zip([*bounds, math.inf], accumulate(counts), strict=True))
    yield from _totals(point)


def _buckets(cumulative: Iterable[tuple[float, float]]) -> Iterator[Row]:
    for bound, count in cumulative:
        yield "_bucket", ("le", bound_text(bound)), float(count)


def _totals(point: Any) -> Iterator[Row]:
    if point.HasField("sum"):
        yield "_sum", None, float(point.sum)
    yield "_count", None, float(number(point.count))


def bound_text(bound: float) -> str:
    """Return a bound as Prometheus' clients write it: `0.005`, `1`, `+Inf`."""
    return "+Inf" if bound == math.inf else repr(bound).removesuffix(".0")


def _exponential(point: Any) -> Iterator[Row]:
    below = float(number(point.zero_count)) + sum(number(count) for count in point.negative.bucket_counts)
    rungs = [0.0] * (len(LADDER) + 1)
    growth = math.log(2.0) * 2.0**-point.scale
    for i, told in enumerate(point.positive.bucket_counts):
        low = (point.positive.offset + i) * growth
        _spread(rungs, low, low + growth, number(told))
    yield from _buckets(zip([*LADDER, math.inf], (below + count for count in accumulate(rungs)), strict=True))
    yield from _totals(point)


_LOG_LADDER = tuple(math.log(rung) for rung in LADDER)


def _spread(rungs: list[float], low: float, high: float, count: int) -> None:
    """Share the count of (e^low, e^high] among the rungs it touches."""
    at = low
    i = bisect_left(_LOG_LADDER, low)
    while i < len(_LOG_LADDER) and _LOG_LADDER[i] < high:
        rungs[i] += count * (_LOG_LADDER[i] - at) / (high - low)
        at = _LOG_LADDER[i]
        i += 1
    rungs[i] += count * (high - at) / (high - low)


def _summary(point: Any) -> Iterator[Row]:
    for pair in point.quantile_values:
        yield "", ("quantile", bound_text(float(pair.quantile))), float(pair.value)
    yield "_sum", None, float(point.sum)
    yield "_count", None, float(number(point.count))


ROWS = {
    "gauge": _number, "sum": _number, "histogram": _histogram, "exponential_histogram": _exponential, "summary": _summary
}  # fmt: skip
