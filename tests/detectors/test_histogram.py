"""Histograms against their own past, and quantiles with their error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtr

from detectors.bucket import BUCKETS, OPEN, quantile
from detectors.histogram import Histogram
from detectors.protocol import Floats, State

PROMETHEUS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]
DAY = 5_760


def row(values: list[float], fill: float = 0.0) -> Floats:
    return np.array(values + [fill] * (BUCKETS - len(values)))


def shares(median: Floats, spread: float = 0.8) -> Floats:
    """Of lognormal durations in Prometheus' default buckets, shape (n, BUCKETS)."""
    below = ndtr(np.log(np.array(PROMETHEUS)[None, :] / median[:, None]) / spread)
    edges = np.concatenate([np.zeros((len(median), 1)), below, np.ones((len(median), 1))], axis=1)
    return np.pad(np.diff(edges, axis=1), ((0, 0), (0, BUCKETS - len(PROMETHEUS) - 1)))


def watch(rate: float, columns: int, n: int, median: Callable[[int], Floats], **limits: float) -> tuple[Floats, State]:
    """Surprise, shape (columns, n), of Poisson buckets; `median(at)` has shape (n,)."""
    detector, rng = Histogram(), np.random.default_rng(0)
    state, x, found = detector.init(n), np.empty((n, 2 * BUCKETS)), []
    for name, value in limits.items():
        state[f"p_{name}"][:] = value
    x[:, BUCKETS:] = row(PROMETHEUS, OPEN)
    for at in range(columns):
        x[:, :BUCKETS] = rng.poisson(rate * shares(median(at)))
        found.append(detector.update(state, x.copy(), at)[0])
    return np.array(found), state


@pytest.mark.parametrize("rate", [3, 20, 1_000])
@pytest.mark.parametrize("direction", [1.0, 0.0])
def test_surprise_3_is_one_in_a_thousand_on_stationary_buckets(rate: float, direction: float) -> None:
    steady = np.full(120, 0.08)
    surprise, _ = watch(rate, 1_200, 120, lambda _: steady, quantile=0.0, direction=direction, min_trials=5)
    known = surprise[~np.isnan(surprise)]
    assert len(known) > 100_000
    assert 1e-3 / 3.0 <= (known >= 3.0).mean() <= 3e-3
    assert (known >= 6.0).mean() < 5e-5


def test_a_distribution_that_moves_is_told_within_three_columns() -> None:
    surprise, state = watch(50, 410, 4, lambda at: np.full(4, 0.08 if at < 400 else 0.4))
    assert np.nanmax(surprise[:400]) < 3.0
    assert (surprise[403] >= 6.0).all()
    value, low, high = Histogram().estimate(state)
    assert ((low <= value) & (value <= high)).all()
    assert (low >= 0.25).all()


def test_a_second_hump_is_told_though_most_requests_are_as_quick_as_ever() -> None:
    detector, rng = Histogram(), np.random.default_rng(0)
    state, x = detector.init(1), np.empty((1, 2 * BUCKETS))
    x[:, BUCKETS:] = row(PROMETHEUS, OPEN)
    for at in range(430):
        slow = 0.12 if at >= 400 else 0.0  # one in eight waits for a lock
        mixed = (1 - slow) * shares(np.array([0.05])) + slow * shares(np.array([3.0]), 0.3)
        x[:, :BUCKETS] = rng.poisson(100 * mixed)
        surprise, expected = detector.update(state, x, at)
    assert surprise[0] >= 6.0
    assert expected[0] < 0.3 < 1.0 < detector.judged(state)[0]


def test_a_quantile_whose_error_bar_covers_the_usual_value_is_not_told() -> None:
    # The share above 0.1 doubles, which is beyond doubt; the 95th percentile stays in its bucket.
    inside, state = watch(500, 500, 2, lambda at: np.full(2, 0.05 if at < 400 else 0.066))
    assert np.nanmax(inside) == 0.0
    anyhow, _ = watch(500, 500, 2, lambda at: np.full(2, 0.05 if at < 400 else 0.066), quantile=0.0)
    assert (anyhow[-1] >= 6.0).all()
    usual = quantile(state["usual"], state["bounds"], np.full(2, 0.95), np.zeros(2)).value
    assert (state["low"] < usual).all()


