"""A level that stays becomes the new normal within the stated time, and the finding that ends says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Change, Decoded, Finding, Kind, Labels, Samples

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


def ended(values: Sequence[float], *rules: Rule, deploy: int | None = None) -> list[Finding]:
    """Findings that ended, of one series with a sample a column, deployed in the column `deploy`."""
    partition = Partition("p", Settings(STEP, 0.0, 1e12, rules))
    slot = partition.table.slot(Labels.of("queue_depth", {"service_name": "mailer"}), Kind.GAUGE)
    found: list[Finding] = []
    one = np.zeros(1, np.int32)
    for i, value in enumerate(values):
        at = START + i * STEP
        deploys = [(0, Change(timestamp=at, kind="deploy", id="v42", entity="mailer"))] if i == deploy else []
        partition.take(Decoded(Samples(one + np.int32(slot), np.array([at]), np.array([value]), one), deploys))
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


def page(threshold: float) -> Rule:
    document = {"alert": "Full", "id": "it-full", "world": "it", "signal": "queue_depth", "severity": "page"}
    return Rule.model_validate({**document, "detector": {"type": "threshold", "above": threshold}})


def lasted(finding: Finding) -> float:
    assert finding.ended is not None
    return (finding.ended - finding.started) / STEP


def test_what_stays_after_a_deploy_and_harms_nobody_is_normal_within_three_quarters_of_an_hour() -> None:
    values = around(40.0, KNOWN) + around(100.0, 700)
    info = unusual().model_copy(update={"severity": "info"})
    (known,) = ended(values, info, page(1e9), deploy=KNOWN - 8)
    (unknown,) = ended(values, info, page(1e9))
    assert lasted(known) <= 60 + 105 + 40 + 20 < 480 < lasted(unknown) <= WITHIN
    assert known.reason.startswith("new normal: level 39.9 -> ")


def test_a_deploy_changes_nothing_for_what_pages_nor_in_the_first_quarter_of_an_hour() -> None:
    values = around(40.0, KNOWN) + around(100.0, 700)
    info = unusual().model_copy(update={"severity": "info"})
    harmed = [one for one in ended(values, info, page(90.0), deploy=KNOWN - 8) if one.rule_id == "it-unusual"]
    assert [lasted(one) for one in harmed] == [lasted(one) for one in ended(values, info)]
    short = around(40.0, KNOWN) + around(100.0, 50) + around(40.0, 100)
    assert ended(short, info, deploy=KNOWN - 8) == ended(short, info)
