"""What belongs together is one incident, whoever delivers first."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.correlate.correlator import Lesson
from aiops.correlate.group import identity
from aiops.types import Edge, Finding
from tests.correlate.story import CALLS, change, correlator, ended, finding, groups, told


def test_findings_close_in_time_and_topology_are_one_incident() -> None:
    incidents = told(correlator(), finding("db", 0), finding("orders", 60), finding("web", 200))
    assert [one.entities for one in incidents] == [("db", "orders", "web")]


def test_findings_far_apart_in_time_or_place_are_not() -> None:
    late = told(correlator(), finding("db", 0), ended(finding("db", 0), 60), finding("orders", 2_000))
    assert len(late) == 2
    far = told(correlator(), finding("db", 0), finding("model", 60))
    assert len(far) == 2


def test_what_comes_back_while_the_incident_lasts_belongs_to_it() -> None:
    found = correlator()
    told(found, finding("db", 0), finding("orders", 60), ended(finding("orders", 60), 200))
    assert len(told(found, finding("orders", 5_000))) == 1


def test_a_finding_that_touches_two_incidents_makes_them_one() -> None:
    found = correlator([Edge("a", "b"), Edge("b", "c"), Edge("c", "d"), Edge("d", "e")])
    first = [one.id for one in told(found, finding("a", 0), finding("e", 30))]
    assert len(first) == 2
    found.add([finding("c", 60)])
    (moved,) = found.advance(float("inf"))
    (incident,) = found.incidents
    assert incident.entities == ("a", "c", "e")
    assert incident.id == identity(finding("a", 0))
    assert moved.renamed == {incident.id: tuple(one for one in first if one != incident.id)}


def test_topology_learnt_later_joins_what_it_shows_to_touch() -> None:
    found = correlator(())
    assert len(told(found, finding("web", 0), finding("orders", 0))) == 2
    found.learn(Lesson(120, [Edge("web", "orders")]))
    found.advance(float("inf"))
    assert [one.entities for one in found.incidents] == [("orders", "web")]


def test_the_id_comes_from_the_earliest_finding_and_former_ids_lead_to_it() -> None:
    found = correlator()
    (first,) = told(found, finding("web", 100))
    assert first.id == identity(finding("web", 100))
    found.add([finding("db", 10, 200)])
    (moved,) = found.advance(float("inf"))
    (incident,) = found.incidents
    assert incident.id == identity(finding("db", 10)) != first.id
    assert moved.renamed == {incident.id: (first.id,)}
    assert found.former(incident.id) == (first.id,)
    assert found.find(first.id) is incident
    found.add([finding("orders", 1, 300)])
    found.advance(float("inf"))
    (latest,) = found.incidents
    assert set(found.former(latest.id)) == {first.id, incident.id}
    assert found.find(first.id) is found.find(incident.id) is latest


def test_findings_wait_for_partitions_with_a_backlog() -> None:
    found = correlator()
    assert told(found, finding("web", 0, 60), horizon=60.0) == []
    assert told(found, horizon=75.0) != []


def test_an_incident_resolves_when_its_last_finding_ends_and_opens_again_with_the_next() -> None:
    found = correlator()
    web, db = finding("web", 0), finding("db", 0)
    told(found, web, db, ended(web, 100))
    assert [(one.status, one.resolved) for one in found.incidents] == [("firing", None)]
    told(found, ended(db, 200))
    assert [(one.status, one.resolved) for one in found.incidents] == [("resolved", 200)]
    told(found, finding("web", 700))
    assert [(one.status, one.resolved) for one in found.incidents] == [("firing", None)]


def test_an_end_without_a_beginning_opens_nothing() -> None:
    assert told(correlator(), ended(finding("web", 0), 100)) == []


def test_findings_that_page_nobody_are_evidence_only() -> None:
    cpu = finding("db", 0, rule_id="cpu", severity="info", summary="db is busy")
    assert told(correlator(), cpu) == []
    (incident,) = told(correlator(), cpu, finding("orders", 30))
    assert incident.entities == ("orders",)
    assert any("db is busy" in line for cause in incident.causes for line in cause.evidence)


def test_a_rule_that_is_taken_away_lets_its_findings_end() -> None:
    found = correlator()
    told(found, finding("web", 0), finding("web", 30, rule_id="latency"))
    found.retire({"latency"})
    found.advance(float("inf"))
    assert [one.ended is None for one in found.incidents[0].findings] == [False, True]
    found.retire(set())
    found.advance(float("inf"))
    assert found.incidents[0].status == "resolved"


def test_what_a_person_said_survives_uniting() -> None:
    found = correlator()
    told(found, finding("web", 100))
    found.change(found.incidents[0].id, acknowledged_by="ada", status="acknowledged")
    (incident,) = told(found, finding("db", 10, 200))
    assert (incident.acknowledged_by, incident.status) == ("ada", "acknowledged")


def test_an_incident_that_is_long_over_is_forgotten() -> None:
    found = correlator()
    told(found, finding("web", 0), ended(finding("web", 0), 100))
    told(found, finding("model", 7 * 3_600))
    assert [one.entities for one in found.incidents] == [("model",)]


ENTITIES = ("web", "orders", "db", "fraud", "chat", "model")
stretch = st.tuples(
    st.sampled_from(ENTITIES), st.integers(0, 120), st.sampled_from([1, 4, 20, 200]), st.sampled_from(["page", "info"])
)


def beginnings_and_ends(stretches: list[tuple[str, int, int, str]]) -> list[Finding]:
    found = []
    for entity, start, length, severity in stretches:
        one = finding(entity, start * 15.0, severity=severity, rule_id=severity)
        found += [one, ended(one, (start + length) * 15.0)]
    return list({(one.fingerprint, one.started, one.ended is None): one for one in found}.values())


@settings(deadline=None)
@given(
    st.lists(stretch, max_size=10, unique_by=lambda one: (one[0], one[1], one[3])), st.randoms(use_true_random=False)
)
def test_grouping_does_not_depend_on_the_order_of_delivery(
    stretches: list[tuple[str, int, int, str]], rng: random.Random
) -> None:
    """Partitions deliver their own findings in order, and are minutes apart from each other."""
    findings = beginnings_and_ends(stretches)
    in_order, apart = correlator(), correlator()
    told(in_order, *findings)
    delay = {one.partition: rng.uniform(0, 240) for one in findings}
    for one in sorted(findings, key=lambda one: one.detected + delay[one.partition]):
        told(apart, one)
    assert groups(apart) == groups(in_order)
    assert {one.id for one in apart.incidents} == {one.id for one in in_order.incidents}


@settings(deadline=None)
@given(st.lists(stretch, max_size=8, unique_by=lambda one: (one[0], one[1], one[3])), st.integers(1, 15), st.data())
def test_delivery_in_any_batches_and_restarts_gives_the_same_incidents_to_the_last_word(
    stretches: list[tuple[str, int, int, str]], size: int, data: st.DataObject
) -> None:
    findings = sorted(beginnings_and_ends(stretches), key=lambda one: (one.detected, one.fingerprint))
    whole, parts = correlator(), correlator()
    for found in (whole, parts):
        found.learn(Lesson(100.0, [Edge("chat", "web")], [change(90.0)]))
    told(whole, *findings)
    edges = list(CALLS)
    for begin in range(0, len(findings), size):
        batch = data.draw(st.permutations(findings[begin : begin + size]))
        told(parts, *batch, horizon=batch[0].detected if not batch else max(one.detected for one in batch))
        again = correlator(edges)
        again.restore(parts.snapshot())
        parts = again
    told(parts)
    assert parts.incidents == whole.incidents
    assert [parts.former(one.id) for one in parts.incidents] == [whole.former(one.id) for one in whole.incidents]


def test_the_end_keeps_the_evidence_of_the_beginning() -> None:
    found = correlator()
    web = replace(finding("web", 0), window=((0.0, 0.4, 0.01, 12.0),))
    told(found, web, replace(ended(web, 100), window=(), surprise=14.0))
    (one,) = found.incidents[0].findings
    assert (one.detected, one.ended, one.surprise, len(one.window)) == (60.0, 100.0, 14.0, 1)
