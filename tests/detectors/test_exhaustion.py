"""Forecasts of what runs out."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.exhaustion import Exhaustion
from detectors.protocol import Floats, State
from detectors.testing import run

HOUR = 240
DAY = 24 * HOUR


def watch(x: Floats, limit: float = 0.0, horizon: float = 14_400.0, resets: float = 0.0) -> tuple[Floats, State]:
    detector = Exhaustion()
    values = x[:, None] if x.ndim == 1 else x
    state = detector.init(values.shape[1])
    state["p_limit"][:], state["p_horizon"][:], state["p_resets"][:] = limit, horizon, resets
    return run(detector, state, np.ascontiguousarray(values))[0], state


def score(x: Floats, limit: float = 0.0, horizon: float = 14_400.0, resets: float = 0.0) -> Floats:
    return watch(x, limit, horizon, resets)[0]


def ramp(flat_hours: float, hours: float, part: float = 1.0) -> Floats:
    """100 for a while, then down to 0 within `hours`, of which `part` is seen."""
    falling = 100.0 - 100.0 * np.arange(int(part * hours * HOUR)) / (hours * HOUR)
    return np.concatenate([np.full(int(flat_hours * HOUR), 100.0), falling])


def teeth(period: int, depth: float, seed: int, cycles: int) -> Floats:
    """A sawtooth between 100 and 100 (1 - depth) whose teeth differ, with noise."""
    rng = np.random.default_rng(seed)
    lengths = np.maximum((period * (1.0 + 0.1 * rng.normal(size=cycles))).astype(int), 20)
    depths = np.clip(depth * (1.0 + 0.05 * rng.normal(size=cycles)), 0.0, 0.95)
    falls = [100.0 - 100.0 * d * np.arange(n) / n for n, d in zip(lengths, depths, strict=True)]
    x: Floats = np.concatenate(falls)
    return x + rng.normal(0.0, 0.3, len(x))


def test_a_disk_that_fills_is_told_four_hours_before() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.5, 34 * HOUR)
    first = int(np.argmax(score(ramp(24, 10) + noise)[:, 0] >= 6.0))
    assert 3.5 * HOUR <= 34 * HOUR - first <= 5 * HOUR


@pytest.mark.parametrize("hours", [2, 5, 24])
def test_half_of_a_quick_fall_is_enough_to_tell(hours: int) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.5, (24 + hours) * HOUR)
    first = int(np.argmax(score(ramp(24, hours) + noise)[:, 0] >= 6.0))
    assert (24 + hours) * HOUR - first >= min(0.4 * hours, 4.0) * HOUR


@pytest.mark.parametrize("kind", ["line", "walk"])
@pytest.mark.parametrize("spread", [0.1, 0.5, 1.0])
def test_the_interval_holds_the_true_time(kind: str, spread: float) -> None:
    rng, n, every = np.random.default_rng(1), 40, HOUR
    base = ramp(12, 10.0, 1.6)[:, None]  # on below zero, so that late ones are not left out
    noise = rng.normal(0.0, spread, (len(base), n))
    x = base + (noise if kind == "line" else np.cumsum(noise / 8.0, axis=0))
    reached = np.where((x <= 0.0).any(axis=0), (x <= 0.0).argmax(axis=0), len(x) + HOUR)
    detector, held, asked = Exhaustion(), 0, 0
    state = detector.init(n)
    for at, column in enumerate(x):
        detector.update(state, column, at)
        if at > 16 * HOUR and (at + 1) % every == 0:
            _, early, late = detector.estimate(state)
            left = 15.0 * (reached - at)
            ask = (left > 0.0) & (state["score"] >= 3.0)
            held, asked = held + int((ask & (early <= left) & (left <= late)).sum()), asked + int(ask.sum())
    assert asked > 100
    assert held >= 0.87 * asked  # of three hundred correlated questions; docs/accuracy.md has the long run


def test_the_interval_narrows_as_the_end_comes_near() -> None:
    x = ramp(12, 10.0, 0.9) + np.random.default_rng(0).normal(0.0, 0.5, 21 * HOUR)
    widths = []
    for hours in (15, 18, 21):
        _, state = watch(x[: hours * HOUR])
        widths.append(float(state["late"][0] - state["early"][0]))
        assert state["early"][0] < state["middle"][0] < state["late"][0]
    assert widths[0] > widths[1] > widths[2]


def test_it_fires_on_the_early_edge() -> None:
    x = ramp(24, 24.0) + np.random.default_rng(0).normal(0.0, 2.0, 48 * HOUR)
    first = int(np.argmax(score(x)[:, 0] >= 6.0))
    _, state = watch(x[: first + 1])
    assert state["early"][0] <= 14_400.0 < state["middle"][0]


def test_a_rising_series_is_measured_against_a_limit_above_it() -> None:
    used = np.concatenate([np.full(24 * HOUR, 10.0), 10.0 + 10.0 * np.arange(6 * HOUR) / HOUR])
    assert score(used, limit=100.0)[-1, 0] >= 6.0
    assert np.nanmax(score(used, limit=10_000.0)) < 6.0


def test_a_daily_ramp_far_from_the_limit_never_fires() -> None:
    t = 15.0 * np.arange(3 * 5_760)
    assert np.nanmax(score(4e11 - 2e4 * (t % 86_400) / 15, horizon=4 * 86_400.0)) < 6.0


@pytest.mark.parametrize("period", [HOUR // 4, 2 * HOUR, 8 * HOUR])
@pytest.mark.parametrize("horizon", [4 * 3_600.0, 4 * 86_400.0])
def test_a_sawtooth_is_quiet_from_its_first_tooth_on(period: int, horizon: float) -> None:
    every = [teeth(period, 0.6, seed, 5) for seed in range(8)]
    width = min(len(one) for one in every)
    assert np.nanmax(score(np.stack([one[:width] for one in every], axis=1), horizon=horizon)) < 6.0


def test_a_daily_sawtooth_is_quiet_from_the_first_day_on() -> None:
    every = [teeth(DAY, 0.6, seed, 3) for seed in range(8)]
    width = min(len(one) for one in every)
    assert np.nanmax(score(np.stack([one[:width] for one in every], axis=1))) < 6.0


@pytest.mark.parametrize("period", [HOUR // 2, 24 * HOUR])
def test_a_deep_sawtooth_is_quiet_once_known(period: int) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.3, 6 * period)
    left = 100.0 - 85.0 * (np.arange(6 * period) % period) / period + noise
    assert np.nanmax(score(left, horizon=86_400.0)[2 * period :]) < 6.0


def test_a_sawtooth_that_stops_recovering_is_told() -> None:
    usual = np.concatenate([100.0 - 60.0 * np.arange(4 * HOUR) / (4 * HOUR)] * 6)
    broken = 100.0 - 60.0 * np.arange(7 * HOUR) / (4 * HOUR)  # the rotation fails; empty after 6.7 hours
    surprise = score(np.concatenate([usual, np.maximum(broken, 0.0)]))[:, 0]
    first = int(np.argmax(surprise >= 6.0))
    assert 4 * HOUR < first - len(usual) < 6 * HOUR


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


def test_a_clock_needs_no_past_and_its_interval_no_width() -> None:
    left = 86_400.0 - 15.0 * np.arange(HOUR)
    surprise, state = watch(left, horizon=2 * 86_400.0)
    assert surprise[-1, 0] >= 6.0
    assert state["middle"][0] == pytest.approx(left[-1], abs=30.0)
    assert state["late"][0] - state["early"][0] < 60.0


def test_a_certificate_that_is_renewed_in_time_is_quiet_once_that_was_seen() -> None:
    left = 15.0 * (DAY - np.arange(5 * DAY) % (DAY // 2))  # renewed twelve hours before its end
    assert np.nanmax(score(left, horizon=2 * 86_400.0)[DAY:]) < 6.0


@pytest.mark.parametrize(("a_day", "runs_out"), [(0.9, False), (1.3, True)])
def test_a_daily_quota_matters_only_if_it_is_gone_before_it_is_given_anew(a_day: float, runs_out: bool) -> None:
    used = 100.0 * a_day * (np.arange(4 * DAY) % DAY) / DAY
    left = np.maximum(100.0 - used, 0.5) + np.random.default_rng(0).normal(0.0, 0.1, 4 * DAY)
    surprise = score(left, horizon=86_400.0, resets=86_400.0)[:, 0]
    assert bool((surprise[: int(3.6 * DAY)] >= 6.0).any()) == runs_out


def test_a_month_ends_where_the_calendar_says() -> None:
    from detectors.exhaustion import _period

    february = 1_739_577_600.0  # 2025-02-15
    length = np.array([0.0, 86_400.0, 604_800.0, 2_592_000.0])
    number, until = _period(february, length)
    assert until.tolist() == [np.inf, 86_400.0, 2 * 86_400.0, 14 * 86_400.0]
    later, _ = _period(february + 14 * 86_400.0, length)
    assert (later - number).tolist() == [0.0, 14.0, 2.0, 1.0]
