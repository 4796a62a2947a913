"""Thresholds follow from the stated number of false pages."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.detect import budget

STEP = 15.0


def thresholds(stated: list[float], pages_per_week: float, hold: int = 0) -> np.ndarray:
    return budget.thresholds(
        np.array(stated), np.full(len(stated), hold), pages_per_week=pages_per_week, step_seconds=STEP
    )


def test_a_threshold_is_never_below_what_the_rule_states() -> None:
    assert thresholds([12.0, 3.0], 2.0)[0] == 12.0
    assert thresholds([6.0], 1e12).tolist() == [6.0]


@pytest.mark.parametrize("slots", [1, 100, 10_000])
@pytest.mark.parametrize("hold", [0, 4])
def test_the_estimate_at_the_thresholds_is_the_budget(slots: int, hold: int) -> None:
    at = thresholds([0.0] * slots, 2.0, hold)
    estimate = budget.estimate(at, np.full(slots, hold), STEP)
    assert estimate == pytest.approx(2.0)


def test_more_slots_and_a_smaller_budget_raise_the_threshold() -> None:
    assert thresholds([0.0] * 1000, 2.0)[0] == pytest.approx(thresholds([0.0], 2.0)[0] + 3.0)
    assert thresholds([0.0], 0.2)[0] == pytest.approx(thresholds([0.0], 2.0)[0] + 1.0)


def test_a_longer_for_is_fewer_tests() -> None:
    assert thresholds([0.0], 2.0, hold=9)[0] == pytest.approx(thresholds([0.0], 2.0, hold=0)[0] - 1.0)


def test_without_slots_there_is_nothing_to_share() -> None:
    assert thresholds([], 2.0).tolist() == []
    assert budget.estimate(np.empty(0), np.empty(0, np.int64), STEP) == 0.0
