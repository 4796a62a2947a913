"""The shape of a stretch: distances are what a naive loop says, and lasting oddness is odd while it lasts."""

from __future__ import annotations

import numpy as np
import pytest

from detectors import shape_lag_kernel as lag
from detectors.protocol import Array
from detectors.shape import Shape
from detectors.testing import CHECKS, columns


def surprise(values: Array) -> Array:
    shape = Shape()
    return shape.scan(shape.init(1), values[:, None], np.arange(len(values)))[0][:, 0]


def wave(rows: int, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return 50 + 10 * np.sin(2 * np.pi * np.arange(rows) / 90) + rng.normal(0, 0.5, rows)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_contract_holds_beyond_the_warm_up(check: object) -> None:
    shape = Shape()
    check(shape, columns(shape, width=900, n=3))  # type: ignore[operator]


def naive(x: Array, t: int) -> float:
    """Mean of the two smallest weighted distances of the stretch that ends at `t` to earlier ones, `APART` apart."""
    lags = range(lag.FIRST, min(lag.LAST, t - lag.LONGEST + 1) + 1)
    now, found = x[t - lag.LONGEST + 1 : t + 1], {}
    for one in lags:
        away = now - x[t - one - lag.LONGEST + 1 : t - one + 1]
        mean = np.mean([away[-n:].mean() for n in lag.WINDOWS])
        found[one] = np.sqrt(max(np.mean([np.mean(away[-n:] ** 2) for n in lag.WINDOWS]) - mean**2, 0.0))
    best = min(found, key=found.__getitem__)
    others = [away for one, away in found.items() if abs(one - best) > lag.APART]
    return float(np.mean([found[best], min(others, default=found[best])]))


def distances(x: Array) -> Array:
    """What the kernel says, row by row."""
    rings, origin = np.zeros((len(lag.RINGS), lag.WIDTH), np.float32), x[0]
    sums, distance = np.zeros(lag.SQUARES + 1), np.zeros(lag.LAGS, np.float32)
    scratch, said = np.empty(lag.LAGS, np.float32), np.empty(len(x))
    for t, value in enumerate(x):
        if t and t % lag.SLACK == 0:
            origin += lag.slide(rings, sums)
        said[t] = lag.nearest(np.float32(value - origin), rings, sums, distance, t, scratch)
    return said


def test_the_distance_agrees_with_a_naive_loop() -> None:
    x = wave(8_000)
    said = distances(x)
    np.testing.assert_array_equal(said >= 0.0, np.arange(len(x)) >= lag.FIRST + lag.LONGEST + lag.FEWEST - 2)
    for t in (330, 400, 511, 512, 1_024, 1_500, 4_000, lag.LAST + 60, 7_999):
        assert said[t] == pytest.approx(naive(x, t), rel=2e-3)


def test_the_rounding_of_a_huge_value_is_gone_once_every_lag_was_summed_anew() -> None:
    x = wave(2_400)
    x[1_500] += 2_000.0
    said, after = distances(x), 1_500 + 2 * lag.LONGEST + lag.LAGS // lag.FRESH
    for t in range(after, 2_400, 97):
        assert said[t] == pytest.approx(naive(x, t), rel=5e-3)


def test_a_waveform_that_changes_is_odd_while_it_is_changed() -> None:
    x = wave(6_000)
    odd = slice(4_000, 4_200)
    x[odd] = 50 + 10 * np.sin(2 * np.pi * np.arange(200) / 33)
    score = surprise(x)
    usual = np.quantile(score[600:4_000], 0.99)
    assert np.mean(score[4_030:4_200] > usual) == 1.0
    assert score[4_030:4_200].mean() > 3.0
    assert score[odd].max() > 4.0
    assert score[4_400:].max() < score[odd].max() / 2


def test_the_flat_line_of_a_moving_series_is_odd() -> None:
    x = wave(5_000)
    x[4_000:4_150] = 50.0
    score = surprise(x)
    assert score[4_040:4_150].min() > np.quantile(score[600:4_000], 0.999)


def test_noise_of_one_kind_has_no_odd_stretch() -> None:
    rng = np.random.default_rng(1)
    for x in (rng.normal(size=12_000), rng.standard_t(5, 12_000), rng.poisson(20.0, 12_000).astype(np.float64)):
        assert np.nanmax(surprise(x)) < 6.0


def test_the_unit_and_the_level_of_a_series_do_not_matter() -> None:
    x = wave(2_500)
    for unit in (2.0**-40, 4_096.0):
        np.testing.assert_allclose(surprise(x * unit), surprise(x), atol=1e-3)
    np.testing.assert_allclose(surprise(x + 1e6), surprise(x), atol=0.05)


def test_a_first_change_after_a_constant_is_no_certainty() -> None:
    x = np.full(3_000, 7.0)
    x[2_500:] = 8.0
    assert np.nanmax(surprise(x)) < 4.0


def test_what_comes_later_does_not_matter() -> None:
    x = wave(3_000)
    np.testing.assert_array_equal(surprise(x)[:2_000], surprise(x[:2_000]))
