"""Forecasts of what runs out."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.exhaustion import Exhaustion
from detectors.protocol import Floats
from detectors.testing import run

HOUR = 240


def score(x: Floats, limit: float = 0.0, horizon: float = 14_400.0) -> Floats:
    detector = Exhaustion()
    values = x[:, None] if x.ndim == 1 else x
    state = detector.init(values.shape[1])
    state["p_limit"][:], state["p_horizon"][:] = limit, horizon
    return run(detector, state, np.ascontiguousarray(values))[0]


def test_a_disk_that_fills_is_told_early_within_the_horizon() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.5, 10 * HOUR)
    left = np.concatenate([np.full(4 * HOUR, 100.0), 100.0 - 10.0 * np.arange(6 * HOUR) / HOUR]) + noise
    first = int(np.argmax(score(left)[:, 0] >= 6.0))
    assert 8 * HOUR <= first <= 10 * HOUR


def test_a_rising_series_is_measured_against_a_limit_above_it() -> None:
    used = np.concatenate([np.full(4 * HOUR, 10.0), 10.0 + 10.0 * np.arange(6 * HOUR) / HOUR])
    assert score(used, limit=100.0)[-1, 0] >= 6.0
    assert np.nanmax(score(used, limit=10_000.0)) < 6.0


def test_a_daily_ramp_far_from_the_limit_never_fires() -> None:
    t = 15.0 * np.arange(3 * 5_760)
    assert np.nanmax(score(4e11 - 2e4 * (t % 86_400) / 15, horizon=4 * 86_400.0)) < 6.0


@pytest.mark.parametrize("period", [HOUR // 2, 24 * HOUR])
def test_a_sawtooth_that_recovers_by_itself_is_quiet_once_known(period: int) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.3, 6 * period)
    left = 100.0 - 70.0 * (np.arange(6 * period) % period) / period + noise
    assert np.nanmax(score(left, horizon=86_400.0)[2 * period :]) < 6.0


def test_a_daily_wave_is_quiet_once_known() -> None:
    left = 10.0 + 6.0 * np.sin(6.2832 * np.arange(4 * 5_760) / 5_760)
    assert np.nanmax(score(left, horizon=43_200.0)[2 * 5_760 :]) < 6.0


def test_a_random_walk_is_quiet() -> None:
    steps = np.random.default_rng(0).normal(0.0, 1.0, (6_000, 100))
    assert np.nanmean(score(2_000.0 + np.cumsum(steps, axis=0)) >= 6.0) < 1e-4


def test_what_is_exhausted_stays_so_until_it_recovers() -> None:
    left = np.concatenate([np.linspace(100.0, 0.0, 4 * HOUR), np.zeros(HOUR), np.full(HOUR, 100.0)])
    surprise = score(left)[:, 0]
    assert (surprise[4 * HOUR : 5 * HOUR] == 30.0).all()
    assert surprise[-1] < 6.0
