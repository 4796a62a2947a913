"""The window that grows while nothing changes: rises of every size are found, restless rates are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.concept import BLOCKS, Concept
from detectors.protocol import Floats, State


def fed(state: State, rates: Floats, trials: float, rng: np.random.Generator, first: int = 0) -> Floats:
    """Surprises of columns with these error rates, shape (columns, n); NaN as 0."""
    found = []
    for i, rate in enumerate(rates):
        rows = rng.poisson(trials, len(state["recent"])).astype(np.float64)
        errors = rng.binomial(rows.astype(np.int64), rate)
        found.append(Concept().update(state, np.stack([errors, rows], axis=1), first + i)[0])
    return np.nan_to_num(np.array(found))


@pytest.mark.parametrize(("before", "after", "rows"), [(0.2, 0.35, 900), (0.06, 0.22, 320), (0.06, 0.12, 2_000)])
def test_a_rise_is_found_as_soon_as_its_size_allows(before: float, after: float, rows: int) -> None:
    state, rng = Concept().init(20), np.random.default_rng(0)
    assert fed(state, np.full(600, before), 16.0, rng).max() < 6
    found = fed(state, np.full(rows // 16, after), 16.0, rng)
    assert (found.max(axis=0) >= 6).mean() >= 0.9


def test_nothing_is_told_where_nothing_changes() -> None:
    state, rng = Concept().init(100), np.random.default_rng(1)
    assert fed(state, np.full(800, 0.06), 16.0, rng).max() < 6


def test_a_rise_that_stays_below_the_limit_is_not_told() -> None:
    for limit, told in ((0.3, False), (0.09, True)):
        state, rng = Concept().init(5), np.random.default_rng(2)
        state["p_limit"][:] = limit
        fed(state, np.full(500, 0.04), 16.0, rng)
        assert (fed(state, np.full(200, 0.12), 16.0, rng).max() >= 6) == told


def test_a_rise_that_is_over_is_told_no_longer() -> None:
    state, rng = Concept().init(10), np.random.default_rng(6)
    fed(state, np.full(700, 0.06), 16.0, rng)
    assert (fed(state, np.full(80, 0.22), 16.0, rng)[-1] >= 6).all()
    # Ten minutes of rows as good as ever.
    fed(state, np.full(40, 0.06), 16.0, rng)
    assert (fed(state, np.full(400, 0.06), 16.0, rng) >= 6).mean() < 0.002


def test_a_rise_that_lasts_is_told_all_the_time() -> None:
    state, rng = Concept().init(10), np.random.default_rng(7)
    fed(state, np.full(700, 0.06), 16.0, rng)
    assert (fed(state, np.full(300, 0.16), 16.0, rng)[60:] >= 6).mean() > 0.95


def test_improvement_is_no_alarm() -> None:
    state, rng = Concept().init(5), np.random.default_rng(2)
    fed(state, np.full(500, 0.3), 16.0, rng)
    assert fed(state, np.full(300, 0.1), 16.0, rng).max() == 0.0


def test_every_row_is_in_exactly_one_block() -> None:
    state, rng = Concept().init(3), np.random.default_rng(3)
    fed(state, np.full(700, 0.1), 40.0, rng)
    rng = np.random.default_rng(3)
    rows = np.zeros(3)
    for _ in range(700):
        column = rng.poisson(40.0, 3)
        rng.binomial(column, 0.1)
        rows += column
    np.testing.assert_array_equal(state["rows"].sum(axis=1) + state["open"][:, 1], rows)
    assert (state["rows"] > 0).sum() <= 3 * BLOCKS
    np.testing.assert_array_equal(state["held"].sum(axis=1), (state["rows"] > 0).sum(axis=1))


def test_what_stays_becomes_the_new_normal() -> None:
    state, rng = Concept().init(4), np.random.default_rng(4)
    state["p_adapt"][:] = 2_000.0
    fed(state, np.full(300, 0.05), 16.0, rng)
    found = fed(state, np.full(300, 0.2), 16.0, rng)
    assert (found.max(axis=0) >= 6).all()
    assert found[-50:].max() < 6
    assert (state["rows"].sum(axis=1) < 300 * 16 + 1_000).all()


def test_a_model_that_errs_at_night_is_known_after_some_nights() -> None:
    state, rng = Concept().init(10), np.random.default_rng(5)
    # A day of 96 columns, nights three times as bad.
    day = 0.06 * (1.0 + 0.5 * np.sin(np.arange(96) * 2 * np.pi / 96))
    fed(state, np.tile(day, 10), 60.0, rng)
    assert (fed(state, np.tile(day, 4), 60.0, rng) >= 6).mean() < 0.001
