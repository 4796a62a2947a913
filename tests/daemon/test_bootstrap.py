"""After a history the seasons are chosen beside the main thread, once, and become part of the state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import structlog

from aiops.daemon.bootstrap import Bootstrap
from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Kind, Labels, Samples

STEP, DAY = 1_800.0, 48
START = 20_000 * 86_400.0
SHAPE = 10.0 * np.sin(6.2832 * np.arange(DAY) / DAY)


def partition(severity: str = "page") -> Partition:
    document = {"alert": "Odd", "id": "it-odd", "world": "it", "signal": "load", "severity": severity}
    rule = Rule.model_validate({**document, "detector": {"type": "baseline"}})
    return Partition("prom", Settings(STEP, 0.0, 1e12, (rule,)))


def play(made: Partition, days: float, history: float, seed: int = 0) -> Partition:
    rng = np.random.default_rng(seed)
    made.past_until = START + history * 86_400.0
    slots = np.array([made.table.slot(Labels.of("load", {"pod": f"p{i}"}), Kind.GAUGE) for i in range(3)], np.int32)
    for i in range(round(days * DAY)):
        time, value = np.full(3, START + i * STEP), 100.0 + SHAPE[i % DAY] + rng.normal(0.0, 2.0, 3)
        made.take(Decoded(Samples(slots, time, value, np.zeros(3, np.int32))))
        made.panel.advance(START + (i + 1) * STEP)
        list(made.close())
    return made


def season(made: Partition) -> Any:
    return made.banks["baseline"].snapshot()[0]["state/season"].copy()


def test_what_predicts_better_takes_the_place_of_what_was_learnt_and_is_chosen_once() -> None:
    made = play(partition(), 12.2, 12.0)
    before = season(made)
    bootstrap = Bootstrap(structlog.get_logger())
    bootstrap.turn({"prom": made})
    bootstrap.wait(300.0)
    bootstrap.turn({"prom": made})
    after = season(made)
    assert np.abs(after - SHAPE).mean() < 0.8 * np.abs(before - SHAPE).mean()
    assert made.take_lesson() is None


def test_nothing_is_chosen_while_the_history_is_read_nor_again_after_a_restart() -> None:
    assert play(partition(), 8.0, 12.0).take_lesson() is None
    made = play(partition(), 12.2, 12.0)
    parts = made.snapshot()
    again = partition()
    arrays = {key: part for key, part in parts.items() if not isinstance(part, bytes)}
    again.restore(arrays, {key: part for key, part in parts.items() if isinstance(part, bytes)})
    assert again.take_lesson() is None
    np.testing.assert_array_equal(season(again), season(made))


@pytest.mark.parametrize(("severity", "days"), [("info", 12.2), ("page", 4.5)])
def test_what_wakes_nobody_or_is_too_short_to_judge_is_left_as_it_was_learnt(severity: str, days: float) -> None:
    lesson = play(partition(severity), days, days - 0.1).take_lesson()
    assert lesson is None or not len(lesson.slots)


def test_a_worker_that_is_too_slow_leaves_what_was_learnt() -> None:
    made = play(partition(), 12.2, 12.0)
    before = season(made)
    bootstrap = Bootstrap(structlog.get_logger(), deadline=-1.0)
    bootstrap.turn({"prom": made})
    bootstrap.wait(300.0)
    bootstrap.turn({"prom": made})
    np.testing.assert_array_equal(season(made), before)


def test_who_has_closed_it_goes_on_with_what_was_learnt() -> None:
    made = play(partition(), 12.2, 12.0)
    before = season(made)
    bootstrap = Bootstrap(structlog.get_logger())
    bootstrap.close()
    bootstrap.turn({"prom": made})
    bootstrap.turn({"prom": made})
    np.testing.assert_array_equal(season(made), before)
    assert made.take_lesson() is None
