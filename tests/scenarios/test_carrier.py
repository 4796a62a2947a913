"""The simulated carrier is a fair one: quiet when nothing happens, and its symptoms are louder than their causes."""

from __future__ import annotations

import pytest

from tests.scenarios.cast import DATABASE
from tests.scenarios.company import STEP, Company, State
from tests.scenarios.parcels import MORNING, PARCELS
from tests.scenarios.stories import BAD_DEPLOY, NEVER_SPOKE, RETRY_STORM
from tests.scenarios.trouble import QUIET, Scenario


def after(scenario: Scenario, minutes: float) -> State:
    """The state that many minutes into the trouble."""
    carrier = Company(scenario, PARCELS.trouble)
    first, last = round((PARCELS.trouble - 120) / STEP), round((PARCELS.trouble + 60 * minutes) / STEP)
    return [carrier.step(index) for index in range(first, last + 1)][-1]


def test_a_calm_morning_has_no_retries_to_speak_of_and_few_failures() -> None:
    carrier = Company(QUIET, PARCELS.trouble)
    states = [carrier.step(index) for index in range(round(MORNING / STEP), round(PARCELS.trouble / STEP))]
    assert max(max(one.failed.values()) for one in states) < 0.04
    assert max(max(one.tries.values()) for one in states) < 1.01
    assert max(max(one.lag.values()) for one in states) < 40


def test_the_same_scenario_and_seed_give_the_same_states() -> None:
    assert after(BAD_DEPLOY, 5).seconds == after(BAD_DEPLOY, 5).seconds


def test_a_store_that_never_spoke_is_heard_of_through_its_callers_only() -> None:
    state = after(NEVER_SPOKE, 5)
    assert state.failed["accounts"] > 0.5
    assert state.failed["booking"] > 0.4


def test_a_retry_storm_drowns_a_database_that_nobody_touched() -> None:
    before, during = after(QUIET, 0), after(RETRY_STORM, 10)
    assert during.tries["booking", "rates"] > 2.0
    assert during.seconds[DATABASE] > 3.0 * before.seconds[DATABASE]


@pytest.mark.parametrize("scenario", [BAD_DEPLOY, RETRY_STORM])
def test_load_at_the_front_says_nothing_about_what_is_wrong(scenario: Scenario) -> None:
    assert after(scenario, 10).rate["front"] == pytest.approx(after(QUIET, 10).rate["front"], rel=1e-9)
