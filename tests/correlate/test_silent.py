"""Who tells nothing is known by its callers, and is the cause when their calls to it fail."""

from __future__ import annotations

from dataclasses import replace

from aiops.correlate.cause import rank
from aiops.correlate.describe import title
from aiops.correlate.deviation import from_findings
from aiops.correlate.topology import Topology, from_finding
from aiops.types import Edge, Finding

EDGES = [Edge("web", "store"), Edge("mail", "store"), Edge("front", "web")]


def failing(entity: str, peer: str = "", signal: str = "span_errors") -> Finding:
    labels = {"service_name": entity, **({"peer": peer} if peer else {})}
    said = f"{entity} to {peer}: 40 % of calls fail" if peer else f"{entity}: 60 % of requests fail"
    return Finding(
        "Errors", "errors", labels, entity, "it", "info" if peer else "page", "bus", 1, 100.0, 160.0, value=0.4,
        expected=0.002, surprise=20.0, signal=signal, summary=said,
    )  # fmt: skip


def test_a_store_that_was_never_heard_of_is_the_cause_of_its_callers_errors() -> None:
    findings = [failing("web"), failing("front"), failing("mail"), failing("web", "store", "span_edge_errors")]
    causes = rank(from_findings(findings), Topology(EDGES), [])
    assert causes[0].entity == "store"
    assert "it sends no telemetry, or is not ours" in causes[0].evidence[0]
    assert title(findings, ["store"], ("front", "mail", "web")) == "web to store: 40 % of calls fail; 3 more affected"


def test_a_callee_that_speaks_is_not_said_to_be_silent() -> None:
    findings = [failing("web"), failing("store"), failing("web", "store", "span_edge_errors")]
    sentences = [one.sentence for one in from_findings(findings) if one.entity == "store"]
    assert len(sentences) == 2
    assert not any("telemetry" in one for one in sentences)


def test_a_queue_that_grows_tells_of_its_consumer_where_that_is_said() -> None:
    grown = replace(failing("orders", signal="max(kafka_consumergroup_lag)"), labels={"consumergroup": "packer"})
    assert [one.entity for one in from_findings([grown])] == ["packer"]
    assert from_finding(grown) == [Edge("packer", "orders", "reads")]


def test_a_queue_that_is_odd_as_a_whole_tells_of_its_only_consumer_too() -> None:
    grown = replace(failing("orders", signal="max(kafka_consumergroup_lag)"), labels={"consumergroup": "packer"})
    odd = replace(failing("orders", signal="{}"), labels={}, summary="orders: above all kafka_consumergroup_lag")
    full = replace(failing("orders", signal="flags_total"), labels={}, summary="orders: 3 flags are set")
    other = replace(grown, labels={"consumergroup": "mailer"})
    assert [one.entity for one in from_findings([grown, odd, full])] == ["packer", "packer", "orders"]
    assert [one.entity for one in from_findings([grown, other, odd])] == ["packer", "mailer", "orders"]


def test_time_on_the_wire_is_no_deviation_of_the_callee() -> None:
    slow = failing("web", "store", "avg_over_time(span_edge_wire_seconds_p50[5m])")
    assert [one.entity for one in from_findings([slow])] == ["web"]
