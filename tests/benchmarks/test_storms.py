"""What the benchmark of alert storms says is a property of the grouping, not of the machine."""

from __future__ import annotations

from aiops.correlate.allowance import Allowance
from aiops.correlate.correlator import Correlator
from aiops.correlate.topology import Topology
from benchmarks.outage import made_up
from benchmarks.storms import HARD, Setting, agreement, grouped, storm


def judged(setting: Setting, faults: int) -> dict[str, float]:
    found = storm(made_up(faults), setting)
    incidents, _ = grouped(found, Correlator(Topology(), Allowance(2.0, {})))
    return agreement([fault for _, fault in found.alerts], incidents)


def test_faults_that_are_minutes_apart_have_an_incident_each() -> None:
    found = judged(Setting(3, (180.0, 600.0)), 24)
    assert found["ARI"] > 0.95
    assert found["one incident per fault"] > 0.9


def test_faults_of_which_some_overlap_in_one_shop_are_mostly_told_apart() -> None:
    found = judged(HARD, 40)
    assert found["ARI"] > 0.7
    assert found["pairwise F1"] > 0.7


def test_agreement_is_one_for_the_truth_and_none_for_one_great_incident() -> None:
    assert agreement([1, 1, 2, 2], ["a", "a", "b", "b"])["ARI"] == 1.0
    assert abs(agreement([1, 1, 2, 2], ["a", "a", "a", "a"])["ARI"]) < 1e-9
