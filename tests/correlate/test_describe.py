"""What follows from an incident's findings."""

from __future__ import annotations

from aiops.correlate.correlator import Lesson
from tests.correlate.story import change, correlator, ended, finding, told


def test_a_line_that_a_finding_quotes_tells_which_of_two_changes_it_was() -> None:
    changes = [
        change(-60.0, "orders", "harmless", summary="new icons", diff="- size = 12\n+ size = 14"),
        change(-60.0, "orders", "weights", summary="weights in grams", diff="- Decimal(weight)\n+ int(weight)"),
    ]

    def blamed(summary: str) -> str:
        found = correlator()
        found.learn(Lesson(-50.0, [], changes))
        (incident,) = told(found, finding("orders", 0, summary=summary))
        return incident.changes[0].id

    assert blamed("orders fails") == "harmless"
    assert blamed("orders logs errors of a kind never seen before: “weight 7.5 is no whole number”") == "weights"


ANY = '{__name__=~".+"}'
"""What watches every series there is."""


def test_what_was_over_long_before_the_page_neither_ranks_nor_gives_the_title() -> None:
    def causes(until: float) -> list[str]:
        blip = finding("db", -570, -570, severity="info", rule_id="odd", signal=ANY, surprise=6.3, summary="db is odd")
        (incident,) = told(correlator(), blip, ended(blip, until, until), finding("orders", 0, surprise=6.6))
        return [one.entity for one in incident.causes]

    assert causes(-555) == ["orders"]
    assert set(causes(60)) == {"db", "orders"}


def test_a_line_of_a_kind_never_seen_stays_true_when_it_is_not_said_again() -> None:
    line = finding("db", -500, -500, severity="info", rule_id="new", summary="db logs “disk full”")
    (incident,) = told(correlator(), line, ended(line, -440, -440), finding("orders", 0))
    assert "db" in {one.entity for one in incident.causes}


def test_the_title_says_what_is_wrong_and_not_that_something_is_odd() -> None:
    labels = {"service_name": "db", "metric": "cpu_share"}
    odd = finding(
        "db", 0, severity="info", rule_id="odd", signal=ANY, labels=labels, surprise=30.0, summary="db is odd"
    )
    busy = finding("db", 0, severity="info", rule_id="cpu", surprise=30.0, summary="db is busy")
    pages = [finding("orders", 0), finding("web", 0)]
    (incident,) = told(correlator(), odd, *pages)
    assert (incident.causes[0].entity, incident.title) == ("db", "orders fails; 1 more affected")
    (incident,) = told(correlator(), odd, busy, *pages)
    assert (incident.causes[0].entity, incident.title) == ("db", "db is busy; 2 more affected")
