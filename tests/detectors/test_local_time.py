"""The shape of the day follows the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import Baseline
from detectors.local_time import seconds_of_day
from detectors.protocol import Floats
from detectors.testing import run

STEP = 300.0
SWITCH = datetime(2026, 3, 29, tzinfo=UTC).timestamp()


@given(st.integers(0, 4_102_444_800), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]))
def test_it_is_what_the_clock_says(at: int, zone: str) -> None:
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    assert seconds_of_day(float(at), zone) == local.hour * 3_600 + local.minute * 60 + local.second


def day_after_the_switch(timezone: str) -> Floats:
    """Error of what was expected of ten offices on the first day of summer time, after two weeks of winter."""
    berlin, rng, first = ZoneInfo("Europe/Berlin"), np.random.default_rng(0), round((SWITCH - 14 * 86_400) / STEP)
    hours = [datetime.fromtimestamp((first + i) * STEP, berlin).hour for i in range(15 * 288)]
    open_ = np.array([7 <= hour < 19 for hour in hours])[:, None]
    x = 100.0 + 60.0 * open_ + rng.normal(0.0, 2.0, (len(hours), 10))
    detector = Baseline(step_seconds=STEP, timezone=timezone)
    _, expected = run(detector, detector.init(10), x, first)
    return np.abs(expected - x)[-288:]


def test_the_first_day_of_summer_time_is_like_any_other_to_who_knows_the_time_zone() -> None:
    aware, unaware = (day_after_the_switch(zone).mean() for zone in ("Europe/Berlin", "UTC"))
    assert aware < 3.5 < 2.0 * aware < unaware
