"""When it began: of moments that all look as odd as can be, the step itself; and how much calm must come before."""

from __future__ import annotations

import math

import numpy as np
import pytest

from aiops.correlate.onset import candidates, faded
from aiops.correlate.shift import moved
from aiops.correlate.track import MOST_NATS, Track, nats

STEP = 60.0


def _stepped(at: int, count: int, height: float, every: float = STEP) -> Track:
    rng = np.random.default_rng(5)
    value = 0.05 * rng.lognormal(0, 0.05, count) + height * (np.arange(count) >= at)
    return Track("a", "seconds", "latency", np.arange(count) * every, value, "s")


@pytest.mark.parametrize("height", [0.5, 1.2, 30.0])
def test_of_moments_that_are_as_odd_as_can_be_the_step_itself_loses_least(height: float) -> None:
    track = _stepped(80, 120, height)
    at = track.time[10:110]
    z, change = moved([track], at)
    full = np.flatnonzero(nats(z)[0] >= MOST_NATS)
    assert len(full) > 5
    lost = faded(nats(z), change)
    assert at[full[np.argmin(lost[full])]] == 80 * STEP
    assert lost[full[0]] > lost[full[-2]] > 0


def test_what_is_less_odd_than_can_be_loses_nothing() -> None:
    assert faded(np.array([[0.0, 1.0, 2.9]]), np.array([[0.0, 0.1, 1.0]])).tolist() == [0.0, 0.0, 0.0]
    assert faded(np.zeros((0, 3)), np.zeros((0, 3))).tolist() == [0.0, 0.0, 0.0]


def test_twenty_samples_of_calm_are_enough_however_long_the_recording_is() -> None:
    long, short = _stepped(30, 200, 1.0), _stepped(30, 40, 1.0)
    assert candidates([long], STEP)[0] == 21 * STEP
    assert candidates([short], STEP)[0] == 16 * STEP


def test_samples_are_counted_by_the_clock_of_the_series() -> None:
    assert candidates([_stepped(50, 200, 1.0, every=300.0)], STEP)[0] == 21 * 300.0


def test_a_longer_search_is_no_coarser() -> None:
    few, many = _stepped(900, 1_800, 1.0, every=1.0), _stepped(900, 1_800, 1.0, every=1.0)
    late, early = candidates([few], 60.0), candidates([many], 1.0)
    assert early[0] < late[0]
    gaps = [float(np.max(np.diff(one))) for one in (late, early)]
    assert math.isclose(gaps[0], gaps[1], abs_tol=1.5)
