"""Runs rules over made-up series: the evaluator behind `aiops rules test`.

The same partition, detectors and watch as in the daemon; only the records are given as columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiops.detect.partition import Partition, Settings
from aiops.detect.promtest import Case, Fired
from aiops.detect.rule import Rule
from aiops.types import Decoded, Finding, Samples

NO_BUDGET = 1e12
"""False pages a week for which the budget raises no threshold: a case tests what the rule states."""


def evaluate(case: Case, rules: Sequence[Rule]) -> list[Fired]:
    """Play one case.

    Returns
    -------
    alerts in order of firing; times in seconds from the start of the case.
    """
    step = case.interval_seconds
    asked = {one.alertname for one in case.expectations}
    rules = [rule for rule in rules if rule.alert in asked]
    partition = Partition("case", Settings(step, 0.0, NO_BUDGET, tuple(rules)))
    slots = [partition.table.slot(one.labels, one.kind) for one in case.series]
    fired: dict[tuple[int, float], Finding] = {}
    ends: dict[tuple[int, float], float] = {}
    for at in range(case.steps):
        partition.take(Decoded(_samples(case, slots, at)))
        partition.panel.advance((at + 1) * step)
        for closed in partition.close():
            for one in closed.fired:
                fired[one.fingerprint, one.started] = one
            for one in closed.ended:
                ends[one.fingerprint, one.started] = closed.time
    return [Fired(one.alert, _labels(one), one.detected, ends.get(key)) for key, one in fired.items()]


def _samples(case: Case, slots: Sequence[int], at: int) -> Samples:
    there = [(slot, one.values[at]) for slot, one in zip(slots, case.series, strict=True) if at < len(one.values)]
    n = len(there)
    series = np.asarray([slot for slot, _ in there], np.int32)
    values = np.asarray([value for _, value in there], np.float64)
    return Samples(series, np.full(n, at * case.interval_seconds), values, np.zeros(n, np.int32))


def _labels(finding: Finding) -> dict[str, str]:
    return {**finding.labels, "world": finding.world, "severity": finding.severity}
