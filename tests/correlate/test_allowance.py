"""One budget for all partitions; what people say of pages moves it, within bounds, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.correlate.allowance import ABOVE, MOST_ABOVE, Allowance
from aiops.correlate.correlator import Correlator, Lesson
from aiops.correlate.topology import Topology
from aiops.detect.budget import LOOSEST, STRICTEST, WEEK_SECONDS
from aiops.types import Finding, Verdict
from tests.correlate.story import CALLS, finding

RULE, STATED = "error-ratio", 5.0
TESTS = {RULE: 1e8}


def allowance(pages_per_week: float = 2.0, **partitions: dict[str, float]) -> Allowance:
    made = Allowance(pages_per_week, {RULE: STATED, "other": STATED})
    for name, tests in (partitions or {"bus": TESTS}).items():
        made.expose(name, tests, 0.0)
    return made


def correlator(**fields: Any) -> Correlator:
    return Correlator(Topology(CALLS), allowance(**fields))


def odd(surprise: float, at: float = 1000.0, entity: str = "web", **fields: Any) -> Finding:
    return finding(entity, at, surprise=surprise, **fields)


def told(found: Correlator, *findings: Finding, said: tuple[Verdict, ...] = ()) -> list[str]:
    """Ids of the incidents that are open after it."""
    found.add(findings)
    for one in said:
        found.learn(Lesson(one.timestamp, verdicts=[one]))
    found.advance(float("inf"))
    return [one.id for one in found.incidents]


def verdict(incident: str, right: bool, at: float = 2000.0, weight: float = 1.0) -> Verdict:
    return Verdict(timestamp=at, incident=incident, right=right, weight=weight)


def asked(found: Correlator, at: float = 3000.0, **fields: Any) -> tuple[float, str]:
    one = found.allowance.asked(odd(9.0, at, **fields), at)
    return one.threshold, one.by


def test_what_the_budget_does_not_allow_is_evidence_until_it_grows_odder() -> None:
    found = correlator()
    weak = odd(7.0)
    assert told(found, weak) == []
    (identity,) = told(found, replace(weak, surprise=9.0, detected=1120.0))
    (incident,) = found.incidents
    assert incident.detected == 1120.0
    assert (incident.findings[0].threshold, incident.findings[0].asked_by) == (7.699, "budget")
    assert told(found, replace(weak, surprise=9.0, ended=1300.0, detected=1600.0)) == [identity]
    assert found.incidents[0].status == "resolved"


def test_partitions_share_one_budget() -> None:
    whole = allowance(bus=TESTS).asked(odd(9.0), 0.0)
    parts = allowance(**{f"p{i}": {RULE: 1e7} for i in range(10)}).asked(odd(9.0), 0.0)
    assert whole == parts
    assert allowance(one=TESTS, other=TESTS).asked(odd(9.0), 0.0).threshold > whole.threshold


def test_a_rule_that_states_more_than_the_budget_asks_keeps_its_word() -> None:
    found = allowance(bus={RULE: 10.0}).asked(odd(9.0), 0.0)
    assert (found.threshold, found.by) == (STATED, "rule")


def test_what_has_no_share_in_the_budget_pages_at_what_its_rule_states() -> None:
    assert told(correlator(), odd(0.5, rule_id="self-source-away")) != []


def test_a_false_page_quiets_its_series_most_its_rule_a_little_and_others_for_a_while() -> None:
    found = correlator()
    before, other = asked(found), asked(found, entity="db")
    (page,) = told(found, odd(12.0))
    told(found, said=(verdict(page, right=False),))
    assert asked(found)[0] >= 12.0 + ABOVE - 0.01
    assert asked(found)[1] == asked(found, entity="db")[1] == "feedback"
    assert 0.5 < asked(found, entity="db")[0] - other[0] < 0.7
    assert 0.2 < asked(found, rule_id="other")[0] <= before[0]
    assert asked(found, at=60 * WEEK_SECONDS)[0] < before[0] + 0.05


def test_true_undoes_false_to_the_last_digit_and_the_newest_word_counts() -> None:
    one, other = correlator(), correlator()
    for found in (one, other):
        (page,) = told(found, odd(12.0))
    told(one, said=(verdict(page, right=False, at=1500.0), verdict(page, right=True)))
    told(other, said=(verdict(page, right=True),))
    assert one.allowance.snapshot() == other.allowance.snapshot()
    assert asked(one) == asked(other)
    assert asked(one)[0] < 7.699, "a page that was right earns a little"


def test_a_guess_does_not_overrule_what_was_said_plainly() -> None:
    found = correlator()
    (page,) = told(found, odd(12.0))
    told(found, said=(verdict(page, right=False),))
    before = asked(found)
    told(found, said=(verdict(page, right=True, weight=0.5, at=2500.0),))
    assert asked(found) == before


@pytest.mark.parametrize(("weight", "plain"), [(-1.0, 0.0), (1e308, 1.0)])
def test_a_verdict_weighs_no_less_than_nothing_and_no_more_than_a_plain_word(weight: float, plain: float) -> None:
    thresholds = []
    for heavy in (weight, plain):
        found = correlator()
        (identity,) = told(found, odd(9.0))
        told(found, said=(verdict(identity, right=True, weight=heavy),))
        thresholds.append(asked(found))
    assert thresholds[0] == thresholds[1]


def test_feedback_on_a_page_nobody_remembers_moves_nothing() -> None:
    found = correlator()
    before = asked(found)
    told(found, said=(verdict("deadbeef", right=False),))
    assert asked(found) == before


@given(st.lists(st.tuples(st.floats(8, 30), st.booleans()), max_size=12))
def test_feedback_never_moves_a_threshold_beyond_its_bounds(pages: list[tuple[float, bool]]) -> None:
    found = correlator()
    quiet = asked(found, at=0.0)[0]
    for i, (surprise, right) in enumerate(pages):
        at = 20_000.0 * (i + 1)
        one = odd(surprise, at)
        told(found, one, replace(one, ended=at + 60, detected=at + 120))
        for incident in [one for one in found.incidents if one.started == at]:
            told(found, said=(verdict(incident.id, right, at=at + 200),))
    at = 20_000.0 * (len(pages) + 1)
    rule = found.allowance.thresholds(at)[RULE]
    # Wealth itself moves the common threshold by two decades up and a third of one down at most.
    assert STATED <= rule <= quiet + STRICTEST + 2.0
    assert rule >= quiet + LOOSEST - 0.31
    assert rule <= asked(found, at=at)[0] <= rule + MOST_ABOVE + 0.001


@given(st.integers(1, 5), st.integers(0, 4))
def test_a_restart_in_the_middle_of_feedback_changes_nothing(batch: int, cut: int) -> None:
    one = odd(12.0)
    things: list[Finding | Verdict] = [one, replace(one, ended=1200.0, detected=1500.0)]
    (page,) = told(correlator(), one)
    things += [verdict(page, False, at=1600.0), odd(12.2, 9000.0), odd(14.0, 19000.0, entity="db")]
    whole, parts = correlator(), correlator()
    told(whole, *[x for x in things if isinstance(x, Finding)], said=(verdict(page, False, at=1600.0),))
    for begin in range(0, len(things), batch):
        now = things[begin : begin + batch]
        findings, said = [x for x in now if isinstance(x, Finding)], [x for x in now if isinstance(x, Verdict)]
        told(parts, *findings, said=tuple(said))
        if begin // batch == cut:
            again = correlator()
            again.restore(parts.snapshot())
            parts = again
    assert whole.incidents == parts.incidents
    assert [one.started for one in whole.incidents] == [1000.0, 19000.0], "what was judged false did not page again"
    assert whole.allowance.snapshot() == parts.allowance.snapshot()


def test_pages_and_verdicts_are_counted_and_the_noisiest_rule_is_named() -> None:
    found = correlator()
    one = odd(12.0)
    (first,) = told(found, one, replace(one, ended=1200.0, detected=1500.0))
    told(found, odd(13.0, 30_000.0, "db", rule_id="other"), said=(verdict(first, False),))
    allowed = found.allowance
    assert allowed.counts(0.0, 40_000.0) == (2, 1, 0)
    assert allowed.noisiest(0.0, 40_000.0) == [(RULE, 1, 1), ("other", 1, 0)]
    assert allowed.estimate(40_000.0).mean > allowed.expected(40_000.0)


def test_pages_of_a_storm_that_never_ends_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiops.correlate.allowance.MOST_PAGES", 5)
    monkeypatch.setattr("aiops.correlate.allowance.MOST_ABOUT", 2)
    found = Correlator(Topology(), Allowance(2.0, {}))
    told(found, *(odd(9.0 + i, 1000.0 * i, f"e{i}", rule_id=f"r{j}") for i in range(20) for j in range(3)))
    pages = found.allowance._account.pages
    assert [one.at for one in pages] == [1000.0 * i + 60.0 for i in range(15, 20)]
    assert {len(one.about) for one in pages} == {2}
