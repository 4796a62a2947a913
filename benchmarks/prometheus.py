"""Hours of Prometheus' past: prometheus-api-client to MetricRangeDataFrames, and our way to columns, side by side.

Both read the same answers, an hour a query, from one stand-in on loopback (another process, so that serving costs
neither), in turns, measured in process CPU time; ours begins with an empty series table. What came out is compared:
every sample once, equal to the last bit. With an address, the same race is run against a real Prometheus.

    python -m benchmarks.prometheus [http://127.0.0.1:9090]
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from statistics import median
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

SERIES, HOURS, STEP, HOUR = 1_000, 4, 15, 3_600
START = 1_780_272_000
ROUNDS = 3
LARGEST = 2**30


def answer(start: int) -> bytes:
    """An answer to `query_range` as Prometheus writes it: an hour of counters and gauges with seven labels each."""
    rng = np.random.default_rng(start)
    result = []
    for i in range(SERIES):
        steps = rng.gamma(2.0, 10.0, HOUR // STEP)
        values = np.cumsum(np.floor(steps)) if i % 2 else np.round(steps / 1000, 6)
        metric = {
            "__name__": f"http_server_{'requests_total' if i % 2 else 'latency_seconds'}",
            "job": "shop",
            "instance": f"10.0.{i // 200}.{i % 200}:8080",
            "service_name": f"service-{i % 40}",
            "method": "GET",
            "route": f"/api/v1/orders/{i % 25}",
            "code": str(200 + i % 5),
        }
        samples = [[start + k * STEP, f"{value:.12g}"] for k, value in enumerate(values.tolist())]
        result.append({"metric": metric, "values": samples})
    body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return json.dumps(body, separators=(",", ":")).encode()


def _serve(pipe: Connection, hours: dict[str, bytes]) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = hours[dict(parse_qsl(urlsplit(self.path).query))["start"]]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    server.serve_forever()


@contextmanager
def stand_in(hours: dict[str, bytes]) -> Iterator[str]:
    """Serve the answer that belongs to `start`, from a process of its own; yields the URL."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, hours), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def peer(url: str, query: str, start: int) -> list[Any]:
    """prometheus-api-client as its README shows it -> a MetricRangeDataFrame an hour."""
    from prometheus_api_client import MetricRangeDataFrame, PrometheusConnect

    connect, frames = PrometheusConnect(url=url), []
    for since in hours_from(start):
        first, last = (datetime.fromtimestamp(one, UTC) for one in (since, since + HOUR - STEP))
        frames.append(MetricRangeDataFrame(connect.custom_query_range(query, first, last, str(STEP))))
    return frames


def ours(url: str, query: str, start: int) -> tuple[Any, list[Any]]:
    """The source's connection and the decoder -> (series table, samples of each hour)."""
    from aiops.decode import Limits, SeriesTable, decode
    from aiops.ingest.prometheus.api import Access, Api, Breaker
    from aiops.types import Records

    api = Api(Access(url), LARGEST, Breaker(time.monotonic))
    table, found = SeriesTable(), []
    for since in hours_from(start):
        parameters = {"query": query, "start": str(since), "end": str(since + HOUR - STEP), "step": str(STEP)}
        body = api.fetch("query_range", parameters).body
        records = Records.single("prom", body, None, "prometheus_json")
        found.append(decode(records, table, since + 1e9, Limits(LARGEST, LARGEST)).samples)
    api.close()
    return table, found


def hours_from(start: int) -> range:
    return range(start, start + HOURS * HOUR, HOUR)


def cpu_seconds(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = run()
    return time.process_time() - began, result


def compare(frame: Any, table: Any, samples: Any) -> int:
    """Check that both hold the same samples, each once; return how many.

    Raises
    ------
    ValueError : they do not.
    """
    pairs = np.stack([samples.series.astype(np.int64), np.round(samples.timestamp * 1000).astype(np.int64)])
    if len(np.unique(pairs, axis=1).T) != len(samples):
        raise ValueError("a sample came twice")
    names = [name for name in frame.columns if name != "value"]
    keys = frame[names].fillna("").itertuples(index=False, name=None)
    index = {tuple(labels.get(name) for name in names): slot for slot, labels in enumerate(table.labels)}
    slots = np.fromiter((index[key] for key in keys), np.int64, len(frame))
    times = frame.index.values.astype("datetime64[ms]").astype(np.int64)
    value = frame["value"].to_numpy()
    theirs, mine = np.lexsort((times, slots)), np.lexsort((pairs[1], pairs[0]))
    same = len(frame) == len(samples) and np.array_equal(np.stack([slots, times])[:, theirs], pairs[:, mine])
    if not same or not np.array_equal(value[theirs], samples.value[mine], equal_nan=True):
        raise ValueError(f"{len(samples)} samples of ours differ from {len(frame)} of the peer")
    return len(samples)


def race(url: str, query: str, start: int) -> dict[str, float]:
    """Run both in turns; samples per core-second of each, and the ratio of medians."""
    ours(url, query, start)  # compiled kernels are kept for ever
    theirs, mine = [], []
    for _ in range(ROUNDS):
        seconds, (table, samples) = cpu_seconds(lambda: ours(url, query, start))
        mine.append(seconds)
        seconds, frames = cpu_seconds(lambda: peer(url, query, start))
        theirs.append(seconds)
    n = sum(compare(frame, table, hour) for frame, hour in zip(frames, samples, strict=True))
    return {
        "prometheus": median(theirs) / median(mine),
        "prometheus_samples": float(n),
        "prometheus_per_core_second": n / median(mine),
        "prometheus_peer_per_core_second": n / median(theirs),
    }


def measure() -> dict[str, float]:
    """Ratio `prometheus` (target >= 25) and what it is made of."""
    with stand_in({str(start): answer(start) for start in hours_from(START)}) as url:
        return race(url, '{job="shop"}', START)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        result = race(sys.argv[1], '{job=~".+"}', int(time.time()) // STEP * STEP - HOURS * HOUR)
    else:
        result = measure()
    for name, value in result.items():
        print(f"{name:35} {value:15,.1f}")
