"""Limits with hysteresis."""

from __future__ import annotations

import numpy as np

from detectors.testing import run
from detectors.threshold import Threshold


def scores(values: list[float], **parameters: float) -> list[float]:
    detector = Threshold()
    state = detector.init(1)
    for name, value in parameters.items():
        state[f"p_{name}"][:] = value
    return run(detector, state, np.array(values)[:, None])[0][:, 0].tolist()


def test_on_the_limit_is_not_beyond_it() -> None:
    got = scores([10.0, 10.1], above=10.0)
    assert got[0] == 0.0
    assert got[1] > 9.0


def test_a_breach_ends_only_once_the_value_is_back_by_clear() -> None:
    got = scores([11.0, 9.5, 8.5, 9.5], above=10.0, clear=1.0)
    assert [value > 0 for value in got] == [True, True, False, False]


def test_below_and_above_may_both_be_set() -> None:
    assert [value > 0 for value in scores([1.0, 5.0, 11.0], above=10.0, below=2.0)] == [True, False, True]


def test_a_missing_sample_neither_begins_nor_ends_a_breach() -> None:
    got = scores([11.0, float("nan"), 9.5], above=10.0, clear=1.0)
    assert np.isnan(got[1])
    assert got[2] > 9.0


def test_further_beyond_is_more_surprising() -> None:
    near, far = scores([11.0, 1000.0], above=10.0)
    assert 9.0 < near < far < 30.0
