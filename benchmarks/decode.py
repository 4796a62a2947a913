"""Bytes to series ids: samples per core-second of each wire, and the usual Python way beside it.

python -m benchmarks.decode
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from statistics import median

import cramjam
import msgspec
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from aiops.decode import SeriesTable, decode, warm
from aiops.decode.remote_write import WriteRequest
from aiops.types import Records

NOW = 1_760_000_000.0
SERIES = 2_000


def labels(i: int) -> dict[str, str]:
    return {"service_name": f"service-{i % 50}", "host_name": f"host-{i % 200}", "pod": f"pod-{i}", "code": "200"}


def own_json(count: int = 40_000) -> list[bytes]:
    """One message of about 175 bytes a sample."""
    rng = random.Random(1)
    return [
        json.dumps(
            {
                "type": "metric",
                "timestamp": NOW - 60 + i // SERIES,
                "name": "http_requests_total",
                "labels": labels(i % SERIES),
                "value": rng.random() * 1e4,
            }
        ).encode()
        for i in range(count)
    ]


def otlp(count: int = SERIES) -> bytes:
    """One request with `count` points of four attributes."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="queue_depth")
    for i in range(count):
        point = metric.gauge.data_points.add(time_unix_nano=int(NOW) * 10**9, as_double=i * 1.1)
        for name, value in labels(i).items():
            point.attributes.add(key=name).value.string_value = value
    return bytes(request.SerializeToString())


def otlp_small(count: int = SERIES) -> bytes:
    """One request with a resource of its own for each of `count` points: the worst case."""
    request = ExportMetricsServiceRequest()
    for i in range(count):
        group = request.resource_metrics.add()
        for name, value in labels(i).items():
            group.resource.attributes.add(key=name.replace("_", ".")).value.string_value = value
        metric = group.scope_metrics.add().metrics.add(name="http_requests_total")
        metric.sum.data_points.add(time_unix_nano=int(NOW) * 10**9, as_double=i * 1.1)
    return bytes(request.SerializeToString())


def remote_write(count: int = SERIES) -> bytes:
    request = WriteRequest()
    for i in range(count):
        series = request.timeseries.add()  # type: ignore[attr-defined]
        for name, value in {"__name__": "http_requests_total", **labels(i)}.items():
            series.labels.add(name=name, value=value)
        series.samples.add(timestamp=int(NOW * 1_000), value=i * 1.1)
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def matrix(series: int = 500, points: int = 240) -> bytes:
    """One hour at 15 s of random values of 16 or 17 digits."""
    rng = random.Random(2)
    result: list[dict[str, object]] = [
        {
            "metric": {"__name__": "queue_depth", **labels(i)},
            "values": [[NOW - 3_600 + 15 * k, repr(rng.random() * 100)] for k in range(points)],
        }
        for i in range(series)
    ]
    return json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": result}}, separators=(",", ":")
    ).encode()


class Sample(msgspec.Struct):
    timestamp: float
    name: str
    labels: dict[str, str]
    value: float


def usual_way(bodies: list[bytes]) -> int:
    """msgspec, a sorted tuple of labels, a dict: what a careful Python program does."""
    ids: dict[tuple[tuple[str, str], ...], int] = {}
    decoder = msgspec.json.Decoder(Sample)
    for body in bodies:
        sample = decoder.decode(body)
        ids.setdefault((("__name__", sample.name), *sorted(sample.labels.items())), len(ids))
    return len(bodies)


def rate(work: Callable[[], int], rounds: int = 5) -> float:
    """Samples per second of process time, median of `rounds` after one that warms up."""
    work()
    rates = []
    for _ in range(rounds):
        start = time.process_time()
        count = work()
        rates.append(count / (time.process_time() - start))
    return median(rates)


def measure() -> dict[str, float]:
    """Samples per core-second of each wire, in millions; `ratio` is own JSON against the usual way."""
    warm()
    own = own_json()
    wires = {
        "own_json": own,
        "otlp": [otlp()] * 40,
        "otlp_one_resource_per_point": [otlp_small()] * 20,
        "remote_write": [remote_write()] * 40,
        "matrix": [matrix()],
    }
    found = {}
    for name, bodies in wires.items():
        records, table = Records.many("bench", bodies), SeriesTable()
        found[name] = round(rate(lambda r=records, t=table: len(decode(r, t, NOW).samples)) / 1e6, 2)  # type: ignore[misc]
    found["usual_way"] = round(rate(lambda: usual_way(own), 3) / 1e6, 3)
    found["ratio"] = round(found["own_json"] / found["usual_way"], 1)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
