"""No surprise exceeds the evidence behind it: what rests and moves for the first time is not one in a million."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiops.detect.bank import Bank
from aiops.detect.rule import Rule
from aiops.types import Labels
from detectors.baseline import Baseline

STEP, COLUMNS = 60.0, 600
WEB = Labels.of("m", {"service_name": "web"})


class Wire:
    """A node whose outputs the test sets."""

    def __init__(self) -> None:
        self.labels, self.out = [WEB], np.zeros(1)


def surprise(values: list[float], **fields: Any) -> list[float]:
    """What a bank makes of one series under one rule."""
    detector = {"type": "baseline", **fields.pop("detector", {})}
    rule = Rule.model_validate(
        {"alert": "Odd", "id": "odd", "world": "it", "signal": "m", "detector": detector, **fields}
    )
    made, node = Bank("baseline", Baseline(step_seconds=STEP), STEP), Wire()
    made.add(rule, node, None)  # type: ignore[arg-type]
    made.extend()
    found = []
    for at, value in enumerate(values):
        node.out = np.array([value])
        found.append(float(made.step(at)[0].surprise[0]))
    return found


RESTING = [10.0] * COLUMNS + [30.0] * 30
RESTLESS = [10.0 + 0.1 * (i % 3) for i in range(COLUMNS)] + [30.0] * 30


def test_the_first_step_of_a_series_that_rests_is_at_most_one_in_the_samples_seen() -> None:
    after = surprise(RESTING)[COLUMNS:]
    assert max(after) == pytest.approx(np.log10(COLUMNS + 1.0))
    assert max(surprise(RESTLESS)[COLUMNS:]) > 6.0


def test_a_floor_that_the_rule_states_says_what_counts() -> None:
    assert max(surprise(RESTING, detector={"floor": 0.5})[COLUMNS:]) > 6.0


def test_evidence_that_wakes_nobody_is_not_bounded() -> None:
    assert max(surprise(RESTING, severity="info")[COLUMNS:]) > 6.0


def test_the_bound_ends_with_the_calm_after_the_step() -> None:
    noisy = [30.0 + 0.5 * np.sin(7.0 * i) for i in range(1500)]
    later = surprise([*RESTING[:COLUMNS], *noisy, *[90.0] * 10])
    assert max(later[COLUMNS:-10]) < 4.0
    assert max(later[-10:]) > np.log10(len(later))


def test_a_count_that_is_nearly_always_zero_proposes_nothing() -> None:
    """Of 60 series without the bound, several reach the threshold within three days."""
    rng = np.random.default_rng(1)
    for mean in np.geomspace(0.005, 0.1, 6):
        assert np.nanmax(surprise(rng.poisson(mean, 4000).astype(float).tolist())) < 6.0
