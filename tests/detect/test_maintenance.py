"""Windows of planned work: which moments lie in them, and that nothing is learnt there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from aiops.config import Config
from aiops.detect import maintenance
from aiops.detect.maintenance import Maintenance
from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.errors import ConfigError
from aiops.types import Decoded, Finding, Kind, Labels, Samples

STEP = 60.0
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC).timestamp()
NIGHT = Maintenance("backup", {"entity": ("mailer",)}, begins=120, ends=240)


def rule() -> Rule:
    document = {"alert": "Unusual", "id": "it-unusual", "world": "it", "signal": "queue_depth"}
    return Rule.model_validate({**document, "detector": {"type": "baseline"}})


class World:
    """Two services with the same queue, a sample a minute from two hours before midnight."""

    def __init__(self, windows: Iterable[Maintenance] = (NIGHT,)) -> None:
        settings = Settings(STEP, 0.0, 1e12, (rule(),), maintenance=tuple(windows))
        self.partition = Partition("p", settings)
        names = ("mailer", "orders")
        labels = [Labels.of("queue_depth", {"service_name": name}) for name in names]
        self._slots = np.array([self.partition.table.slot(one, Kind.GAUGE) for one in labels], np.int32)
        self._at = MIDNIGHT - 120 * STEP
        self.found: list[Finding] = []

    def play(self, level: float, minutes: int, seed: int = 0) -> World:
        for noise in np.random.default_rng(seed).normal(0.0, 1.0, minutes):
            time, value = np.full(2, self._at), np.full(2, level + noise)
            self.partition.take(Decoded(Samples(self._slots, time, value, np.zeros(2, np.int32))))
            self._at += STEP
            self.partition.panel.advance(self._at)
            self.found += [one for closed in self.partition.close() for one in closed.fired]
        return self

    def learnt(self) -> dict[str, Any]:
        arrays, _ = self.partition.banks["baseline"].snapshot()
        return {name: array.copy() for name, array in arrays.items() if name.startswith("state/")}


def test_a_window_leaves_what_was_learnt_as_it_was_but_for_what_it_does_not_cover() -> None:
    world = World().play(50.0, 240)
    before = world.learnt()
    after = world.play(500.0, 120).learnt()
    for name, array in before.items():
        np.testing.assert_array_equal(array[0], after[name][0])
    assert any((array[1] != after[name][1]).any() for name, array in before.items())


def test_the_window_still_says_what_is_odd_so_that_what_stays_broken_is_known_when_it_ends() -> None:
    world = World().play(50.0, 240).play(500.0, 120)
    assert [finding.entity for finding in world.found] == ["mailer", "orders"]


def test_a_level_of_the_window_that_stays_is_as_odd_after_it_as_at_its_beginning() -> None:
    frozen, free = World().play(50.0, 240), World(()).play(50.0, 240)
    for world in (frozen, free):
        world.play(500.0, 121)
    # Learning, even warily, would have drawn what is expected towards the level of the window.
    levels = [world.learnt()["state/core"][0, 0] for world in (frozen, free)]
    assert abs(levels[0]) < 5.0 < levels[1]


@pytest.mark.parametrize(
    ("window", "now", "active"),
    [
        (Maintenance("m", {}, monthdays=(1,)), "2026-03-01T12:00", True),
        (Maintenance("m", {}, monthdays=(1,)), "2026-03-02T00:00", False),
        (Maintenance("m", {}, monthdays=(-1,)), "2026-02-28T23:59", True),
        (Maintenance("m", {}, monthdays=(-1,)), "2028-02-28T12:00", False),
        (Maintenance("m", {}, monthdays=(-1,), begins=1380, ends=120), "2026-03-01T01:59", True),
        (Maintenance("m", {}, monthdays=(31,), weekdays=(6,)), "2026-04-26T12:00", True),
        (Maintenance("m", {}, dates=(date(2026, 11, 21),)), "2026-11-21T12:00", True),
        (Maintenance("m", {}, dates=(date(2026, 11, 21),)), "2027-11-21T12:00", False),
        (Maintenance("m", {}, monthdays=(1,), timezone="Asia/Tokyo"), "2026-02-28T15:30", True),
    ],
)
def test_days_of_the_month_and_single_dates_are_days_of_the_local_calendar(
    window: Maintenance, now: str, active: bool
) -> None:
    assert window.active(datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()) is active


def test_windows_are_read_from_the_configuration_in_its_time_zone() -> None:
    document = {
        "name": "close",
        "match": {"entity": ["a", "b"]},
        "weekdays": ["sat"],
        "begins": "22:30",
        "ends": "06:00",
    }
    config = Config.model_validate({"timezone": "Europe/Berlin", "maintenance": [document]})
    (window,) = maintenance.read(config)
    assert (window.weekdays, window.begins, window.ends, window.timezone) == ((5,), 1350, 360, "Europe/Berlin")
    assert window.covers({"entity": ("b",)})
    assert not window.covers({"entity": ("c",)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": {}},
        {"match": {"entity": "a"}, "begins": "25:00"},
        {"match": {"entity": "a"}, "monthdays": [0]},
        {"match": {"entity": "a"}, "timezone": "Mars/Olympus"},
    ],
)
def test_a_window_over_everything_or_at_no_time_is_refused(wrong: dict[str, Any]) -> None:
    from aiops.config import parse

    with pytest.raises(ConfigError):
        parse(Config, {"maintenance": [{"name": "m", **wrong}]})
