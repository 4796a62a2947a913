"""From surprise to firing: `for`, `keep_firing_for`, hysteresis, silence."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aiops.detect import watch

THRESHOLD = 6.0
NAN = float("nan")


def told(surprise: list[float], hold: int = 2, keep: int = 3, first: int = 100) -> list[tuple[int, str]]:
    """(column, what) of one slot."""
    state = watch.init(1)
    limits = watch.Limits(np.array([THRESHOLD]), np.array([hold]), np.array([keep]))
    found = []
    for at, one in enumerate(surprise, first):
        crossed = watch.update(state, limits, np.array([one]), (np.array([one]), np.array([0.0])), at)
        found += [(at - first, "fired")] * len(crossed.fired) + [(at - first, "ended")] * len(crossed.ended)
    return found


def test_it_fires_once_the_surprise_has_lasted_for_the_hold() -> None:
    assert told([7, 7, 7, 7, 7]) == [(2, "fired")]
    assert told([7, 7, 0, 0, 0]) == []
    assert told([7], hold=0) == [(0, "fired")]


def test_calm_while_pending_starts_the_count_anew() -> None:
    assert told([7, 7, 0, 7, 7, 7]) == [(5, "fired")]


def test_it_ends_after_calm_has_lasted_for_the_keep() -> None:
    assert told([7, 7, 7, 0, 0, 0, 0]) == [(2, "fired"), (5, "ended")]
    assert told([7, 7, 7, 0, 0, 7, 0, 0, 0]) == [(2, "fired"), (8, "ended")]


def test_between_half_the_threshold_and_the_threshold_nothing_begins_and_nothing_ends() -> None:
    assert told([4] * 9) == []
    assert told([7, 7, 7, 4, 4, 4, 4, 4, 4]) == [(2, "fired")]


def test_what_began_over_the_threshold_is_confirmed_by_staying_in_the_band() -> None:
    assert told([7, 4, 4, 4]) == [(2, "fired")]
    assert told([7, 4, 2, 4, 4]) == []


def test_silence_neither_confirms_nor_clears_at_once() -> None:
    assert told([7, NAN, 7]) == [(2, "fired")]
    assert told([7, NAN, NAN, NAN]) == []
    assert told([7, 7, 7, NAN, 7, NAN, 7]) == [(2, "fired")]


def test_silence_ends_what_fires_after_the_keep_and_what_is_pending_after_the_hold() -> None:
    assert told([7, 7, 7, NAN, NAN, NAN]) == [(2, "fired"), (5, "ended")]
    # What was pending long ago does not fire with the first sample that comes back.
    assert told([7, *[NAN] * 8, 7, 0]) == []


def test_the_onset_is_where_the_surprise_first_crossed_and_the_peak_is_kept() -> None:
    state = watch.init(1)
    limits = watch.Limits(np.array([THRESHOLD]), np.array([1]), np.array([3]))
    for at, (surprise, value) in enumerate([(1.0, 10.0), (7.0, 70.0), (9.0, 90.0), (8.0, 80.0)]):
        watch.update(state, limits, np.array([surprise]), (np.array([value]), np.array([5.0])), at)
    assert state["since"][0] == 1
    assert (state["peak"][0], state["value"][0], state["expected"][0]) == (9.0, 90.0, 5.0)


def test_where_surprise_has_reached_its_ceiling_the_worst_value_is_kept() -> None:
    state, limits = watch.init(1), watch.Limits(np.array([THRESHOLD]), np.array([1]), np.array([3]))
    for at, value in enumerate([0.1, 0.4, 0.8, 0.3]):
        watch.update(state, limits, np.array([30.0]), (np.array([value]), np.array([0.05])), at)
    assert state["value"][0] == 0.8
    watch.update(state, limits, np.array([29.0]), (np.array([0.9]), np.array([0.05])), 4)
    assert state["value"][0] == 0.8


surprises = st.lists(st.sampled_from([NAN, 0.0, 2.9, 3.0, 5.9, 6.0, 12.0]), max_size=40)


@given(surprises, st.integers(0, 3), st.integers(1, 4))
def test_firings_and_ends_take_turns(surprise: list[float], hold: int, keep: int) -> None:
    what = [one for _, one in told(surprise, hold, keep)]
    assert what[::2] == ["fired"] * len(what[::2])
    assert what[1::2] == ["ended"] * len(what[1::2])


@given(st.lists(surprises.map(lambda one: (one + [NAN] * 40)[:40]), min_size=1, max_size=5))
def test_a_slot_fares_alike_whoever_its_neighbours_are(columns: list[list[float]]) -> None:
    n = len(columns)
    state = watch.init(n)
    limits = watch.Limits(np.full(n, THRESHOLD), np.full(n, 2), np.full(n, 3))
    found: list[list[tuple[int, str]]] = [[] for _ in range(n)]
    for at in range(40):
        now = np.array([column[at] for column in columns])
        crossed = watch.update(state, limits, now, (now, np.zeros(n)), 100 + at)
        for slot in crossed.fired:
            found[slot].append((at, "fired"))
        for slot in crossed.ended:
            found[slot].append((at, "ended"))
    assert found == [told(column) for column in columns]
