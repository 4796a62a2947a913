"""Shares: small counts add up, bursts are allowed for, small effects are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detectors.proportion import Proportion
from detectors.protocol import Floats
from detectors.testing import run


def traffic(share: Floats | float, trials: int, w: int, n: int = 80, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    total = rng.poisson(trials, (w, n))
    return np.stack([rng.binomial(total, share), total], axis=2).astype(np.float64)


def score(x: Floats, **parameters: float) -> Floats:
    detector = Proportion()
    state = detector.init(x.shape[1])
    for name, value in parameters.items():
        state[f"p_{name}"][:] = value
    return run(detector, state, x)[0]


def test_steady_shares_are_quiet_at_every_volume() -> None:
    for trials in (5, 100, 5_000):
        surprise = score(traffic(0.01, trials, 4_000))[500:]
        assert (surprise >= 3.0).mean() < 3e-3
        assert (surprise >= 6.0).mean() < 1e-5


def test_errors_that_come_in_bursts_are_quiet() -> None:
    rng = np.random.default_rng(0)
    share = rng.beta(1.0, 99.0, (4_000, 80))
    assert (score(traffic(share, 500, 4_000))[1_000:] >= 6.0).mean() < 3e-4


def test_a_share_that_rises_fivefold_is_found_within_four_columns() -> None:
    x = traffic(0.01, 200, 1_010)
    x[1_000:] = traffic(0.10, 200, 10)
    assert (score(x)[1_000:1_004] >= 6.0).any(axis=0).mean() > 0.95


def test_few_requests_a_column_add_up() -> None:
    x = traffic(0.01, 4, 1_030)
    x[1_000:] = traffic(0.9, 4, 30)
    assert (score(x, min_trials=5.0)[1_000:1_010] >= 6.0).any(axis=0).mean() > 0.95


def test_an_effect_below_the_smallest_of_interest_is_nothing() -> None:
    x = traffic(0.001, 100_000, 1_010)
    x[1_000:] = traffic(0.003, 100_000, 10)
    assert score(x, min_effect=0.01)[1_000:].max() == 0.0
    assert score(x)[1_003:].min() > 6.0


def test_too_few_trials_say_nothing() -> None:
    x = traffic(0.01, 200, 500)
    x[400:] = [1.0, 1.0]
    assert score(x, min_trials=10.0)[440:].max() == 0.0


def test_a_fall_is_seen_where_direction_allows_it() -> None:
    x = traffic(0.5, 500, 1_010)
    x[1_000:] = traffic(0.2, 500, 10)
    assert score(x, direction=-1.0)[1_003:].min() > 6.0
    assert score(x, direction=1.0)[1_003:].max() < 1.0


def test_the_score_of_a_settled_series_without_a_past_window_is_the_binomial_tail_of_its_effective_trials() -> None:
    detector = Proportion()
    state = detector.init(1)
    keep = 0.5 ** (detector.step_seconds / state["p_window"][0].astype(np.float64))
    state["count"][:], state["trials"][:], state["seen"][:] = 1e6, 1e8, 1e6
    state["window_count"][:], state["window_trials"][:] = 0.0, 0.0
    surprise, expected = detector.update(state, np.array([[25.0, 1_000.0]]), 0)
    assert abs(expected[0] - 0.01) < 1e-9
    held = 1.0 + keep
    exact = -np.log10(stats.beta.cdf(0.01, 25.0 * held, 975.0 * held + 1.0))
    assert abs(surprise[0] - exact) < 1e-3


def test_a_share_that_stays_is_the_new_normal_after_the_stated_columns_and_not_before() -> None:
    detector = Proportion(half_life=288.0, adapt_steps=576)
    state = detector.init(1)
    rng = np.random.default_rng(0)
    said, settling = [], []
    for i in range(2_000):
        share = 0.01 if i < 1_000 else 0.05
        surprise, _ = detector.update(state, np.array([[rng.binomial(200, share), 200.0]]), i)
        said.append(surprise[0])
        settling.append(bool(detector.settling(state, np.array([0]))[0]))
    assert min(said[1_010 : 1_000 + 576]) > 3.0
    assert max(said[1_000 + 576 + 288 :]) < 3.0
    assert settling.index(True) == pytest.approx(1_000 + 576, abs=4)
    assert not settling[-1]
