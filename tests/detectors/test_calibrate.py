"""Scores become tail probabilities of the series' own past."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors import calibrate
from detectors.deep import Deep
from tests.detectors.families import QUIET

RNG = np.random.default_rng
STATIONARY = ("gaussian", "student_5", "autoregressive", "counts", "lognormal")


def learnt(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    past, law = calibrate.fresh(1)
    for score in scores:
        calibrate.learn(score, past[0], law[0])
    return past[0], law[0]


@pytest.mark.parametrize("family", STATIONARY)
def test_three_means_one_in_a_thousand_where_nothing_happens(family: str) -> None:
    x = QUIET[family](RNG(20), 8_000, 12)
    detector = Deep()
    said, _ = detector.scan(detector.init(12), x, np.arange(8_000))
    rate = np.mean(said[100:] >= 3.0) / 1e-3
    assert 1 / 3.5 < rate < 3.5
    assert np.mean(said[100:] >= 4.0) < 1e-3
    assert np.mean(said[100:] >= 6.0) < 3e-5


@pytest.mark.parametrize("family", sorted(QUIET))
def test_no_quiet_series_reaches_one_in_a_million_more_than_by_chance(family: str) -> None:
    x = QUIET[family](RNG(21), 6_000, 8)
    detector = Deep()
    said, _ = detector.scan(detector.init(8), x, np.arange(6_000))
    assert np.sum(said[100:] >= 6.0) <= 2


def test_the_edge_is_what_two_percent_exceed() -> None:
    scores = RNG(22).exponential(0.6, 4_000)
    _, law = learnt(scores)
    weights = np.cumprod(1.0 + 1.0 / (np.arange(4_000) + 1.0 + calibrate.YOUTH))
    order = np.argsort(scores)
    below = np.cumsum(weights[order]) / weights.sum()
    naive = scores[order][np.searchsorted(below, 1.0 - calibrate.SHARE)]
    assert law[calibrate.EDGE] == pytest.approx(naive, abs=2 * calibrate.WIDTH)


def test_surprise_grows_with_the_score_and_passes_the_edge_without_a_jump() -> None:
    _, law = learnt(RNG(23).exponential(0.6, 2_000))
    told = [calibrate.place(score, law) for score in np.linspace(0.0, 20.0, 2_001)]
    assert told[0] == 0.0
    assert (np.diff(told) > 0.0).all()
    assert calibrate.place(law[calibrate.EDGE], law) == pytest.approx(-math.log10(calibrate.SHARE))
    assert np.diff(told).max() < 0.05


def test_past_faults_do_not_make_the_next_one_ordinary() -> None:
    calm = RNG(24).exponential(0.5, 5_000)
    struck = calm.copy()
    struck[2_000:2_010] = 14.0
    before, after = learnt(calm)[1], learnt(struck)[1]
    assert calibrate.place(8.0, after) > 0.75 * calibrate.place(8.0, before)


def test_a_series_may_excuse_itself_only_so_far() -> None:
    rng = RNG(25)
    heavy = np.where(rng.random(6_000) < 0.05, rng.exponential(4.0, 6_000), rng.exponential(0.3, 6_000))
    _, law = learnt(heavy)
    own = (heavy[heavy > law[calibrate.EDGE]] - law[calibrate.EDGE]).mean()
    assert calibrate.USUAL_EXCESS < law[calibrate.EXCESS] < 0.5 * own


def test_weights_are_brought_down_before_they_overflow() -> None:
    past, law = calibrate.fresh(1)
    past, law = past[0], law[0]
    law[calibrate.WEIGHT], law[calibrate.PLACED] = 0.999 * calibrate.HEAVIEST, 1e6
    for score in RNG(26).exponential(0.5, 3_000):
        calibrate.learn(score, past, law)
    assert law[calibrate.WEIGHT] < calibrate.HEAVIEST
    assert np.isfinite(past).all()
    assert 1.5 < law[calibrate.EDGE] < 2.5


def test_the_past_is_forgotten() -> None:
    _, law = learnt(np.concatenate([np.full(3_000, 5.0), RNG(27).exponential(0.5, 120_000)]))
    assert law[calibrate.EDGE] < 2.6
