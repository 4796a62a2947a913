"""Counters become increases, exactly, whatever resets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors import rate


@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), min_size=2, max_size=50))
def test_increases_add_up_to_what_was_counted_except_what_a_reset_swallowed(steps: list[tuple[int, bool]]) -> None:
    state, shown, total = rate.init(1), 0.0, 0.0
    rate.increase(state, np.array([shown]), 0)
    counted = 0.0
    for at, (grown, reset) in enumerate(steps, start=1):
        before = shown
        shown = float(grown) if reset else shown + grown
        # A reset that ends above the old value cannot be told from growth, by anyone.
        counted += shown if shown < before else shown - before
        total += rate.increase(state, np.array([shown]), at)[0]
    assert total == counted


def test_a_reset_makes_no_spike_and_no_negative_rate() -> None:
    state = rate.init(1)
    got = [rate.increase(state, np.array([value]), at)[0] for at, value in enumerate([100.0, 110.0, 4.0, 9.0])]
    assert np.isnan(got[0])
    assert got[1:] == [10.0, 4.0, 5.0]


def test_an_increase_over_a_gap_is_spread_over_its_columns() -> None:
    state = rate.init(2)
    rate.increase(state, np.array([0.0, 0.0]), 0)
    rate.increase(state, np.array([np.nan, 1.0]), 1)
    np.testing.assert_array_equal(rate.increase(state, np.array([6.0, 2.0]), 3), [2.0, 0.5])
    assert np.isnan(rate.increase(state, np.array([7.0, 3.0]), 3 + rate.GAP + 1)).all()
