"""Some quiet hours of every family of series wakes nobody; under half the thresholds it would."""

from __future__ import annotations

import numpy as np

from aiops.detect.partition import Settings
from aiops.detect.rule import Rule
from aiops.pipeline import Pipeline
from benchmarks.budget import RULES, blocks, play
from benchmarks.quiet_series import FAMILIES, STEP_SECONDS, Quiet

PER, DAYS = 20, 0.6


def pages(pages_per_week: float, threshold: float) -> int:
    rules = tuple(Rule.model_validate({"world": "it", **one, "threshold": threshold}) for one in RULES)
    quiet = Quiet(PER, np.random.default_rng(3))
    pipeline = Pipeline(Settings(STEP_SECONDS, 0.0, pages_per_week, rules))
    return len(play(pipeline, quiet, blocks(quiet), DAYS, "quiet").pages)


def test_noise_of_every_family_wakes_nobody_at_the_thresholds_of_the_budget() -> None:
    assert pages(2.0, 6.0) == 0
    assert len(FAMILIES) * PER == 280


def test_at_half_the_thresholds_the_same_noise_would_wake_people() -> None:
    assert pages(1e9, 3.0) >= 2
