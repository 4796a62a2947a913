"""Silence, judged by how a series usually speaks."""

from __future__ import annotations

import numpy as np

from detectors.absence import Absence
from detectors.protocol import Floats
from detectors.testing import run


def score(here: list[int] | np.ndarray) -> Floats:
    x = np.where(np.asarray(here, bool), 1.0, np.nan)[:, None]
    detector = Absence()
    return run(detector, detector.init(1), x)[0][:, 0]


def test_a_scrape_every_column_is_missed_within_three_minutes() -> None:
    surprise = score([1] * 200 + [0] * 60)
    first = int(np.argmax(surprise >= 6.0))
    assert 203 < first <= 212
    assert (np.diff(surprise[204:]) >= 0.0).all()


def test_an_hourly_job_is_given_its_hour() -> None:
    hourly = (np.arange(240 * 40) % 240 == 0).astype(int)
    assert np.nanmax(score(hourly)) < 6.0
    assert score(np.append(hourly, np.zeros(2_500, int)))[-1] >= 6.0


def test_irregular_arrivals_are_quiet() -> None:
    here = np.random.default_rng(0).random(50_000) < 0.1
    assert np.nanmean(score(here)[2_000:] >= 6.0) < 1e-4


def test_a_nightly_pause_is_missed_once() -> None:
    day = [1] * 3_000 + [0] * 2_000
    surprise = score(day * 5)
    assert (surprise[3_000:5_000] >= 6.0).any()
    assert np.nanmax(surprise[5_000:]) < 6.0


def test_silence_ends_with_the_first_sample() -> None:
    assert score([1] * 100 + [0] * 60 + [1])[-1] == 0.0


def test_what_is_long_gone_is_no_longer_missed() -> None:
    assert np.isnan(score([1] * 100 + [0] * 6_000)[-1])
