"""A level that stays becomes the new normal within the stated time, and the finding that ends says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Finding, Kind, Labels, Samples

STEP, START = 15.0, 1_780_000_020.0
KNOWN = 1_500
WITHIN = 480 + 40 + 20
"""Columns of `adapt_steps`, of relearning the level, and of `keep_firing_for`."""


def unusual(**detector: Any) -> Rule:
    document = {
        "alert": "Unusual",
        "id": "it-unusual",
        "world": "it",
        "signal": "queue_depth",
        "detector": {"type": "baseline", **detector},
    }
    return Rule.model_validate(document)


def ended(values: Sequence[float], rule: Rule) -> list[Finding]:
    """Findings that ended, of one series with a sample a column."""
    partition = Partition("p", Settings(STEP, 0.0, 1e12, (rule,)))
    slot = partition.table.slot(Labels.of("queue_depth", {"service_name": "mailer"}), Kind.GAUGE)
    found: list[Finding] = []
    one = np.zeros(1, np.int32)
    for i, value in enumerate(values):
        partition.take(Decoded(Samples(one + np.int32(slot), np.array([START + i * STEP]), np.array([value]), one)))
        partition.panel.advance(START + (i + 1) * STEP)
        found += [finding for closed in partition.close() for finding in closed.ended]
    return found


def around(level: float, columns: int, seed: int = 0) -> list[float]:
    return (level + np.random.default_rng(seed).normal(0.0, 1.0, columns)).tolist()


def test_a_level_that_stays_ends_its_finding_in_time_and_is_named_the_new_normal() -> None:
    (finding,) = ended(around(40.0, KNOWN) + around(100.0, 700), unusual())
    assert finding.ended is not None
    assert finding.ended - finding.started <= WITHIN * STEP
    assert finding.reason == "new normal: level 39.9 -> 100 since 02:42 UTC"


@pytest.mark.parametrize("columns", [60, 490, 500])
def test_a_fault_that_goes_away_ends_without_a_word_even_in_the_midst_of_being_relearnt(columns: int) -> None:
    found = ended(around(40.0, KNOWN) + around(100.0, columns) + around(40.0, 300, 1), unusual())
    assert found
    assert [finding.reason for finding in found if finding.started < START + (KNOWN + columns) * STEP] == [""]


@pytest.mark.parametrize(("kind", "columns"), [("shift", 1_920 + 240 + 40)])
def test_the_other_detectors_that_learn_recover_in_their_stated_time(kind: str, columns: int) -> None:
    (finding,) = ended(around(40.0, KNOWN) + around(43.0, columns + 300), unusual(type=kind))
    assert finding.ended is not None
    assert finding.ended - finding.started <= columns * STEP
    assert finding.reason.startswith("new normal: level 40")
