"""A rule may name the deeper detectors itself, for the few series that somebody singles out."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Finding, Floats, Kind, Labels, Samples

STEP, START, KNOWN = 15.0, 1_780_000_020.0, 900


def rule(kind: str, **parameters: object) -> Rule:
    detector = {"type": kind, **parameters}
    document = {"alert": "Unusual", "id": "it-unusual", "world": "it", "signal": "queue_depth", "threshold": 3}
    return Rule.model_validate({**document, "detector": detector})


def fired(values: Floats, watched: Rule, restart: int = 0) -> list[Finding]:
    """Findings of one series with a sample a column; with a restart after so many columns."""
    settings = Settings(STEP, 0.0, 1e12, (watched,))
    partition = Partition("p", settings)
    found: list[Finding] = []
    one = np.zeros(1, np.int32)
    for i, value in enumerate(values.tolist()):
        if restart and i == restart:
            parts, partition = partition.snapshot(), Partition("p", settings)
            arrays = {name: part for name, part in parts.items() if not isinstance(part, bytes)}
            partition.restore(arrays, {name: part for name, part in parts.items() if isinstance(part, bytes)})
        slot = partition.table.slot(Labels.of("queue_depth", {"service_name": "mailer"}), Kind.GAUGE)
        partition.take(Decoded(Samples(one + np.int32(slot), np.array([START + i * STEP]), np.array([value]), one)))
        partition.panel.advance(START + (i + 1) * STEP)
        found += [finding for closed in partition.close() for finding in closed.fired]
    return found


def moved(by: float) -> Floats:
    values = np.random.default_rng(0).normal(40.0, 1.0, KNOWN + 100)
    values[KNOWN:] += by
    return values


@pytest.mark.parametrize("kind", ["deep", "shape"])
def test_a_rule_of_a_deeper_detector_fires_and_needs_nobody_to_confirm_it(kind: str) -> None:
    (first, *_) = [one for one in fired(moved(15.0), rule(kind)) if one.started >= START + (KNOWN - 1) * STEP]
    assert first.started <= START + (KNOWN + 40) * STEP
    assert (first.confirmation, first.may_page) == ("", True)


def test_its_parameters_hold_for_each_series() -> None:
    late = [one for one in fired(moved(15.0), rule("deep", direction="down")) if one.started >= START + KNOWN * STEP]
    assert late == []
    assert fired(moved(15.0), rule("deep", warmup=2_000)) == []


@pytest.mark.parametrize("kind", ["deep", "shape"])
def test_its_state_outlives_a_restart(kind: str) -> None:
    assert fired(moved(15.0), rule(kind), restart=KNOWN - 50) == fired(moved(15.0), rule(kind))
