"""Spans of model and tool calls, in every dialect, as `LlmCall`."""

from __future__ import annotations

import json

import msgspec
import pytest

from aiops.decode.gen_ai import call_of
from aiops.types import LlmCall, Span

NOW = 1_760_000_000.0
SAID = json.dumps(
    [
        {"role": "system", "parts": [{"type": "text", "content": "be kind"}]},
        {"role": "user", "parts": [{"type": "text", "content": "old"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "answered"}]},
        {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]},
    ]
)
ANSWERED = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Here."}], "finish_reason": "stop"}])

OTEL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt",
    "gen_ai.response.model": "gpt-2026",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.response.time_to_first_chunk": 0.2,
    "gen_ai.conversation.id": "c1",
    "gen_ai.input.messages": SAID,
    "gen_ai.output.messages": ANSWERED,
    "gen_ai.retrieval.documents": json.dumps([{"content": "doc"}]),
    "gen_ai.usage.cost": 0.01,
    "langfuse.observation.prompt.version": 7,
    "feedback.score": 1,
}
LEGACY = {
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-2026",
    "gen_ai.usage.prompt_tokens": 12,
    "gen_ai.usage.completion_tokens": "3",
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "be kind",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": "Where is it?",
    "gen_ai.completion.0.content": "Here.",
    "gen_ai.completion.0.finish_reason": "stop",
    "traceloop.association.properties.session_id": "c1",
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.provider": "openai",
    "llm.model_name": "gpt-2026",
    "llm.token_count.prompt": 12,
    "llm.token_count.completion": 3,
    "llm.cost.total": 0.01,
    "session.id": "c1",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "Where is it?",
    "llm.output_messages.0.message.content": "Here.",
    "retrieval.documents.0.document.content": "doc",
}
LANGFUSE = {
    "langfuse.observation.type": "generation",
    "langfuse.observation.model.name": "gpt-2026",
    "langfuse.session.id": "c1",
    "langfuse.observation.usage_details": json.dumps({"input": 12, "output": 3}),
    "langfuse.observation.input": "Where is it?",
    "langfuse.observation.cost_details": json.dumps({"input": 0.004, "output": 0.006}),
    "langfuse.observation.output": "Here.",
    "gen_ai.system": "openai",
}


def span(attributes, name="chat gpt", **fields):
    return Span(
        timestamp=NOW,
        trace_id="t",
        span_id="s",
        entity="bot",
        name=name,
        duration_s=1.5,
        host="gpu",
        attributes=attributes,
        **fields,
    )


@pytest.mark.parametrize(
    "attributes", [OTEL, LEGACY, OPENINFERENCE, LANGFUSE], ids=["otel", "legacy", "openinference", "langfuse"]
)
def test_every_dialect_tells_the_same_call(attributes):
    call = call_of(span(attributes))
    assert call is not None
    told = (
        call.entity,
        call.host,
        call.model,
        call.provider,
        call.operation,
        call.input_tokens,
        call.output_tokens,
        call.conversation_id,
    )
    assert told == ("bot", "gpu", "gpt-2026", "openai", "chat", 12, 3, "c1")
    assert (call.prompt, call.completion, call.duration_s, call.timestamp) == ("Where is it?", "Here.", 1.5, NOW)


def test_current_names_fill_every_field():
    assert call_of(span(OTEL)) == LlmCall(
        timestamp=NOW,
        entity="bot",
        model="gpt-2026",
        provider="openai",
        operation="chat",
        prompt="Where is it?",
        completion="Here.",
        context=("doc",),
        input_tokens=12,
        output_tokens=3,
        duration_s=1.5,
        ttft_s=0.2,
        finish_reason="stop",
        conversation_id="c1",
        prompt_version="7",
        cost_usd=0.01,
        feedback=1.0,
        request_model="gpt",
        trace_id="t",
        host="gpu",
    )


@pytest.mark.parametrize("attributes", [OPENINFERENCE, LANGFUSE])
def test_costs_of_other_dialects_are_found(attributes):
    assert call_of(span(attributes)).cost_usd == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("total", "cached", "output"),
    [(15, 0, 3), (12, 0, 0), (9, 0, -1), (None, 0, -1), (15, 3, -1)],
    ids=["the total tells it", "an empty one", "a total that cannot be", "no total", "perhaps a cache"],
)
def test_output_that_is_not_told_follows_from_a_total_or_is_unknown(total, cached, output):
    told = {key: value for key, value in OTEL.items() if "usage" not in key and "output" not in key}
    told["gen_ai.usage.input_tokens"] = 12
    told["gen_ai.usage.cache_read.input_tokens"] = cached
    told |= {} if total is None else {"gen_ai.usage.total_tokens": total}
    assert call_of(span(told)).output_tokens == output
    assert call_of(span({**told, "gen_ai.operation.name": "embeddings"})).output_tokens == max(output, 0)
    failed = {key: value for key, value in told.items() if "output" not in key} | {"error.type": "timeout"}
    assert call_of(span(failed)).output_tokens == max(output, 0)


def test_tool_calls_name_their_tool():
    call = call_of(
        span(
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "error.type": "Timeout"},
            "execute_tool search",
        )
    )
    assert (call.operation, call.tool, call.error, call.model) == ("execute_tool", "search", "Timeout", "")


@pytest.mark.parametrize("operation", ["invoke_workflow", "chain", "create_agent"])
def test_spans_that_enclose_calls_are_none(operation):
    assert call_of(span({**OTEL, "gen_ai.operation.name": operation})) is None


@pytest.mark.parametrize("attributes", [{}, {"http.method": "GET"}, {"gen_ai.agent.name": "a"}])
def test_other_spans_are_no_calls(attributes):
    assert call_of(span(attributes)) is None


def test_a_failed_span_is_an_error_even_without_a_type():
    assert call_of(span(OTEL, status="error")).error == "error"


@pytest.mark.parametrize(
    "nonsense", [None, True, "x", [], {}, float("nan"), float("inf"), -5, "[[[", 10**30, 1e308, [[1]], {"a": []}]
)
def test_nonsense_in_any_attribute_is_survived_and_can_be_saved(nonsense):
    for name in OTEL.keys() | LEGACY.keys() | OPENINFERENCE.keys() | LANGFUSE.keys():
        msgspec.msgpack.encode(call_of(span({**OTEL, name: nonsense})))
        msgspec.msgpack.encode(call_of(span({"llm.model_name": "m", name: nonsense})))


def test_a_call_comes_beside_its_span_in_order(read):
    element = {
        "type": "span",
        "timestamp": NOW,
        "trace_id": "t",
        "span_id": "s",
        "entity": "bot",
        "name": "chat",
        "duration_s": 1,
    }
    bodies = [json.dumps({**element, "attributes": OTEL}).encode(), json.dumps(element).encode()]
    assert [(record, type(event).__name__) for record, event in read(*bodies).events] == [
        (0, "Span"),
        (0, "LlmCall"),
        (1, "Span"),
    ]
