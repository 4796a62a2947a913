"""The table at the end: honest about misses, wrong causes and false pages, on both sides."""

from __future__ import annotations

from aiops.demo.fault import Fault
from aiops.demo.score import Static, judge
from aiops.types import Cause, Finding, Incident

START = 1_000_000.0
FAULT = Fault("database_slow", START, START + 3_600)


def incident(at: float, cause: str = "bookdb", identity: str = "i1") -> Incident:
    causes = (Cause(cause, 0.9),) if cause else ()
    return Incident(identity, f"about {cause}", "page", "firing", at, at, ("it",), (cause,), (), causes)


def finding(alert: str) -> Finding:
    return Finding(alert, alert, {}, "e", "it", "page", "p", 1, START, START)


def test_a_page_during_the_fault_counts_from_its_start() -> None:
    score = judge([FAULT], [incident(START + 60)], {"i1": START + 180}, Static())
    assert score.verdicts[0].delay_seconds == 180
    assert score.verdicts[0].right
    assert score.perfect


def test_a_page_with_the_wrong_cause_is_found_but_not_right() -> None:
    score = judge([FAULT], [incident(START + 60, "basket")], {"i1": START + 180}, Static())
    assert score.verdicts[0].delay_seconds == 180
    assert not score.verdicts[0].right
    assert not score.perfect


def test_an_incident_nobody_was_told_of_is_a_miss() -> None:
    score = judge([FAULT], [incident(START + 60)], {}, Static())
    assert score.verdicts[0].delay_seconds is None
    assert not score.perfect


def test_a_page_outside_every_fault_is_false() -> None:
    told = {"i1": START + 180, "i2": START - 7_200}
    score = judge([FAULT], [incident(START + 60), incident(START - 7_260, "web", "i2")], told, Static())
    assert score.pages == 2
    assert score.false_pages == ("about web",)
    assert not score.perfect


def test_static_alerts_of_one_name_within_five_minutes_are_one_page() -> None:
    static = Static()
    for at in (0.0, 60.0, 240.0, 1_000.0):
        static.take([finding("Cpu")], START + at)
    static.take([finding("Disk")], START)
    assert [name for _, name in static.pages] == ["Cpu", "Cpu", "Disk"]


def test_static_limits_are_judged_by_the_same_truth() -> None:
    static = Static()
    static.take([finding("Night")], START - 9_000)
    static.take([finding("Slow")], START + 600)
    score = judge([FAULT], [], {}, static)
    assert score.verdicts[0].static_delay_seconds == 660
    assert score.static_false_pages == ("Night",)
