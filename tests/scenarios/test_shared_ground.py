"""What many stand on fails: a host, the resolver, the clock; and two failures that are none of each other's doing."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.stories import CLOCK_SKEW, DNS, NOISY_NEIGHBOUR, TWO_AT_ONCE
from tests.scenarios.trouble import Scenario

Faults = Callable[[Scenario], list[str]]


def test_a_job_that_takes_the_processors_of_its_host_is_the_cause_of_its_neighbours_latency(faults_of: Faults) -> None:
    assert faults_of(NOISY_NEIGHBOUR) == []


def test_the_shared_resolver_is_the_cause_when_everybody_fails_to_find_names(faults_of: Faults) -> None:
    assert faults_of(DNS) == []


def test_a_host_whose_clock_is_behind_is_not_the_cause_for_being_stamped_first(faults_of: Faults) -> None:
    assert faults_of(CLOCK_SKEW) == []


def test_two_failures_at_once_stay_two_pages_each_with_its_cause(faults_of: Faults) -> None:
    assert faults_of(TWO_AT_ONCE) == []
