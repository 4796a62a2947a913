"""History teaches and pages nobody, but trouble that it leaves open is told when the present begins."""

from __future__ import annotations

import numpy as np

from aiops.detect.partition import Closed, Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Kind, Labels, Samples

STEP, START = 60.0, 1_780_000_020.0


def full() -> Rule:
    document = {
        "alert": "Full",
        "id": "it-full",
        "world": "it",
        "signal": "queue_depth",
        "detector": {"type": "threshold", "above": 10.0},
        "keep_firing_for": "2m",
    }
    return Rule.model_validate(document)


def play(depths: list[float], past: int) -> list[Closed]:
    """One sample a column; the first `past` columns are history."""
    partition = Partition("prom", Settings(STEP, 0.0, 1e9, (full(),)))
    slot = partition.table.slot(Labels.of("queue_depth", {"service_name": "mailer"}), Kind.GAUGE)
    partition.past_until = START + past * STEP
    closed = []
    for i, depth in enumerate(depths):
        one = np.zeros(1, np.int32)
        at, value = np.array([START + i * STEP]), np.array([depth])
        partition.take(Decoded(Samples(one + np.int32(slot), at, value, one)))
        partition.panel.advance(START + (i + 1) * STEP)
        closed += list(partition.close())
    return closed


def test_what_began_and_ended_in_the_past_is_told_to_nobody() -> None:
    closed = play([1.0] * 5 + [50.0] * 3 + [1.0] * 12, past=15)
    assert [one for column in closed for one in (*column.fired, *column.ended)] == []


def test_what_still_fires_when_the_present_begins_is_told_once_with_its_true_onset() -> None:
    closed = play([1.0] * 5 + [50.0] * 10 + [1.0] * 10, past=10)
    (fired,) = [one for column in closed for one in column.fired]
    (ended,) = [one for column in closed for one in column.ended]
    assert (fired.started, fired.detected) == (START + 5 * STEP, START + 10 * STEP)
    assert (ended.started, ended.fingerprint) == (fired.started, fired.fingerprint)


def test_the_same_without_history_is_told_at_once() -> None:
    closed = play([1.0] * 5 + [50.0] * 10 + [1.0] * 10, past=0)
    (fired,) = [one for column in closed for one in column.fired]
    assert fired.detected == fired.started == START + 5 * STEP


def test_weeks_of_history_are_no_weeks_without_a_false_page() -> None:
    closed = play([1.0] * 20, past=10)
    told = [i for i, column in enumerate(closed) if column.tests is not None]
    assert told[0] == 10
