"""The deeper stage: what it says, what it does not say, and that its kernels do what they are said to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import deep_lag_kernel as lag
from detectors import deep_novelty_kernel as novelty
from detectors.deep import Deep

Floats = npt.NDArray[np.float64]
RNG = np.random.default_rng
MINUTE = Deep(step_seconds=60.0)


def surprise(x: Floats, detector: Deep = MINUTE, **limits: float) -> Floats:
    """Of one series."""
    return both(x, detector, **limits)[0]


def both(x: Floats, detector: Deep = MINUTE, **limits: float) -> tuple[Floats, Floats]:
    state = detector.init(1)
    for name, value in limits.items():
        state[f"p_{name}"][:] = value
    said, expected = detector.scan(state, x[:, None], np.arange(len(x)))
    return said[:, 0], expected[:, 0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 699), gaps=st.booleans())
def test_a_later_row_changes_no_earlier_score(seed: int, cut: int, gaps: bool) -> None:
    rng = RNG(seed)
    x = rng.normal(10.0, 1.0, (700, 2))
    if gaps:
        x[rng.random(x.shape) < 0.1] = np.nan
    at = np.arange(700)
    whole, split = MINUTE.init(2), MINUTE.init(2)
    at_once = MINUTE.scan(whole, x, at)
    parts = MINUTE.scan(split, x[:cut], at[:cut]), MINUTE.scan(split, x[cut:], at[cut:])
    for one, pieces in zip(at_once, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(one, np.concatenate(pieces))
    for name, array in whole.items():
        np.testing.assert_array_equal(array, split[name])


@pytest.mark.parametrize("least", [5e-324, 1e-310, 1e-291])
def test_a_step_that_is_next_to_nothing_gives_the_grid_no_cells_without_a_width(least: float) -> None:
    learn: Any = novelty.learn.py_func  # compiled, it would write past the end
    fields, cells = np.zeros(len(novelty.FIELDS)), np.zeros(novelty.CELLS, np.uint8)
    for value in (0.0, least, 1.0, 1e18, -1e18):
        learn(value, fields, cells, value == 0.0)
    assert fields[novelty.WIDTH] * novelty.CELLS >= 2e18
    assert fields[novelty.START] <= -1e18


def test_a_spike_in_noise_is_one_in_ten_thousand_at_once() -> None:
    x = RNG(1).normal(100.0, 5.0, 3_000)
    x[2_000] += 100.0
    said = surprise(x)
    assert said[2_000] > 4.0
    assert said[2_000] > 1.2 * np.delete(said[100:], 1_900).max()


def test_an_excursion_that_goes_on_is_one_in_a_million_and_a_lone_spike_is_not() -> None:
    noise = RNG(1).normal(100.0, 5.0, 3_000)
    spike, fault, swing = noise.copy(), noise.copy(), noise.copy()
    spike[2_000] += 100.0
    fault[2_000:2_002] += 100.0
    swing[2_000:2_002] += 100.0, -100.0
    assert surprise(spike).max(initial=0.0, where=np.arange(3_000) > 100) < 6.0
    assert surprise(fault)[2_001] >= 6.0
    assert surprise(swing)[2_001] < 6.0, "the other side is another event"


def test_a_value_of_another_hour_is_odd_although_it_occurs_every_day() -> None:
    rows = np.arange(6 * 1_440)
    x = 100.0 + 30.0 * np.sin(2.0 * np.pi * rows / 1_440) + RNG(2).normal(0.0, 1.0, len(rows))
    dip = 5 * 1_440 + 360
    x[dip : dip + 10] -= 40.0
    said = surprise(x)
    assert said[dip] > 3.0
    assert np.argmax(said[2 * 1_440 :]) + 2 * 1_440 in range(dip, dip + 2)


def test_a_fault_does_not_become_normal_at_once_but_a_new_level_does_within_a_day() -> None:
    x = RNG(3).normal(100.0, 1.0, 4_500)
    x[3_000:] += 50.0
    said, expected = both(x)
    assert said[3_000] > 4.0
    assert expected[3_010] < 110.0, "ten rows are no new level"
    assert np.abs(expected[3_600:] - 150.0).max() < 2.0, "six hundred are"
    assert said[3_600:].max() < 3.5


def test_a_long_anomaly_murmurs_on_below_any_alarm() -> None:
    x = RNG(4).normal(100.0, 1.0, 3_000)
    x[2_000:2_100] += 60.0
    said = surprise(x)
    assert (said[2_001:2_050] <= 2.0).mean() > 0.8
    assert said[2_001:2_050].mean() > 3.0 * np.median(said[100:2_000])


def test_a_first_step_is_not_one_in_a_million() -> None:
    x = np.full(5_000, 7.0)
    x[4_000:] = 9.0
    said = surprise(x)
    assert said[4_000] == pytest.approx(math.log10(4_001), abs=0.1)
    assert said[4_001:4_050].max() <= 2.0
    assert (said[4_001:] < np.log10(np.arange(4_002, 5_001)) + 0.1).all()


def test_a_constant_says_nothing() -> None:
    assert np.nanmax(surprise(np.full(2_000, 42.0))) == 0.0


def test_one_direction_only_if_asked() -> None:
    x = RNG(5).normal(0.0, 1.0, 1_500)
    x[1_000], x[1_200] = 30.0, -30.0
    up = surprise(x, direction=1.0)
    assert up[1_000] > 3.0
    assert up[1_200] == 0.0


def test_an_error_below_the_floor_is_small() -> None:
    x = RNG(6).normal(0.0, 1e-3, 1_500)
    x[1_000] = 0.05
    assert surprise(x)[1_000] > 3.0
    assert surprise(x, floor=1.0)[1_000] < surprise(x)[1_000] - 0.3


def test_it_is_silent_until_warm() -> None:
    said = surprise(RNG(7).normal(0.0, 1.0, 300), warmup=150.0)
    assert np.isnan(said[:150]).all()
    assert not np.isnan(said[150:]).any()


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e300])
def test_units_at_the_ends_of_the_world_leave_a_finite_state(scale: float) -> None:
    x = RNG(8).normal(0.0, scale, 400)
    x[300] = -x[300] * 1e5 if scale < 1e200 else x[300]
    state = MINUTE.init(1)
    said, _ = MINUTE.scan(state, x[:, None], np.arange(400))
    assert np.isfinite(said[100:]).all()
    assert all(np.isfinite(array).all() for array in state.values())


def test_a_score_does_not_depend_on_unit_or_origin() -> None:
    x = RNG(9).normal(0.0, 1.0, 1_000).cumsum()
    np.testing.assert_allclose(surprise(x), surprise(1_024.0 * x + 4_096.0), atol=0.02)


def test_the_lag_distance_is_the_smallest_over_all_lags() -> None:
    x = RNG(10).normal(0.0, 1.0, 400).astype(np.float32)
    ring, distance = np.zeros(lag.LAGS, np.float32), np.zeros(lag.LAGS, np.float32)
    told = [lag.nearest(value, ring, distance, i) for i, value in enumerate(x)]
    weight = float(lag.DECAY)
    for t in (30, 100, 399):
        sums = [sum(weight**k * (x[t - k] - x[t - k - d]) ** 2 for k in range(t - d + 1)) for d in range(1, t + 1)]
        assert told[t] == pytest.approx(math.sqrt(min(sums) * (1.0 - weight)), rel=1e-4)


def test_the_ring_of_lags_forgets_what_is_older() -> None:
    x = RNG(11).normal(0.0, 1.0, lag.LAGS + 300).astype(np.float32)
    x[5], x[-1] = 50.0, 50.0
    ring, distance = np.zeros(lag.LAGS, np.float32), np.zeros(lag.LAGS, np.float32)
    told = [lag.nearest(value, ring, distance, i) for i, value in enumerate(x)]
    assert told[-1] > 10.0
    np.testing.assert_array_equal(np.sort(ring), np.sort(x[-lag.LAGS :]))


def test_novelty_is_the_gap_to_the_nearest_past_value_over_their_range() -> None:
    rng = RNG(12)
    x = np.concatenate([rng.normal(0.0, 1.0, 300), rng.normal(40.0, 1.0, 100), rng.normal(-300.0, 5.0, 50)])
    grid, cells = np.zeros(len(novelty.FIELDS)), np.zeros(novelty.CELLS, np.uint8)
    for i, value in enumerate(x):
        if i > 1:
            past, quantum = x[:i], np.abs(np.diff(x[:i])).min()
            naive = max(0.0, np.abs(past - value).min() - 0.5 * quantum) / np.ptp(past)
            told = novelty.gap(value, grid, cells)
            assert told == pytest.approx(naive, abs=1.5 * grid[novelty.WIDTH] / np.ptp(past))
        novelty.learn(value, grid, cells, i == 0)


def test_the_next_whole_number_is_half_as_new_as_it_is_far() -> None:
    grid, cells = np.zeros(len(novelty.FIELDS)), np.zeros(novelty.CELLS, np.uint8)
    for i, value in enumerate([3.0, 4.0, 5.0, 7.0]):
        novelty.learn(value, grid, cells, i == 0)
    assert novelty.gap(8.0, grid, cells) == pytest.approx(0.5 / 4.0)
    assert novelty.gap(5.0, grid, cells) == 0.0
