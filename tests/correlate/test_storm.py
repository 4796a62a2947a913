"""Who is tried again drowns what is below: the cause is where the storm began, not what it drowned."""

from __future__ import annotations

import math

import pytest

from aiops.correlate.cause import rank
from aiops.correlate.deviation import REQUESTS, TIMES, Deviation, from_findings
from aiops.correlate.topology import Topology
from aiops.types import Cause, Edge
from tests.correlate.story import finding

GRAPH = Topology(
    [Edge("web", "rates"), Edge("rates", "db"), Edge("mail", "db"), Edge("stock", "db"), Edge("web", "db")]
)


def fails(entity: str, at: float, size: float = 3.0) -> Deviation:
    return Deviation(entity, "", "error", size, at, sentence=f"{entity} fails")


def asked(entity: str, at: float, times: float) -> Deviation:
    return Deviation(entity, "", "load", 2.0, at, change=math.log(times), unit=TIMES, sentence=f"{entity} is asked")


def told(drowned_at: float = 60.0, *more: Deviation, below: float = 1.5) -> tuple[Cause, ...]:
    found = [fails("web", 15), fails("rates", 0), fails("mail", 75), fails("stock", 75), fails("db", drowned_at)]
    found += [asked("rates", 30, 4.0), *([asked("db", 75, below)] if below > 1.0 else [])]
    return rank([*found, *more], GRAPH, ())


def test_who_is_tried_again_is_the_cause_of_what_it_drowns() -> None:
    first, *others = told()
    assert first.entity == "rates"
    assert "it is tried again, and drowns db with that" in " ".join(first.evidence)
    drowned = next(one for one in others if one.entity == "db")
    assert "against it: is drowned by rates" in " ".join(drowned.evidence)


@pytest.mark.parametrize("drowned_at", [0.0, -30.0])
def test_what_was_in_trouble_no_later_was_not_drowned(drowned_at: float) -> None:
    assert told(drowned_at)[0].entity == "db"


def test_what_is_asked_for_no_more_than_usual_was_not_drowned() -> None:
    assert told(below=1.0)[0].entity == "db"


def test_who_passes_on_what_it_is_asked_for_is_not_tried_again() -> None:
    assert told(60.0, asked("web", 0, 4.0))[0].entity == "db"


def test_who_answers_is_asked_for_more_and_drowns_nothing() -> None:
    found = [fails("mail", 75), fails("stock", 75), fails("db", 60), asked("rates", 0, 4.0), asked("db", 75, 1.5)]
    assert rank(found, GRAPH, ())[0].entity == "db"


def test_a_finding_of_more_requests_tells_how_many_times_as_many() -> None:
    def of(value: float, unit: str) -> tuple[str, float]:
        one = finding("rates", 0, severity="info", unit=unit, value=value, expected=7.0)
        (made,) = from_findings([one])
        return made.unit, made.change

    assert of(28.0, REQUESTS) == (TIMES, pytest.approx(math.log(4.0)))
    assert of(3.0, REQUESTS) == of(28.0, "lines") == ("", 0.0)
