"""How far a track has moved: what requests of several kinds show by themselves, and what they do not."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.correlate.onset import Track, moved, settled

SLOW, FAST = 0.2, 0.002


def _requests(*values: float) -> Track:
    value = np.array(values)
    return Track("a", "get", "self_time", np.arange(len(value), dtype=float), value, "s", regular=False, needed=3)


def _z(track: Track, onset: float) -> tuple[float, float]:
    shift = settled(track, onset)
    assert shift is not None
    return shift.z, float(moved(track, np.array([onset]))[0][0])


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
    together = moved(track, at)[0]
    assert together == pytest.approx([moved(track, at[i : i + 1])[0][0] for i in range(40)])
