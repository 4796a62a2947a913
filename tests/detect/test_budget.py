"""Thresholds follow from the stated number of false pages."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.detect import budget
from aiops.detect.budget import LEAST_SHARE, LOOSEST, MOST_SHARE, REWARD, STRICTEST, WEEK_SECONDS, Judged

STEP = 15.0
DAY = 86_400.0
pages = st.floats(0.01, 1000)
series = st.integers(1, 1_000_000)
holds = st.integers(0, 80)
tests_of = st.dictionaries(st.sampled_from("abcdef"), st.floats(1.0, 1e9), min_size=1)
offsets = st.dictionaries(st.sampled_from("abcdef"), st.floats(LOOSEST, STRICTEST))
verdict = st.tuples(st.floats(0, 8 * WEEK_SECONDS), st.booleans(), st.sampled_from([0.5, 1.0]))


@given(tests_of, offsets, pages)
def test_what_chance_brings_at_the_thresholds_is_never_more_than_may_be_spent(
    tests: dict[str, float], added: dict[str, float], wealth: float
) -> None:
    common = budget.common(tests, added, wealth)
    thresholds = {rule: common + added.get(rule, 0.0) for rule in tests}
    # Below one test in all there is nothing to control: a threshold is not negative.
    assert budget.expected(tests, thresholds) <= max(wealth, sum(tests.values()) * 10.0**-LOOSEST) * (1 + 1e-9)
    if sum(tests.values()) >= wealth and not added:
        assert budget.expected(tests, thresholds) == pytest.approx(wealth)


@given(tests_of, offsets, pages, st.floats(1.0, 100.0))
def test_a_larger_budget_never_raises_a_threshold(
    tests: dict[str, float], added: dict[str, float], wealth: float, more: float
) -> None:
    assert budget.common(tests, added, wealth * more) <= budget.common(tests, added, wealth)


@given(series, series, holds, pages)
def test_more_series_never_lower_a_threshold(few: int, more: int, hold: int, wealth: float) -> None:
    def common(count: int) -> float:
        return budget.common({"r": budget.tests(count, hold, STEP)}, {}, wealth)

    assert common(few + more) >= common(few)


def test_ten_times_the_series_or_a_tenth_of_the_budget_is_one_more_decade() -> None:
    def common(count: int, wealth: float, hold: int = 0) -> float:
        return budget.common({"r": budget.tests(count, hold, STEP)}, {}, wealth)

    assert common(1000, 2.0) == pytest.approx(common(100, 2.0) + 1.0)
    assert common(100, 0.2) == pytest.approx(common(100, 2.0) + 1.0)
    assert common(100, 2.0, hold=9) == pytest.approx(common(100, 2.0) - 1.0)


def test_the_budget_is_one_however_its_series_are_spread_over_rules() -> None:
    whole = budget.common({"a": 5e6}, {}, 2.0)
    assert budget.common({"a": 2e6, "b": 3e6}, {}, 2.0) == pytest.approx(whole)


@given(st.lists(verdict, max_size=12), pages)
def test_wealth_is_never_negative_and_never_hoarded(said: list[tuple[float, bool, float]], stated: float) -> None:
    assert LEAST_SHARE * stated <= budget.wealth(stated, said) <= MOST_SHARE * stated


@given(st.integers(0, 2**32 - 1))
def test_what_is_spent_over_months_is_the_budget_and_the_rewards_at_most(seed: int) -> None:
    rng = random.Random(seed)
    said = [(rng.uniform(0, 20 * WEEK_SECONDS), rng.random() < 0.5, 1.0) for _ in range(rng.randrange(40))]
    stated, spent, days = 2.0, 0.0, 140
    for day in range(days):
        known = [(day * DAY - at, right, weight) for at, right, weight in said if at <= day * DAY]
        spent += budget.wealth(stated, known) / 7
    weeks, rewards = days / 7, REWARD * sum(right for _, right, _ in said)
    discrete = 1.08  # a sum over days of what fades by a seventh a day, against its integral
    assert spent <= (1 + LEAST_SHARE) * stated * weeks + discrete * rewards + 1e-9


def test_a_false_page_makes_the_rest_of_the_week_stricter_and_is_forgotten_in_time() -> None:
    assert budget.wealth(2.0, [(0.0, False, 1.0)]) == pytest.approx(1.0)
    assert budget.wealth(2.0, [(6 * WEEK_SECONDS, False, 1.0)]) == pytest.approx(2.0, abs=0.01)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 100))
def test_feedback_moves_a_rule_within_its_bounds_and_never_the_wrong_way(
    false: float, right: float, more: float
) -> None:
    at = budget.offset(Judged(false, right))
    assert LOOSEST <= at <= STRICTEST
    assert budget.offset(Judged(false + more, right)) >= at >= budget.offset(Judged(false, right + more))


def test_three_false_pages_make_a_rule_four_times_as_rare() -> None:
    assert budget.offset(Judged(3.0, 0.0)) == pytest.approx(math.log10(4.0))
    assert budget.offset(Judged()) == 0.0


@given(st.floats(0, 100), st.integers(0, 50), st.floats(0, 1), st.floats(0, 12))
def test_the_interval_holds_the_estimate(model: float, false: int, share: float, weeks: float) -> None:
    found = budget.estimate(model, false, share, weeks)
    assert 0.0 <= found.lower <= found.upper < math.inf
    assert found.lower <= found.mean
    assert budget.estimate(model, false + 1, share, weeks).mean > found.mean


def test_the_estimate_starts_at_what_chance_brings_and_ends_at_what_people_say() -> None:
    assert budget.estimate(2.0, 0, 1.0, 0.0).mean == pytest.approx(2.0)
    assert budget.estimate(2.0, 8, 1.0, 4.0).mean == pytest.approx(2.0)
    assert budget.estimate(0.1, 40, 1.0, 4.0).mean == pytest.approx(8.02)
    assert budget.estimate(2.0, 0, 0.0, 4.0).mean == pytest.approx(2.0), "pages that nobody judged say nothing"


def test_without_series_there_is_nothing_to_share() -> None:
    assert budget.common({}, {}, 2.0) == 0.0
    assert budget.expected({}, {}) == 0.0
