"""One step of the detector: river, an object a series, and our baseline, a column at a time, side by side.

Both sides keep 100,000 series with a model each and get the same samples in the same order, which is no order: series
arrive as hosts happen to send them. The peer finds its scorer by key, scores and learns; we scatter the samples into
a column, then score and learn it. In turns, in process CPU time, on one thread. GaussianScorer has passed its
grace period, Holt-Winters its first season and our baseline its warm-up, so that each does what it does all day.

    python -m benchmarks.kernel
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numba import njit

from detectors.baseline import Baseline

SERIES, ROUNDS, STEPS = 100_000, 5, 60
SEASONAL_SERIES, SEASON, SEASONAL_STEPS = 1_000, 288, 20
Arrivals = list[tuple[Any, Any]]
"""Steps of (slots in order of arrival, value of each)."""


def arrivals(series: int, steps: int, seed: int = 0) -> Arrivals:
    """Every series once a step, in random order."""
    rng = np.random.default_rng(seed)
    return [(rng.permutation(series).astype(np.int32), rng.normal(100.0, 5.0, series)) for _ in range(steps)]


def clock(work: Callable[[], int]) -> float:
    """Samples a core-second."""
    before = time.process_time()
    samples = work()
    return samples / (time.process_time() - before)


def river(model: Callable[[], Any], series: int, samples: Arrivals, learnt: int) -> Callable[[], int]:
    """One model a series, having learnt `learnt` samples; one call scores and learns all of `samples`."""
    models = {f"series-{i}": model() for i in range(series)}
    keys = list(models)
    past = np.random.default_rng(1).normal(100.0, 5.0, learnt).tolist()
    for one in models.values():
        for value in past:
            one.learn_one(None, value)
    batches = [([keys[slot] for slot in slots], values.tolist()) for slots, values in samples]

    def work() -> int:
        for names, values in batches:
            for name, value in zip(names, values, strict=True):
                one = models[name]
                one.score_one(None, value)
                one.learn_one(None, value)
        return len(batches) * series

    return work


def gaussian() -> Any:
    from river import anomaly

    return anomaly.GaussianScorer(grace_period=1)


def holt_winters() -> Any:
    from river import anomaly, time_series

    forecaster = time_series.HoltWinters(alpha=0.3, beta=0.1, gamma=0.6, seasonality=SEASON)
    return anomaly.PredictiveAnomalyDetection(forecaster, horizon=1, n_std=3.5, warmup_period=SEASON)


@njit("void(f8[::1], i4[::1], f8[::1])", cache=True)
def scatter(column: Any, slots: Any, values: Any) -> None:
    for i in range(len(slots)):
        column[slots[i]] = values[i]


def ours(samples: Arrivals) -> tuple[Callable[[], int], float]:
    """Our baseline with 288 slots; one call scatters, scores and learns `STEPS` steps. Also its bytes per series."""
    detector = Baseline()
    state = detector.init(SERIES)
    column = np.full(SERIES, np.nan)
    past = [0]

    def work(steps: int = STEPS) -> int:
        for at in range(past[0], past[0] + steps):
            scatter(column, *samples[at % len(samples)])
            detector.update(state, column, at)
        past[0] += steps
        return steps * SERIES

    work(300)
    return work, sum(array.nbytes for array in state.values()) / SERIES


def measure() -> dict[str, float]:
    """Ratio `kernel` (target >= 500), `kernel_seasonal` (>= 2,000), `bytes_per_series` (<= 1,300) and their parts."""
    samples = arrivals(SERIES, 8)
    scorers = river(gaussian, SERIES, samples[:1], 2)
    seasonal = river(holt_winters, SEASONAL_SERIES, arrivals(SEASONAL_SERIES, SEASONAL_STEPS), 2 * SEASON)
    work, size = ours(samples)
    rates = [(clock(scorers), clock(seasonal), clock(work)) for _ in range(ROUNDS)]
    return {
        "kernel": median(us / peer for peer, _, us in rates),
        "kernel_seasonal": median(us / peer for _, peer, us in rates),
        "bytes_per_series": size,
        "kernel_samples_per_second": median(us for _, _, us in rates),
        "river_gaussian_samples_per_second": median(peer for peer, _, _ in rates),
        "river_holt_winters_samples_per_second": median(peer for _, peer, _ in rates),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:40} {value:15,.1f}")
