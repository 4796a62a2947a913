"""What the deeper stage costs: a value of a series that it watches or scores, and a proposal that it judges.

No peer: river and pyod have nothing of the kind that streams. 16 series of noise, past their warm-up; the cascade with
as many slots as it has by default, in a step without a proposal, and per proposal.

    python -m benchmarks.deep
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from aiops.detect.cascade import HISTORY, Cascade
from aiops.detect.watch import FIRING, INACTIVE
from detectors.deep import Deep
from detectors.shape import Shape

SERIES, ROWS, ROUNDS = 16, 4_000, 3
SLOTS, PROPOSALS = 20_000, 50


def seconds(work: Callable[[], Any]) -> float:
    """Process CPU time, median of the rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return median(times)


def scanned(detector: Any) -> tuple[float, float]:
    """Core-seconds a value once warm, and bytes a series."""
    values = np.random.default_rng(0).normal(100.0, 5.0, (ROWS, SERIES))
    at, state = np.arange(ROWS), detector.init(SERIES)
    detector.scan(state, values, at)
    spent = seconds(lambda: detector.scan(state, values, at))
    return spent / (ROWS * SERIES), sum(array.nbytes for array in state.values()) / SERIES


def cascade() -> tuple[float, float]:
    """Core-seconds of a column of all slots in which nothing fires, and of each proposal."""
    made, rng = Cascade(Deep(), SLOTS), np.random.default_rng(0)
    made.cover(np.ones(SLOTS, np.bool_))
    watch = {"gate": np.full(SLOTS, INACTIVE), "since": np.zeros(SLOTS, np.int64)}
    column, at = rng.normal(100.0, 5.0, SLOTS), iter(range(10 * HISTORY))
    for _ in range(HISTORY):
        made.step(rng.permutation(column), watch, next(at), {})
    quiet = seconds(lambda: made.step(column, watch, next(at), {}))
    firing = {**watch, "gate": np.where(np.arange(SLOTS) < PROPOSALS, FIRING, INACTIVE)}

    def judged() -> None:
        made.step(column, watch, next(at), {})
        made.step(column, firing, next(at), {})

    return quiet, (seconds(judged) - 2.0 * quiet) / PROPOSALS


def measure() -> dict[str, float]:
    """`deep_microseconds` a value (target <= 10), `deep_bytes`, the same of the shape, and what the cascade adds."""
    (deep, size), (shape, shape_size), (column, proposal) = scanned(Deep()), scanned(Shape()), cascade()
    return {
        "deep_microseconds": 1e6 * deep,
        "deep_bytes_a_series": size,
        "shape_microseconds": 1e6 * shape,
        "shape_bytes_a_series": shape_size,
        "cascade_column_milliseconds": 1e3 * column,
        "cascade_proposal_milliseconds": 1e3 * proposal,
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:40} {value:15,.3f}")
