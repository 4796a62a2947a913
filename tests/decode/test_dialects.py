"""Real spans of a dozen libraries, through the OTLP decoders as protobuf and as JSON: one and the same call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.types import LlmCall, Span
from tests.decode.dialects import (
    ALIAS,
    ANSWERED,
    ASKED,
    BEGUN,
    DIALECTS,
    MODEL,
    OTEL,
    SECONDS,
    SILENT,
    Attributes,
    Events,
)

CANONICAL: dict[str, Any] = {
    "model": MODEL, "provider": "openai", "operation": "chat", "prompt": ASKED, "completion": ANSWERED,
    "input_tokens": 1200, "output_tokens": 50, "cache_read_tokens": 800, "cache_write_tokens": 0,
    "reasoning_tokens": 20, "max_tokens": 400, "duration_s": SECONDS, "ttft_s": 0.4, "finish_reason": "stop",
    "conversation_id": "c-17", "entity": "assistant", "host": "host-4", "error": "",
}  # fmt: skip
NOTHING = {"ttft_s": None, "cache_read_tokens": 0, "reasoning_tokens": 0}
"""What a field holds that was not told; all others are empty texts."""
WIRES = ("protobuf", "json")


def request(attributes: Attributes, events: Events = (), name: str = "chat gpt-4o") -> Any:
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    for key, value in (("service.name", "assistant"), ("host.name", "host-4")):
        put(group.resource.attributes.add(), key, value)
    span = group.scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name, span.kind = b"t" * 16, b"s" * 8, name, 3
    span.start_time_unix_nano, span.end_time_unix_nano = int(BEGUN * 1e9), int((BEGUN + SECONDS) * 1e9)
    for key, value in attributes.items():
        put(span.attributes.add(), key, value)
    for title, inside in events:
        event = span.events.add()
        event.name, event.time_unix_nano = title, int(BEGUN * 1e9)
        for key, value in inside.items():
            put(event.attributes.add(), key, value)
    return made


def put(pair: Any, key: str, value: Any) -> None:
    pair.key = key
    if isinstance(value, bool):
        pair.value.bool_value = value
    elif isinstance(value, list):
        for one in value:
            pair.value.array_value.values.add().string_value = one
    elif isinstance(value, int):
        pair.value.int_value = value
    elif isinstance(value, float):
        pair.value.double_value = value
    else:
        pair.value.string_value = value


def body(made: Any, wire: str) -> bytes:
    if wire == "protobuf":
        return bytes(made.SerializeToString())
    fields = MessageToDict(made)
    span = fields["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["traceId"], span["spanId"] = "74" * 16, "73" * 8  # OTLP's JSON has hex where protobuf's has base64
    return json.dumps(fields).encode()


def calls(read: Any, made: Any, wire: str = "protobuf") -> list[LlmCall]:
    return [event for _, event in read(body(made, wire)).events if isinstance(event, LlmCall)]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_tells_the_same_call(read: Any, dialect: str, wire: str) -> None:
    (call,) = calls(read, request(*DIALECTS[dialect]), wire)
    expected = {name: NOTHING.get(name, "") if name in SILENT[dialect] else value for name, value in CANONICAL.items()}
    assert {name: getattr(call, name) for name in CANONICAL} == expected


@pytest.mark.parametrize("dialect", [name for name, (told, _) in DIALECTS.items() if "gen_ai.request.model" in told])
def test_who_was_asked_is_told_beside_who_answered(read: Any, dialect: str) -> None:
    (call,) = calls(read, request(*DIALECTS[dialect]))
    assert (call.request_model, call.model) == (ALIAS, MODEL)


@pytest.mark.parametrize("dialect", ["phoenix_anthropic", "openlit", "langfuse", "mlflow", "litellm"])
def test_a_cost_that_a_dialect_tells_is_taken(read: Any, dialect: str) -> None:
    (call,) = calls(read, request(*DIALECTS[dialect]))
    assert call.cost_usd == pytest.approx(0.0025)


@pytest.mark.parametrize("dialect", ["otel", "otel_legacy", "openllmetry", "openlit"])
def test_the_fingerprint_of_the_provider_is_read(read: Any, dialect: str) -> None:
    (call,) = calls(read, request(*DIALECTS[dialect]))
    assert call.fingerprint == "fp_1"


def test_servers_and_gateways_tell_where_the_time_went(read: Any) -> None:
    (server,) = calls(read, request(*DIALECTS["vllm"]))
    assert (server.queue_s, server.prefill_s, server.decode_s) == (0.1, 0.3, 1.0)
    (gateway,) = calls(read, request(*DIALECTS["litellm"]))
    assert (gateway.gateway_s, gateway.team) == (0.012, "shop")


def test_a_first_token_after_the_end_is_in_milliseconds(read: Any) -> None:
    (call,) = calls(read, request({**OTEL, "gen_ai.response.time_to_first_chunk": 400}))
    assert call.ttft_s == 0.4


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_said_leaves_the_span(read: Any, dialect: str) -> None:
    (span,) = [
        event for _, event in read(body(request(*DIALECTS[dialect]), "protobuf")).events if isinstance(event, Span)
    ]
    told = json.dumps(span.attributes)
    assert ASKED not in told
    assert ANSWERED not in told


def test_an_outer_span_that_repeats_the_tokens_is_no_call(read: Any) -> None:
    outer = {**DIALECTS["vercel_ai"][0], "ai.operationId": "ai.streamText"}
    assert calls(read, request(outer)) == []


def test_every_evaluation_of_a_call_keeps_its_name(read: Any) -> None:
    judged: Events = [
        ("gen_ai.evaluation.result", {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": score})
        for name, score in (("relevance", 0.9), ("toxicity", 0.1))
    ]
    (call,) = calls(read, request(OTEL, judged))
    assert call.evaluations == {"relevance": 0.9, "toxicity": 0.1}


def test_a_retrieval_tells_its_scores_and_documents(read: Any) -> None:
    documents = json.dumps([{"id": "a", "score": 0.9, "content": ASKED}, {"id": "b", "score": 0.4}])
    told = {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": documents}
    (call,) = calls(read, request(told, name="retrieval docs"))
    assert (call.operation, call.retrieved, call.scores, call.documents) == ("retrieval", 2, (0.9, 0.4), ("a", "b"))
    old = {
        "openinference.span.kind": "RETRIEVER",
        "retrieval.documents.0.document.content": "x",
        "retrieval.documents.0.document.score": 0.7,
        "retrieval.documents.0.document.id": "a",
    }
    (call,) = calls(read, request(old))
    assert (call.retrieved, call.scores, call.documents) == (1, (0.7,), ("a",))


def test_tools_guardrails_and_agents_are_calls_of_their_own(read: Any) -> None:
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": '{"q": 1}',
        "gen_ai.tool.call.result": "none",
        "gen_ai.agent.name": "helper",
    }
    (call,) = calls(read, request(tool))
    assert (call.operation, call.tool, call.prompt, call.completion) == ("execute_tool", "search", '{"q": 1}', "none")
    (call,) = calls(read, request({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"}))
    assert (call.operation, call.agent, call.input_tokens) == ("invoke_agent", "helper", 0)
    guard = {"gen_ai.operation.name": "run_guardrail", "gen_ai.guardrail.verdict.type": "BLOCK"}
    (call,) = calls(read, request(guard))
    assert (call.operation, call.finish_reason) == ("guardrail", "block")


@pytest.mark.parametrize("nonsense", [True, "x", float("nan"), -5, "[[[", '{"input": "x"}', '[{"id": {}}]'])
def test_nonsense_in_any_attribute_is_survived(read: Any, nonsense: Any) -> None:
    for attributes, _ in DIALECTS.values():
        for name in attributes:
            assert read(body(request({**attributes, name: nonsense}), "protobuf")).rejected == []
