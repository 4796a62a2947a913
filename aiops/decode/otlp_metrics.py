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
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from aiops.decode import otlp_json
from aiops.decode.attribute import labels_of, metric_name, resource_labels
from aiops.decode.kernels import otlp_metrics as kernel
from aiops.decode.kernels.columns import Columns
from aiops.decode.otlp_json import number
from aiops.decode.settle import Fast, in_order
from aiops.decode.sink import Refused, Run, Sink, seconds
from aiops.types import Ints, Kind, Labels

LADDER = tuple(float(f"{digit}e{power}") for power in range(-3, 5) for digit in (1, 2.5, 5))
TEMPORALITY = ("UNSPECIFIED", "DELTA", "CUMULATIVE")
DELTA = 1
NO_VALUE = 1  # DataPointFlags: no recorded value, OTLP's staleness marker

Row = tuple[str, tuple[str, str] | None, float]
"""(suffix of the name, further label, value)."""


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    in_order(run, sink, FAST, spell, read, few=_without_whole)


def _without_whole(run: Run, sink: Sink, columns: Columns) -> Columns:
    """Read the metrics the kernel hands out whole; returns the other rows."""
    _, _, _, records, where = columns
    whole = where[:, kernel.WHICH] == kernel.WHOLE
    if not whole.any():
        return columns
    for record in np.unique(records[whole]).tolist():
        sink.attempt(record, _wholes, record, run, where[whole & (records == record)], sink)
    keys, times, values, records, where = (column[~whole] for column in columns)
    return keys, times, values, records, where


def _wholes(record: int, run: Run, rows: Ints, sink: Sink) -> None:
    for row in rows:
        sink.attempt(record, _whole, record, run, row, sink)


def _whole(record: int, run: Run, row: Ints, sink: Sink) -> None:
    try:
        metric = Metric.FromString(run.cut(row, kernel.NAME_AT))
    except DecodeError as error:
        raise Refused("unreadable", str(error)) from error
    put(record, metric, _resource(run.cut(row, kernel.RESOURCE_AT)), sink)


@lru_cache(1_024)
def _resource(body: bytes) -> dict[str, str]:
    """Return the labels of a resource's bytes; the result is shared, not to be changed."""
    try:
        return resource_labels(Resource.FromString(body).attributes)
    except DecodeError as error:
        raise Refused("invalid_utf8", str(error)) from error


def spell(run: Run, row: Ints) -> tuple[Labels, Kind]:
    """Decode the labels of a row of the kernel's.

    Raises
    ------
    Refused : a name or attribute is not UTF-8, or damaged.
    """
    resource, which = _resource(run.cut(row, kernel.RESOURCE_AT)), int(row[kernel.WHICH])
    try:
        name, unit = run.cut(row, kernel.NAME_AT).decode(), run.cut(row, kernel.UNIT_AT).decode()
        points = HistogramDataPoint if which & 255 == kernel.HISTOGRAM else NumberDataPoint
        attributes = labels_of(points.FromString(run.cut(row, kernel.ATTRIBUTES_AT)).attributes)
    except (UnicodeDecodeError, DecodeError) as error:
        raise Refused("invalid_utf8", str(error)) from error
    suffix, further = SUFFIXES[row[kernel.PART]], None
    if row[kernel.PART] == kernel.BUCKET:
        at = row[kernel.BOUND_AT]
        further = ("le", bound_text(float(run.buffer[at : at + 8].view(np.float64)[0])) if at else "+Inf")
    nature = Nature(TYPES[which & 255], bool(which & 256), bool(which & 512))
    return identity((name, unit), nature, {**resource, **attributes}, (suffix, further))


SUFFIXES = ("", "_bucket", "_sum", "_count")
TYPES = {kernel.GAUGE: "gauge", kernel.SUM: "sum", kernel.HISTOGRAM: "histogram"}
FAST = Fast(kernel.scan, kernel.WIDTH, bytes_per_row=48)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one request.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    for group in otlp_json.request(body, ExportMetricsServiceRequest, otlp_json.MetricsRequest).resource_metrics:
        resource = resource_labels(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                sink.attempt(record, put, record, metric, resource, sink)


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
        nature = Nature(which, which == "sum" and bool(data.is_monotonic), delta)
        for point in data.data_points:
            labels = {**resource, **labels_of(point.attributes)}
            at = seconds(number(point.time_unix_nano))
            for suffix, further, value in ROWS[which](point):
                series = identity((metric.name, metric.unit), nature, labels, (suffix, further))
                sink.sample(record, series, at, math.nan if point.flags & NO_VALUE else value)
    except (ValueError, OverflowError, TypeError) as error:
        raise Refused("invalid_field", f"{metric.name}: {error}") from error


class Nature(NamedTuple):
    """How a metric moves."""

    which: str
    monotonic: bool
    delta: bool


def identity(
    metric: tuple[str, str], nature: Nature, labels: dict[str, str], part: tuple[str, tuple[str, str] | None]
) -> tuple[Labels, Kind]:
    """Return what a part of a point is called and how it moves.

    Parameters
    ----------
    metric : name and unit as OpenTelemetry has them.
    part : suffix of the name, and the label that is further to those of the point.
    """
    suffix, further = part
    name = metric_name(*metric, nature.monotonic) + suffix
    return Labels.of(name, {**labels, further[0]: further[1]} if further else labels), _kind(nature, suffix)


def _kind(nature: Nature, suffix: str) -> Kind:
    """Gauges and falling sums are gauges; the rest counts up, from the start or from sample to sample."""
    which, monotonic, delta = nature
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
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