def test_few_requests_have_a_wide_error_bar() -> None:
    counts, bounds = row([5, 5, 5, 5])[None], row([1.0, 2.0, 3.0], OPEN)[None]
    few = quantile(counts, bounds, np.array([0.5]), 1.96 * np.sqrt(0.25 / np.array([20.0])))
    many = quantile(counts, bounds, np.array([0.5]), 1.96 * np.sqrt(0.25 / np.array([20_000.0])))
    assert (few.low[0], few.value[0], few.high[0]) == (1.0, 2.0, 3.0)
    assert (many.low[0], many.high[0]) == (1.0, 3.0)  # on a bound: nobody knows which side
    assert few.high[0] - few.low[0] >= many.high[0] - many.low[0]


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 0.99])
def test_a_quantile_is_that_of_prometheus_and_its_interval_holds_the_true_one(q: float) -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(200):
        values = rng.lognormal(np.log(0.08), 0.8, 300)
        counts = np.histogram(values, [0.0, *PROMETHEUS, np.inf])[0].astype(float).tolist()
        found = quantile(
            row(counts)[None], row(PROMETHEUS, OPEN)[None], np.array([q]), 1.96 * np.sqrt(np.array([q * (1 - q) / 300]))
        )
        held += int(found.low[0] <= np.quantile(rng.lognormal(np.log(0.08), 0.8, 100_000), q) <= found.high[0])
    assert held >= 190


def test_what_is_beyond_the_last_bound_has_no_upper_edge() -> None:
    found = quantile(row([1.0, 0.0, 9.0])[None], row([1.0, 2.0], OPEN)[None], np.array([0.9]), np.zeros(1))
    assert (found.value[0], found.low[0], found.high[0]) == (2.0, 2.0, np.inf)


def test_a_mix_that_wanders_with_the_day_is_quiet() -> None:
    phase = np.linspace(0.0, 3.0, 6)
    wave, _ = watch(80, 2 * DAY, 6, lambda at: 0.08 * np.exp(0.35 * np.sin(6.2832 * at / DAY + phase)))
    assert np.nanmax(wave) < 6.0


def test_more_of_the_same_is_no_shift() -> None:
    detector, rng = Histogram(), np.random.default_rng(0)
    state, x, found = detector.init(3), np.empty((3, 2 * BUCKETS)), []
    x[:, BUCKETS:] = row(PROMETHEUS, OPEN)
    for at in range(500):
        x[:, :BUCKETS] = rng.poisson((20 if at < 400 else 400) * shares(np.full(3, 0.08)))
        found.append(detector.update(state, x, at)[0])
    assert np.nanmax(np.array(found)) < 3.0


def test_other_bounds_are_another_histogram() -> None:
    detector = Histogram()
    state, x = detector.init(1), np.empty((1, 2 * BUCKETS))
    x[0, :BUCKETS], x[0, BUCKETS:] = row([10.0, 90.0]), row([1.0], OPEN)
    for at in range(200):
        surprise, _ = detector.update(state, x, at)
    assert np.isfinite(surprise).all()
    x[0, BUCKETS:] = row([0.5], OPEN)
    surprise, _ = detector.update(state, x, 200)
    assert np.isnan(surprise).all()
    assert state["seen"][0] == 1.0


def test_lower_scores_are_told_downward_only() -> None:
    down, _ = watch(50, 410, 2, lambda at: np.full(2, 0.4 if at < 400 else 0.08), direction=-1.0, quantile=0.5)
    up, _ = watch(50, 410, 2, lambda at: np.full(2, 0.4 if at < 400 else 0.08), direction=1.0, quantile=0.5)
    assert (down[-1] >= 6.0).all()
    assert np.nanmax(up) < 3.0
