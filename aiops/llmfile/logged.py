"""Requests as gateways and clients log them: LiteLLM's payloads and rows of spend, requests with the answer beside.

The names of such a record are those of the providers' APIs; each is given the name of the attribute that says the same
in a span, so that messages, answers, tokens and cost are read as they are live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from aiops.decode.gen_ai.read import structure
from aiops.decode.gen_ai.usage import DETAILS, INPUT, NAMED_INPUT, NAMED_OUTPUT, OUTPUT
from aiops.types import LlmCall

FOREIGN = frozenset((
    "messages", "response", "choices", "prompt_tokens", "completion_tokens", "promptTokens", "completionTokens",
    "usage", "usage_object", "response_cost", "spend", "call_type", "custom_llm_provider", "finish_reasons",
    "stop_reason", "cached_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
))  # fmt: skip
"""Names that our own format does not have, and logged requests do."""
CONTEXT = "retrieval.documents"
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "gen_ai.request.model": ("model",),
    "gen_ai.provider.name": ("custom_llm_provider", "provider"),
    "gen_ai.operation.name": ("call_type", "operation"),
    "gen_ai.input.messages": ("messages", "prompt", "input"),
    "gen_ai.output.messages": ("response", "completion", "output"),
    CONTEXT: ("context",),
    "gen_ai.usage.input_tokens": ("prompt_tokens", "input_tokens", "promptTokens"),
    "gen_ai.usage.output_tokens": ("completion_tokens", "output_tokens", "completionTokens"),
    "gen_ai.usage.total_tokens": ("total_tokens",),
    "gen_ai.usage.cache_read.input_tokens": ("cache_read_tokens", "cache_read_input_tokens", "cached_tokens"),
    "gen_ai.usage.cache_creation.input_tokens": ("cache_write_tokens", "cache_creation_input_tokens"),
    "gen_ai.usage.cost": ("response_cost", "spend", "cost_usd", "cost"),
    "gen_ai.response.finish_reasons": ("finish_reason", "finish_reasons", "stop_reason"),
    "gen_ai.conversation.id": ("conversation_id", "session_id", "litellm_session_id"),
    "openai.response.service_tier": ("tier", "service_tier"),
    "error.type": ("error_str", "error"),
    "gen_ai.tool.name": ("tool",),
    "gen_ai.agent.name": ("agent",),
    "llm.invocation_parameters": ("model_parameters",),
    "hidden_params": ("hidden_params",),
}
"""What a field is to a span; the first that is there counts."""
USAGE = DETAILS[-1]
"""Attribute whose value is what a provider's API says of the tokens."""
UNKNOWN = -1
"""Tokens that are not told."""


def is_request(fields: Mapping[str, Any]) -> bool:
    """Whether a record is a request as others log it, at least in part."""
    return any(fields.get(name) is not None for name in FOREIGN)


def attributes_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`entity` and `attributes` of the span that says the same; a field may hold JSON as text, as databases have it."""
    fields = {name: structure(value) for name, value in fields.items() if value is not None}
    told = {
        attribute: found[0]
        for attribute, names in ATTRIBUTES.items()
        if (found := [fields[name] for name in names if name in fields])
    }
    if "choices" in fields:
        told.setdefault("gen_ai.output.messages", {"choices": fields["choices"]})
    if not isinstance(passages := told.get(CONTEXT, []), list):
        told[CONTEXT] = [passages]
    if "error.type" not in told and str(fields.get("status", "")).lower() in ("failure", "error"):
        told["error.type"] = "error"
    used = next((one for one in _usages(fields) if isinstance(one, dict)), None)
    return {"entity": str(fields.get("entity", "")), "attributes": told | ({USAGE: used} if used else {})}


def _usages(fields: Mapping[str, Any]) -> Iterator[Any]:
    for place in (fields, fields.get("response"), fields.get("metadata")):
        if isinstance(place, dict):
            yield from (place.get("usage"), place.get("usage_object"))


def complete(call: LlmCall, told: Mapping[str, Any]) -> LlmCall:
    """The call, with the tokens that nobody told marked as not known; embeddings put out none."""
    details = told.get(USAGE) or {}
    unread = not any(name in told for name in INPUT) and not any(name in details for name in NAMED_INPUT)
    unsaid = not any(name in told for name in OUTPUT) and not any(name in details for name in NAMED_OUTPUT)
    return msgspec.structs.replace(
        call,
        input_tokens=UNKNOWN if unread else call.input_tokens,
        output_tokens=UNKNOWN if unsaid and call.operation != "embeddings" else call.output_tokens,
    )
