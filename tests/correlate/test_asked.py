"""What the durable document says was asked of a series is what the allowance asked of it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from aiops.correlate.allowance import Allowance
from aiops.correlate.asked import read_back, reason
from aiops.correlate.correlator import Correlator, Lesson
from aiops.correlate.topology import Topology
from aiops.detect.bank import fingerprint
from aiops.types import Json, Labels, Verdict
from tests.correlate.story import finding

RULE, WEB, DB = "error-ratio", Labels.of("m", {"service_name": "web"}), Labels.of("m", {"service_name": "db"})
AT = 3000.0


def judged(*rights: bool) -> tuple[Allowance, Json]:
    """An allowance after verdicts on one page of `web`, and its document as a commit holds it."""
    allowance = Allowance(2.0, {RULE: 5.0})
    found = Correlator(Topology(()), allowance)
    found.learn(Lesson(0.0, tests={"bus": {RULE: 1e8}}))
    one = finding("web", 1000.0, surprise=12.0, fingerprint=fingerprint(RULE, WEB))
    found.add([one, replace(one, ended=1200.0, detected=1500.0)])
    found.advance(float("inf"))
    for i, right in enumerate(rights):
        said = Verdict(timestamp=1600.0 + i, incident=found.incidents[0].id, right=right)
        found.learn(Lesson(said.timestamp, verdicts=[said]))
    found.advance(float("inf"))
    return allowance, msgspec.json.decode(msgspec.json.encode(allowance.document(AT)))


@pytest.mark.parametrize("rights", [(), (False,), (True,), (False, True)])
@pytest.mark.parametrize("labels", [WEB, DB])
def test_a_series_is_told_the_threshold_it_is_held_to(rights: tuple[bool, ...], labels: Labels) -> None:
    allowance, document = judged(*rights)
    one = finding("any", AT, fingerprint=fingerprint(RULE, labels))
    held, told = allowance.asked(one, AT), read_back(document, RULE, labels)
    assert told is not None
    assert told.threshold == pytest.approx(held.threshold, abs=0.01)
    assert told.by == held.by


def test_where_it_comes_from_is_said_in_words() -> None:
    _, quiet = judged()
    _, noisy = judged(False)
    told, mine = read_back(quiet, RULE, WEB), read_back(noisy, RULE, WEB)
    assert told is not None
    assert mine is not None
    assert reason(told, quiet) == "the budget of 2 false pages a week asks for 7.7"
    assert reason(mine, noisy) == "pages of it or of its rule that people judged false ask for 12.5"


def test_a_rule_without_a_share_in_the_budget_is_held_to_its_own_threshold() -> None:
    _, document = judged()
    assert read_back(document, "self-source-away", WEB) is None
    assert read_back(None, RULE, WEB) is None
