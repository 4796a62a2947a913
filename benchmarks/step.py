"""One step of a daemon that watches 100,000 series: remote-write bytes in, incidents out, every shipped rule in force.

No peer does this; the figure is core-seconds a step and resident memory, beside the 15 s there are. What a running
daemon adds (commit, ring files) is not in it.

    python -m benchmarks.step
"""

from __future__ import annotations

import json
import resource
import time
from statistics import median

import cramjam
import numpy as np

from aiops.decode.remote_write import WriteRequest
from aiops.detect.partition import Settings
from aiops.detect.rule import PACKS, load_rules
from aiops.pipeline import Pipeline
from aiops.types import Records

SERIES, SERIES_A_REQUEST = 100_000, 2_000
STEP_SECONDS, BEGIN = 15.0, 1_700_000_010
WARM_STEPS, STEPS = 3, 6
METRICS: tuple[tuple[str, dict[str, str]], ...] = (
    ("process_resident_memory_bytes", {}),
    ("process_cpu_seconds_total", {}),
    ("http_requests_total", {"code": "500"}),
    ("grpc_server_handled_total", {"grpc_code": "Internal"}),
    ("up", {}),
    ("pg_stat_activity_count", {"state": "active"}),
    ("go_goroutines", {}),
    ("depth", {}),
)
"""The series of one instance: three quarters of them are watched, each instance for itself."""


def request(first: int, at: float, values: list[float]) -> bytes:
    """One remote-write request of `SERIES_A_REQUEST` series."""
    made = WriteRequest()
    for i in range(first, first + SERIES_A_REQUEST):
        series = made.timeseries.add()  # type: ignore[attr-defined, unused-ignore]
        (metric, more), one = METRICS[i % len(METRICS)], i // len(METRICS)
        labels = {"__name__": metric, "instance": f"10.1.{one // 250}.{one % 250}:8080", "job": "shop", "zone": "a"}
        for name, value in {**labels, **more}.items():
            series.labels.add(name=name, value=value)
        series.samples.add(timestamp=int(at * 1000), value=values[i])
    return bytes(cramjam.snappy.compress_raw(made.SerializeToString()))


def scrape(step: int) -> Records:
    """All series once."""
    rng, at = np.random.default_rng(step), BEGIN + step * STEP_SECONDS
    values = (1e6 + 100.0 * step + rng.normal(0, 1, SERIES)).tolist()
    bodies = [request(first, at, values) for first in range(0, SERIES, SERIES_A_REQUEST)]
    return Records.many("push", bodies, format="remote_write")


def measure() -> dict[str, float]:
    """`step_seconds` (core-seconds a step, target < 0.5) and `step_resident_gigabytes` (target <= 1.5)."""
    pipeline = Pipeline(Settings(STEP_SECONDS, 10.0, 2.0, tuple(load_rules(PACKS))))
    pipeline.warm()
    seconds = []
    for step in range(WARM_STEPS + STEPS):
        records = scrape(step)
        began = time.process_time()
        outcome = pipeline.step([records], BEGIN + step * STEP_SECONDS + 1.0)
        seconds.append(time.process_time() - began)
        if outcome.dropped:
            raise ValueError(f"refused: {dict(outcome.dropped)}")
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {"step_seconds": median(seconds[WARM_STEPS:]), "step_resident_gigabytes": resident}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
