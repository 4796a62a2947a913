"""The shape of the day that a detector begins with is the one that predicts a day it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.protocol import Floats
from detectors.season import choose, forecast_error, median_day

SLOTS = 144
SHAPE = 10.0 * np.sin(6.2832 * np.arange(SLOTS) / SLOTS)


def past(days: int = 10, noise: float = 1.0, trend: float = 0.0, n: int = 6) -> Floats:
    rng = np.random.default_rng(0)
    return 100.0 + SHAPE + trend * np.arange(days)[:, None] + rng.normal(0.0, noise, (n, days, SLOTS))


def test_one_bad_day_and_gaps_leave_no_trace_in_the_median_day() -> None:
    x = past()
    x[:, 3] += 500.0 * np.arange(SLOTS)
    x[:, 5, 10:20] = np.nan
    assert np.abs(median_day(x) - SHAPE).mean() < 1.0
    np.testing.assert_array_equal(median_day(np.full((2, 3, SLOTS), np.nan)), 0.0)


def test_what_was_learnt_stays_unless_another_predicts_the_last_day_clearly_better() -> None:
    x = past()
    learnt = np.stack([SHAPE, SHAPE, SHAPE, 0 * SHAPE, 0 * SHAPE, -SHAPE])
    chosen = choose(x, learnt, 3.0)
    assert (chosen.kind[:3] == 0).all()
    np.testing.assert_array_equal(chosen.season[:3], learnt[:3])
    assert (chosen.kind[3:] > 0).all()
    assert np.abs(chosen.season[3:] - SHAPE).mean() < 1.0
    assert (chosen.error[3:, 1:].min(axis=1) < chosen.error[3:, 0]).all()


def test_the_day_that_judges_teaches_nobody_before_it_has_judged() -> None:
    x = past()
    other = x.copy()
    other[:, -1] = 100.0 - 5.0 * SHAPE
    for row in range(2):
        np.testing.assert_allclose(
            choose(x, np.zeros((6, SLOTS)), 3.0).error[row, 1],
            forecast_error(x[:, -1], median_day(other[:, :-1]), 3.0)[row],
        )


def test_nothing_known_of_the_last_day_changes_nothing() -> None:
    x = past()
    x[:, -1] = np.nan
    assert (choose(x, np.zeros((6, SLOTS)), 3.0).kind == 0).all()
    x[:] = np.nan
    assert (choose(x, np.zeros((6, SLOTS)), 3.0).kind == 0).all()


@pytest.mark.parametrize("trend", [0.0, 30.0])
def test_the_same_past_gives_the_same_choice(trend: float) -> None:
    first, second = (choose(past(trend=trend), np.zeros((6, SLOTS)), 3.0) for _ in range(2))
    np.testing.assert_array_equal(first.kind, second.kind)
    np.testing.assert_array_equal(first.season, second.season)
