"""A series that usually moves and stands still; one that rests by habit is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.protocol import Floats
from detectors.stuck import Stuck
from detectors.testing import run
from tests.detectors.families import QUIET


def scored(x: Floats) -> Floats:
    detector = Stuck()
    return run(detector, detector.init(x.shape[1]), x)[0]


@pytest.mark.parametrize("family", sorted(QUIET))
def test_no_family_of_quiet_series_is_ever_taken_for_stuck(family: str) -> None:
    surprise = scored(QUIET[family](np.random.default_rng(0), 6_000, 60))
    assert np.nanmax(surprise) < 6.0


@pytest.mark.parametrize("family", ["gaussian", "sine", "counts", "autoregressive"])
def test_a_value_that_stands_still_is_told_within_a_quarter_of_an_hour(family: str) -> None:
    x = QUIET[family](np.random.default_rng(0), 3_000, 20)
    x[2_900:] = x[2_900]
    surprise = scored(x)
    assert (surprise[2_960] >= 6.0).all()
    assert np.nanmax(surprise[:2_915]) < 6.0


def test_rest_that_comes_back_is_learnt_and_a_longer_one_is_still_told() -> None:
    rng = np.random.default_rng(0)
    day = np.where(np.arange(1_000) < 300, 0.0, rng.normal(50.0, 5.0, 1_000))
    x = np.concatenate([day] * 20 + [day[:300], np.zeros(1_000)])[:, None]
    surprise = scored(x)
    assert np.nanmax(surprise[3_000:20_300]) < 6.0
    assert surprise[-1, 0] >= 6.0


def test_a_fault_of_a_night_does_not_excuse_the_next_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(50.0, 5.0, (8_000, 1))
    x[2_000:4_000] = 50.0
    x[7_000:] = 50.0
    assert scored(x)[7_200, 0] >= 6.0


def test_a_sample_that_is_missing_neither_ends_nor_lengthens_a_run() -> None:
    x = np.random.default_rng(0).normal(50.0, 5.0, (1_000, 1))
    x[900:] = 50.0
    gappy = np.repeat(x, 2, axis=0)
    gappy[1::2] = np.nan
    np.testing.assert_array_equal(scored(gappy)[::2], scored(x))
