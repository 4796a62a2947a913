"""What follows from an incident's findings."""

from __future__ import annotations

from aiops.correlate.correlator import Lesson
from tests.correlate.story import change, correlator, finding, told


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
