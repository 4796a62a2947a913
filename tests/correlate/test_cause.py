"""Causes on graphs small enough to see."""

from __future__ import annotations

import math

from aiops.correlate.cause import rank
from aiops.correlate.deviation import Deviation, from_findings
from aiops.correlate.topology import Topology
from aiops.types import Edge
from tests.correlate.story import CALLS, finding

GRAPH = Topology(CALLS)


def first(*findings: object, edges: Topology = GRAPH) -> str:
    return rank(from_findings(findings), edges, ())[0].entity  # type: ignore[arg-type]


def test_what_others_depend_on_is_the_cause_when_all_fail_alike() -> None:
    assert first(finding("db", 0), finding("orders", 0), finding("web", 0)) == "db"


def test_a_leaf_that_fails_alone_is_its_own_cause() -> None:
    assert first(finding("web", 0)) == "web"


def test_a_dependency_that_is_well_is_not_blamed() -> None:
    assert "db" not in {one.entity for one in rank(from_findings([finding("orders", 0), finding("web", 0)]), GRAPH, ())}


def test_of_two_without_relation_the_one_that_deviated_first_comes_first() -> None:
    alone = Topology()
    assert first(finding("web", 0), finding("model", 120), edges=alone) == "web"
    assert first(finding("web", 120), finding("model", 0), edges=alone) == "model"


def test_a_busy_host_explains_less_than_a_failing_service() -> None:
    cpu = finding("h1", 0, severity="info", signal="node_cpu_utilisation", summary="busy")
    assert first(finding("orders", 0), cpu, edges=Topology([Edge("web", "orders")])) == "orders"


def test_every_cause_has_evidence_and_probabilities_leave_room_for_the_unseen() -> None:
    causes = rank(from_findings([finding("db", 0), finding("orders", 15), finding("web", 30)]), GRAPH, ())
    assert all(one.evidence for one in causes)
    assert math.fsum(one.probability for one in causes) < 1
    assert [one.probability for one in causes] == sorted((one.probability for one in causes), reverse=True)
    assert len({one.entity for one in causes}) == len(causes)


def test_the_order_of_findings_does_not_matter() -> None:
    findings = [finding("db", 0), finding("orders", 15), finding("web", 30), finding("fraud", 30)]
    assert rank(from_findings(findings), GRAPH, ()) == rank(from_findings(findings[::-1]), GRAPH, ())


def test_a_circle_of_dependencies_is_ranked_all_the_same() -> None:
    circle = Topology([Edge("a", "b"), Edge("b", "c"), Edge("c", "a")])
    assert first(finding("a", 30), finding("b", 0), finding("c", 30), edges=circle) == "b"


def _fails(entity: str, size: float, *traces: str) -> Deviation:
    return Deviation(entity, "steps", "structure", size, 0.0, sentence="cut short", traces=frozenset(traces))


def test_who_failed_in_other_requests_explains_nothing() -> None:
    above, other, same = _fails("web", 2.0, "t1", "t2"), _fails("orders", 1.0, "t8"), _fails("orders", 1.0, "t1", "t2")
    assert rank([above, other], GRAPH, ())[0].entity == "web"
    assert rank([above, same], GRAPH, ())[0].entity == "orders"


def test_of_equals_the_one_that_others_depend_on_comes_first_whatever_it_is_called() -> None:
    for host, service in (("a", "z"), ("z", "a")):
        found = [
            Deviation(host, "softirq", "alert", 1.5, 0.0, sentence="alone"),
            Deviation(service, "", "alert", 1.5, 0.0, sentence="fails", name="failing calls"),
        ]
        assert rank(found, Topology([Edge("quiet", service)]), ())[0].entity == service


def test_of_equals_that_differ_in_what_they_show_the_same_comes_first_whatever_it_is_called() -> None:
    for one, other in (("a", "z"), ("z", "a")):
        found = [
            Deviation(one, "memory", "alert", 1.5, 0.0, sentence="alone"),
            Deviation(other, "cpu", "alert", 1.5, 0.0, sentence="alone"),
        ]
        assert rank(found, Topology(), ())[0].entity == other


def test_who_is_odd_in_no_known_way_does_not_outrank_who_pages_however_long_before() -> None:
    page = finding("orders", 0, surprise=6.6)
    for started in (-400.0, -60.0, 30.0):
        odd = finding("db", started, severity="info", rule_id="odd", signal='{__name__=~".+"}', surprise=6.3)
        assert first(odd, page) == "orders"
        assert first(finding("db", started, severity="info", rule_id="cpu", surprise=6.3), page) == "db"


def test_what_pages_first_is_not_late_for_what_was_odd_before() -> None:
    page, later = finding("web", 0), finding("model", 60)
    busy = finding("other", -500, severity="info", signal="cpu", surprise=6.0)
    causes = rank(from_findings([page, later, busy]), Topology(), ())
    assert [one.entity for one in causes][:2] == ["web", "model"]
    assert causes[0].probability > 2 * causes[1].probability


def test_who_got_slower_by_a_few_milliseconds_explains_no_half_second() -> None:
    def slow(entity: str, seconds: float) -> object:
        return finding(entity, 0, unit="seconds", value=seconds, expected=seconds / 3.0)

    assert first(slow("db", 0.006), slow("orders", 0.6), slow("web", 0.7)) == "orders"
    assert first(slow("db", 0.2), slow("orders", 0.6), slow("web", 0.7)) == "db"
