"""Spans as rates, durations, edges and topology."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.signals.emitted import Emitted, key
from aiops.signals.spans import MOST_HELD, SpanSignal
from aiops.types import Edge, Span

STEP = 15.0


def span(name: str, parent: str = "", **fields: Any) -> Span:
    base: dict[str, Any] = {"timestamp": 1.0, "trace_id": "t", "entity": name, "name": "x", "duration_s": 1.0}
    return Span(**{**base, "span_id": name, "parent_id": parent, **fields})


def closed(*steps: list[Span]) -> list[Emitted]:
    signal = SpanSignal(STEP)
    return [signal.close(i * STEP, spans) for i, spans in enumerate(steps)]


def value(emitted: Emitted, metric: str, **labels: str) -> float | None:
    return emitted.values.get(key(metric, labels))


def test_requests_are_spans_that_enter_a_service() -> None:
    (emitted,) = closed([
        span("web", kind="server"),
        span("inner", "web", entity="web", kind="internal"),
        span("out", "web", entity="web", kind="client"),
        span("unsaid", "web", entity="web"),
        span("db", "out", status="error"),
    ])  # fmt: skip
    assert value(emitted, "span_requests", service_name="web") == 1
    assert value(emitted, "span_requests", service_name="db") == 1
    assert value(emitted, "span_errors", service_name="db") == 1
    assert value(emitted, "span_errors", service_name="web") == 0


def test_self_time_is_what_no_child_covers() -> None:
    spans = [
        span("web", timestamp=1.0, duration_s=1.0),
        span("a", "web", timestamp=1.1, duration_s=0.4),
        span("b", "web", timestamp=1.3, duration_s=0.4),
        span("late", "web", timestamp=1.9, duration_s=5.0),
    ]
    emitted = closed(spans, [])[1]
    assert value(emitted, "span_self_seconds_p50", service_name="web") == pytest.approx(1.0 - 0.6 - 0.1)


@pytest.mark.parametrize(
    ("provider", "address", "peer"),
    [
        ("openai", "api.openai.com", "openai"),
        ("azure.ai.openai", "shop.openai.azure.com", "azure.ai.openai"),
        ("mistral_ai", "api.mistral.ai", "mistral_ai"),
        ("x_ai", "models.shop.ai", "models.shop.ai"),
        ("openai", "openai-proxy", "openai-proxy"),
        ("vllm", "vllm.models.svc", "vllm.models.svc"),
        ("", "api.openai.com", "api.openai.com"),
    ],
)
def test_a_provider_has_one_name_whether_it_or_its_address_is_told(provider: str, address: str, peer: str) -> None:
    attributes = {"gen_ai.provider.name": provider, "server.address": address}
    emitted = closed([span("bot", kind="client", attributes=attributes)], [])[1]
    assert emitted.edges == [Edge("bot", peer, "calls")]


def test_an_edge_is_a_child_of_another_entity() -> None:
    emitted = closed([span("web"), span("db", "web", duration_s=0.25, status="error")], [])[1]
    assert emitted.edges == [Edge("web", "db", "calls")]
    assert value(emitted, "span_edge_requests", service_name="web", peer="db") == 1
    assert value(emitted, "span_edge_errors", service_name="web", peer="db") == 1
    assert value(emitted, "span_edge_seconds_p50", service_name="web", peer="db") == 0.25
    assert value(emitted, "span_edge_wire_seconds_p50", service_name="web", peer="db") is None


@pytest.mark.parametrize("kind", ["client", ""])
def test_wire_time_is_the_waiting_span_less_the_callee(kind: str) -> None:
    spans = [
        span("web", kind="server" if kind else ""),
        span("wait", "web", entity="web", kind=kind, duration_s=0.5),
        span("db", "wait", kind="server" if kind else "", duration_s=0.2),
    ]
    emitted = closed(spans, [])[1]
    assert value(emitted, "span_edge_seconds_p50", service_name="web", peer="db") == 0.5
    assert value(emitted, "span_edge_wire_seconds_p50", service_name="web", peer="db") == pytest.approx(0.3)


def test_parent_and_child_meet_across_neighbouring_steps() -> None:
    parent, child = span("web", timestamp=14.0, duration_s=20.0), span("db", "web", timestamp=16.0, duration_s=0.1)
    for steps in (([parent], [child], [], []), ([child], [parent], [], []), ([], [parent, child], [], [])):
        emitted = closed(*steps)
        assert sum(value(one, "span_edge_requests", service_name="web", peer="db") or 0 for one in emitted) == 1
        assert sum(Edge("web", "db", "calls") in one.edges for one in emitted) == 1


def test_a_callee_without_spans_is_told_by_the_client_span() -> None:
    attributes = {"server.address": "pg-1", "db.system": "postgresql"}
    emitted = closed([span("web", kind="client", attributes=attributes, status="error")], [])[1]
    assert emitted.edges == [Edge("web", "pg-1", "reads")]
    assert value(emitted, "span_edge_errors", service_name="web", peer="pg-1") == 1


def test_who_announces_and_who_reads_depend_on_the_queue_and_not_on_each_other() -> None:
    queue = {"messaging.system": "kafka", "messaging.destination.name": "orders", "server.address": "broker-1"}
    emitted = closed(
        [span("shop", kind="producer", attributes=queue), span("packer", "shop", kind="consumer", attributes=queue)], []
    )
    edges = sorted({edge for one in emitted for edge in one.edges}, key=lambda edge: edge.source)
    assert edges == [Edge("packer", "orders", "reads"), Edge("shop", "orders", "calls")]
    assert value(emitted[1], "span_edge_requests", service_name="shop", peer="orders") == 1


def test_what_is_asked_for_passages_is_told_from_what_is_asked_for_rows() -> None:
    asked = {"server.address": "index", "gen_ai.operation.name": "retrieval"}
    emitted = closed([span("helper", kind="client", attributes=asked)], [])[1]
    assert emitted.edges == [Edge("helper", "index", "retrieves")]


def test_an_entity_runs_on_its_host() -> None:
    assert closed([span("web", host="h1")])[0].edges == [Edge("web", "h1", "runs_on")]


def test_sparse_traces_have_quantiles_over_four_steps() -> None:
    steps = [[span("web", span_id=str(i), duration_s=float(i))] for i in range(1, 6)]
    emitted = closed(*steps, [], [], [], [])
    p50 = [value(one, "span_duration_seconds_p50", service_name="web") for one in emitted]
    assert p50 == [1.0, 1.5, 2.0, 2.5, 3.5, 4.0, 4.5, 5.0, None]


def test_a_busy_step_speaks_for_itself() -> None:
    slow = [span("web", span_id=f"s{i}", duration_s=9.0) for i in range(40)]
    fast = [span("web", span_id=f"f{i}", duration_s=1.0) for i in range(40)]
    assert value(closed(slow, fast)[1], "span_duration_seconds_p95", service_name="web") == 1.0


def test_quantiles_of_many_spans_are_within_a_thousandth_in_rank() -> None:
    spans = [span("web", span_id=str(i), duration_s=float(i)) for i in range(20_000)]
    (emitted,) = closed(spans)
    assert value(emitted, "span_duration_seconds_p95", service_name="web") == pytest.approx(19_000, abs=20)


def test_the_buffer_is_bounded_and_empties() -> None:
    signal = SpanSignal(STEP)
    signal.close(0.0, [span("web", f"p{i % 7}", span_id=str(i)) for i in range(MOST_HELD + 100)])
    full = len(signal.snapshot()["held"])
    for i in range(1, 6):
        emitted = signal.close(i * STEP, [])
    assert len(signal.snapshot()["held"]) < full / 1000
    assert value(emitted, "span_requests", service_name="web") == 0


def test_hostile_spans_are_counted_and_do_no_harm() -> None:
    circle = [span("a", "b", duration_s=-1.0), span("b", "a"), span("c", "c"), span("a", "b")]
    emitted = closed(circle, [], [], [])
    assert sum(value(one, "span_requests", service_name="a") or 0 for one in emitted) == 2
