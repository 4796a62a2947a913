"""How far a track has moved: what requests of several kinds show by themselves, and what they do not."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from aiops.correlate import shift
from aiops.correlate.shift import moved, settled
from aiops.correlate.track import Track

SLOW, FAST = 0.2, 0.002


def _requests(*values: float) -> Track:
    value = np.array(values)
    return Track("a", "get", "self_time", np.arange(len(value), dtype=float), value, "s", regular=False, needed=3)


def _z(track: Track, onset: float) -> tuple[float, float]:
    return float(settled([track], onset).z[0]), float(moved([track], np.array([onset]))[0][0, 0])


def test_a_few_slow_requests_in_a_row_are_little_where_one_in_five_always_was_slow() -> None:
    mixed = _z(_requests(*[FAST, FAST, SLOW, FAST, FAST] * 20, SLOW, FAST, SLOW), 99.5)
    plain = _z(_requests(*[FAST, FAST, 2 * FAST, FAST, FAST] * 20, SLOW, SLOW, SLOW), 99.5)
    assert mixed[0] < plain[0] / 5
    assert mixed[1] < plain[1] / 5


def test_a_shift_down_is_trusted_like_the_same_shift_up() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 60)
    step = np.where(np.arange(60) < 40, 1.0, 2.0) + noise
    up, down = _requests(*step), _requests(*(3.0 - step))
    assert _z(up, 39.5)[0] == pytest.approx(-_z(down, 39.5)[0], rel=0.5)
    assert _z(up, 39.5)[1] > 3.0
    assert _z(down, 39.5)[1] < -3.0


def test_many_candidates_are_judged_as_each_alone() -> None:
    track = _requests(*np.random.default_rng(4).exponential(1.0, 400))
    at = np.linspace(100.5, 390.5, 40)
    together = moved([track], at)[0][0]
    assert together == pytest.approx([moved([track], at[i : i + 1])[0][0, 0] for i in range(40)])


def _samples(rng: np.random.Generator, count: int, unit: str) -> Track:
    level = rng.uniform(0.1, 50.0)
    value = level * (1 + rng.normal(0, 0.05, count)) + rng.uniform(-5, 5) * (np.arange(count) >= 2 * count // 3)
    return Track("a", "m", "other", np.arange(count) * 15.0, np.maximum(value, 0.0), unit)


def test_series_judged_as_one_matrix_are_judged_as_each_alone_to_the_bit() -> None:
    rng = np.random.default_rng(11)
    tracks = [_samples(rng, count, unit) for count in (3, 7, 40, 41, 60) for unit in ("", "%", "s") for _ in range(5)]
    tracks.insert(7, _requests(*rng.exponential(1.0, 50)))
    order = rng.permutation(len(tracks))
    at = np.array([0.0, 100.0, 400.0, 600.0, 1e6])
    for onset in (*at.tolist(), np.nan):
        together = astuple(settled([tracks[i] for i in order], onset))
        alone = [astuple(settled([tracks[i]], onset)) for i in order]
        assert np.array_equal(together, np.concatenate(alone, axis=1), equal_nan=True)
    z, change = moved([tracks[i] for i in order], at)
    for row, i in enumerate(order):
        one = moved([tracks[i]], at)
        assert np.array_equal(z[row], one[0][0])
        assert np.array_equal(change[row], one[1][0])
    assert np.count_nonzero(z) > 50


def test_what_is_too_much_to_be_held_at_once_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    tracks = [_samples(rng, 60, "") for _ in range(9)]
    whole = astuple(settled(tracks, 600.0))
    monkeypatch.setattr(shift, "MOST_AT_ONCE", 130)
    assert np.array_equal(astuple(settled(tracks, 600.0)), whole)


def test_how_sure_it_is_scales_the_size_of_a_delay_however_long_it_is() -> None:
    """Two levels apart by thousands and by millions of scales are both at the most nats; both are as unsure."""
    some = [_z(_requests(*[FAST, FAST, FAST, FAST, SLOW] * 4, *[by * FAST] * 4), 19.5)[0] for by in (1e5, 1e8)]
    assert some[0] == pytest.approx(some[1])
    assert some[0] < 50.0


def test_a_level_that_was_zero_all_along_is_left_by_no_more_than_others_are() -> None:
    value = np.r_[np.zeros(12), 8.0, 8.0]
    assert 1.0 < settled([Track("a", "cpu", "saturation", np.arange(14.0), value)], 11.5).z[0] < 100.0
