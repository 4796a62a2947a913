"""Something that others call fails: it is named, even if it says nothing itself and they are louder."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.stories import FELL_SILENT, NEVER_SPOKE, PROVIDER_DOWN, RETRY_STORM
from tests.scenarios.trouble import Scenario

Faults = Callable[[Scenario], list[str]]


def test_a_provider_that_is_down_is_named_as_not_our_fault(faults_of: Faults) -> None:
    assert faults_of(PROVIDER_DOWN) == []


def test_a_service_that_fell_silent_is_the_cause_of_its_callers_errors(faults_of: Faults) -> None:
    assert faults_of(FELL_SILENT) == []


def test_a_store_that_never_spoke_is_the_cause_when_its_caller_fails(faults_of: Faults) -> None:
    assert faults_of(NEVER_SPOKE) == []


def test_a_retry_storm_leads_back_to_the_service_that_was_slow_first(faults_of: Faults) -> None:
    assert faults_of(RETRY_STORM) == []
