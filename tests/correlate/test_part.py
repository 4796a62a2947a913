"""One incident for each cause: two only where findings and graph show that there are two, and never for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.correlate.correlator import Correlator, Lesson
from aiops.correlate.group import identity
from aiops.types import Edge, Finding
from tests.correlate.story import correlator, ended, finding, told

SHOP = (
    Edge("front", "booking"),
    Edge("front", "helper"),
    Edge("booking", "db"),
    Edge("rates", "db"),
    Edge("helper", "guide"),
    Edge("guide", "gpu", "runs_on"),
    Edge("db", "node", "runs_on"),
    *(Edge(one, "names") for one in ("front", "booking", "rates", "helper", "guide")),
)
"""Two steps from one to the other everywhere: all of them look names up at one place."""
LOCKED = (finding("db", 0), finding("booking", 30), finding("rates", 45))
HOT = (finding("gpu", 200), finding("guide", 210))


def divided(found: Correlator) -> list[tuple[str, ...]]:
    return [one.entities for one in found.incidents]


def test_two_causes_with_victims_of_their_own_are_two_incidents() -> None:
    found = correlator(SHOP)
    first, second = told(found, *LOCKED, *HOT, finding("front", 300))
    assert (first.entities, second.entities) == (("booking", "db", "front", "rates"), ("gpu", "guide"))
    assert (first.causes[0].entity, second.causes[0].entity) == ("db", "gpu")


def test_who_suffers_from_both_belongs_to_the_cause_that_was_there_first() -> None:
    late = [replace(one, started=one.started - 400, detected=one.detected - 400) for one in HOT]
    found = correlator(SHOP)
    told(found, *LOCKED, *late, finding("front", 300))
    assert divided(found) == [("front", "gpu", "guide"), ("booking", "db", "rates")]


def test_an_entity_without_victims_of_its_own_stays_with_the_incident_beside_it() -> None:
    found = correlator(SHOP)
    told(found, *LOCKED, finding("guide", 200))
    assert divided(found) == [("booking", "db", "guide", "rates")]


def test_what_both_depend_on_makes_one_incident_if_it_shows_trouble_or_most_that_depend_on_it_do() -> None:
    shared = [*SHOP, Edge("db", "power"), Edge("gpu", "power")]
    silent = correlator(shared)
    told(silent, *LOCKED, *HOT)
    assert len(silent.incidents) == 1
    odd = correlator([*shared, *(Edge(f"idle-{i}", "power") for i in range(5))])
    told(odd, finding("power", 10, severity="info"), *LOCKED, *HOT)
    assert len(odd.incidents) == 1


def test_what_both_depend_on_is_no_suspect_if_most_others_are_well() -> None:
    found = correlator([*SHOP, *(Edge(one, "power") for one in ("db", "gpu", "idle-1", "idle-2", "idle-3"))])
    told(found, *LOCKED, *HOT)
    assert len(found.incidents) == 2


def test_a_victim_below_that_is_loaded_by_callers_of_the_cause_is_no_cause_of_its_own() -> None:
    """Everybody who depends on the cache waits for the database: it may well be drowned by them."""
    found = correlator([*SHOP, Edge("booking", "cache"), Edge("rates", "cache")])
    told(found, *LOCKED, finding("cache", 200))
    assert len(found.incidents) == 1


def test_two_that_begin_together_are_one_incident_where_something_beneath_may_be_to_blame() -> None:
    at_once = [replace(one, started=one.started - 190, detected=one.detected - 190) for one in HOT]
    plain = correlator(SHOP)
    told(plain, *LOCKED, *at_once)
    assert len(plain.incidents) == 2
    deeper = correlator([*SHOP, Edge("db", "store"), Edge("store", "disk")])
    told(deeper, *LOCKED, *at_once)
    assert len(deeper.incidents) == 1
    told(deeper := correlator([*SHOP, Edge("db", "store"), Edge("store", "disk")]), *LOCKED, *HOT)
    assert len(deeper.incidents) == 2


def test_one_that_turns_out_to_be_two_goes_on_and_both_say_so() -> None:
    found = correlator(SHOP)
    (whole,) = told(found, *LOCKED, finding("guide", 210))
    found.change(whole.id, acknowledged_by="ada", status="acknowledged")
    first, second = told(found, finding("gpu", 200, 320))
    assert (first.id, second.id) == (whole.id, identity(finding("gpu", 200)))
    assert (first.status, second.status) == ("acknowledged", "firing")
    assert (320.0, f"incident {second.id} split off: another cause") in first.timeline
    assert (320.0, f"split off from incident {first.id}: another cause") in second.timeline


def test_two_that_turn_out_to_be_one_keep_both_ids_and_say_so() -> None:
    found = correlator(SHOP)
    first, second = told(found, *LOCKED, *HOT)
    found.learn(Lesson(400, [Edge("db", "gpu")]))
    (moved,) = found.advance(float("inf"))
    (whole,) = found.incidents
    assert whole.id == first.id
    assert moved.renamed == {first.id: (second.id,)}
    assert (400.0, f"incident {second.id} merged into this one: one cause") in whole.timeline


def test_an_id_that_is_taken_up_again_is_no_former_one_any_more() -> None:
    edges = [*SHOP, Edge("db", "power"), Edge("gpu", "power")]
    found = correlator(edges)
    (whole,) = told(found, *LOCKED, *HOT)
    second = identity(finding("gpu", 200))
    found._memory.lineage.former[whole.id] = (second,)
    found.learn(Lesson(500, [Edge(f"idle-{i}", "power") for i in range(5)]))
    (moved,) = found.advance(float("inf"))
    assert [one.id for one in found.incidents] == [whole.id, second]
    assert moved.renamed == {whole.id: ()}
    assert found.find(second) is found.incidents[1]


def test_a_resolved_cause_closes_while_the_other_goes_on() -> None:
    found = correlator(SHOP)
    told(found, *LOCKED, *HOT, *(ended(one, 400) for one in LOCKED))
    assert [one.status for one in found.incidents] == ["resolved", "firing"]


def test_after_calm_other_trouble_is_another_incident_and_the_same_is_not() -> None:
    calm = [*LOCKED, *(ended(one, 200) for one in LOCKED)]
    other = correlator(SHOP)
    told(other, *calm, finding("front", 550))
    assert divided(other) == [("booking", "db", "rates"), ("front",)]
    again = correlator(SHOP)
    told(again, *calm, finding("booking", 550), finding("db", 555), finding("front", 560))
    assert len(again.incidents) == 1
    late = correlator(SHOP)
    told(late, *calm, finding("front", 310))
    assert len(late.incidents) == 1


stretch = st.tuples(
    st.sampled_from(["front", "booking", "helper", "rates", "db", "guide", "gpu"]),
    st.integers(0, 60),
    st.sampled_from([2, 10, 60]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(stretch, max_size=12, unique_by=lambda one: one[:2]), st.integers(1, 7), st.data())
def test_divided_incidents_do_not_depend_on_batches_and_restarts(
    stretches: list[tuple[str, int, int]], size: int, data: st.DataObject
) -> None:
    begun = [finding(entity, start * 20.0) for entity, start, _ in stretches]
    over = [ended(one, one.started + 20.0 * length) for one, (_, _, length) in zip(begun, stretches, strict=True)]
    findings = sorted([*begun, *over], key=lambda one: (one.detected, one.fingerprint))
    whole, parts = correlator(SHOP), correlator(SHOP)
    told(whole, *findings)
    for begin in range(0, len(findings), size):
        batch = data.draw(st.permutations(findings[begin : begin + size]))
        told(parts, *batch, horizon=max(one.detected for one in batch))
        again = correlator(SHOP)
        again.restore(parts.snapshot())
        parts = again
    told(parts)
    assert parts.incidents == whole.incidents
    assert [parts.former(one.id) for one in parts.incidents] == [whole.former(one.id) for one in whole.incidents]


def flapping(entity: str, at: float) -> list[Finding]:
    one = finding(entity, at, at)
    return [one, ended(one, at + 15, at + 15)]


def test_a_storm_that_never_ends_is_bounded_and_keeps_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiops.correlate.correlator.MOST_FINDINGS", 30)
    found = correlator(SHOP)
    (first,) = told(found, *flapping("db", -60))
    for at in range(0, 3_600, 30):
        told(found, *flapping("booking", at), *flapping("rates", at + 15))
    again = correlator(SHOP)
    again.restore(found.snapshot())
    (incident,) = told(again, *flapping("booking", 3_600))
    assert incident.id == first.id
    assert len(incident.findings) <= 30
    assert incident.findings[-1].started == 3_600.0


def test_what_a_storm_leaves_behind_is_forgotten_in_time() -> None:
    found = correlator(SHOP)
    told(found, finding("db", 0, rule_id="lasting"), *flapping("guide", 0), finding("gpu", 0))
    told(found, ended(finding("gpu", 0), 60))
    for at in range(0, 50_000, 600):
        told(found, *(replace(one, severity="info") for one in flapping("booking", at)))
    assert divided(found) == [("db",)]
    assert len(list(found._evidence)) < 80
