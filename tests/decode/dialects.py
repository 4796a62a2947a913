"""One call as ten and more libraries put it on the wire: attributes, events and time of its span.

The same question to the same model each time: 1,200 tokens of prompt, 800 of them from the provider's cache, 50 of
answer, 20 of them reasoning. What a dialect has no word for stands in `SILENT`.
"""

from __future__ import annotations

import json
from typing import Any

BEGUN = 1_760_000_000.0
SECONDS = 1.5
ASKED, ANSWERED = "Where is my order 17?", "It left on Monday."
MODEL, ALIAS = "gpt-4o-2024-08-06", "gpt-4o"
MESSAGES = [{"role": "system", "content": "be kind"}, {"role": "user", "content": ASKED}]
CHOICE = {"index": 0, "message": {"role": "assistant", "content": ANSWERED}, "finish_reason": "stop"}

Attributes = dict[str, Any]
Events = list[tuple[str, Attributes]]

OTEL: Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": ALIAS,
    "gen_ai.response.model": MODEL,
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.request.max_tokens": 400,
    "gen_ai.request.temperature": 0.2,
    "gen_ai.output.type": "text",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cache_read.input_tokens": 800,
    "gen_ai.usage.cache_creation.input_tokens": 0,
    "gen_ai.usage.reasoning.output_tokens": 20,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.response.time_to_first_chunk": 0.4,
    "gen_ai.conversation.id": "c-17",
    "openai.response.system_fingerprint": "fp_1",
    "openai.response.service_tier": "default",
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "system", "parts": [{"type": "text", "content": "be kind"}]},
            {"role": "user", "parts": [{"type": "text", "content": ASKED}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": ANSWERED}], "finish_reason": "stop"}]
    ),
    "server.address": "api.openai.com",
}
OTEL_LEGACY: Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": ALIAS,
    "gen_ai.response.model": MODEL,
    "gen_ai.request.max_tokens": 400,
    "gen_ai.usage.prompt_tokens": 1200,
    "gen_ai.usage.completion_tokens": 50,
    "gen_ai.openai.response.system_fingerprint": "fp_1",
    "gen_ai.response.finish_reasons": ["stop"],
}
OTEL_LEGACY_EVENTS: Events = [
    ("gen_ai.system.message", {"gen_ai.system": "openai", "gen_ai.event.content": json.dumps(MESSAGES[0])}),
    ("gen_ai.user.message", {"gen_ai.system": "openai", "gen_ai.event.content": json.dumps(MESSAGES[1])}),
    ("gen_ai.choice", {"gen_ai.system": "openai", "gen_ai.event.content": json.dumps(CHOICE)}),
]
OPENINFERENCE: Attributes = {
    "openinference.span.kind": "LLM",
    "llm.system": "openai",
    "llm.provider": "openai",
    "llm.model_name": MODEL,
    "llm.invocation_parameters": json.dumps({"model": ALIAS, "max_tokens": 400, "temperature": 0.2}),
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "be kind",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.content": ASKED,
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": ANSWERED,
    "llm.token_count.prompt": 1200,
    "llm.token_count.completion": 50,
    "llm.token_count.total": 1250,
    "llm.token_count.prompt_details.cache_read": 800,
    "llm.token_count.completion_details.reasoning": 20,
    "session.id": "c-17",
    "input.value": json.dumps({"messages": MESSAGES, "model": ALIAS}),
    "input.mime_type": "application/json",
    "output.value": json.dumps({"choices": [CHOICE], "model": MODEL}),
    "output.mime_type": "application/json",
}
PHOENIX_ANTHROPIC: Attributes = {
    # A model of Anthropic's: the instrumentation adds what came from the cache to the prompt.
    **{name: value for name, value in OPENINFERENCE.items() if not name.startswith("llm.token_count.")},
    "llm.token_count.prompt": 1200,
    "llm.token_count.completion": 50,
    "llm.token_count.prompt_details.cache_read": 800,
    "llm.token_count.prompt_details.cache_write": 0,
    "llm.token_count.completion_details.reasoning": 20,
    "llm.cost.total": 0.0025,
    "llm.cost.prompt": 0.002,
    "llm.cost.completion": 0.0005,
}
OPENLLMETRY: Attributes = {
    "llm.request.type": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": ALIAS,
    "gen_ai.response.model": MODEL,
    "gen_ai.request.max_tokens": 400,
    "llm.headers": "None",
    "llm.is_streaming": False,
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "be kind",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": ASKED,
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": ANSWERED,
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 50,
    "llm.usage.total_tokens": 1250,
    "gen_ai.usage.cache_read_input_tokens": 800,
    "gen_ai.usage.reasoning_tokens": 20,
    "gen_ai.openai.system_fingerprint": "fp_1",
    "traceloop.association.properties.session_id": "c-17",
    "traceloop.workflow.name": "answer_customer",
}
OPENLIT: Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": ALIAS,
    "gen_ai.response.model": MODEL,
    "gen_ai.request.is_stream": True,
    "gen_ai.request.max_tokens": 400,
    "gen_ai.output.type": "text",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cost": 0.0025,
    "gen_ai.usage.prompt_tokens_details.cache_read": 800,
    "gen_ai.usage.completion_tokens_details.reasoning": 20,
    "gen_ai.server.time_to_first_token": 0.4,
    "gen_ai.server.time_per_output_token": 0.02,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.openai.response.system_fingerprint": "fp_1",
    "telemetry.sdk.name": "openlit",
}
OPENLIT_EVENTS: Events = [
    ("gen_ai.content.prompt", {"gen_ai.prompt": ASKED}),
    ("gen_ai.content.completion", {"gen_ai.completion": ANSWERED}),
]
LANGFUSE: Attributes = {
    "langfuse.observation.type": "generation",
    "langfuse.observation.model.name": MODEL,
    "langfuse.observation.model.parameters": json.dumps({"max_tokens": 400}),
    "langfuse.observation.input": json.dumps(MESSAGES),
    "langfuse.observation.output": json.dumps({"role": "assistant", "content": ANSWERED}),
    # Each key counts what no other does.
    "langfuse.observation.usage_details": json.dumps(
        {"input": 400, "input_cached_tokens": 800, "output": 30, "output_reasoning_tokens": 20, "total": 1250}
    ),
    "langfuse.observation.cost_details": json.dumps({"input": 0.001, "input_cached_tokens": 0.001, "output": 0.0005}),
    "langfuse.observation.completion_start_time": json.dumps("2025-10-09T08:53:20.400Z"),
    "langfuse.observation.prompt.name": "answer",
    "langfuse.observation.prompt.version": 7,
    "langfuse.observation.metadata.finish_reason": "stop",
    "session.id": "c-17",
    "gen_ai.system": "openai",
}
MLFLOW: Attributes = {
    "mlflow.spanType": json.dumps("CHAT_MODEL"),
    "mlflow.traceRequestId": json.dumps("tr-1"),
    "mlflow.spanInputs": json.dumps({"messages": MESSAGES, "model": ALIAS, "max_tokens": 400}),
    "mlflow.spanOutputs": json.dumps({"id": "chatcmpl-1", "choices": [CHOICE], "model": MODEL}),
    "mlflow.llm.model": json.dumps(MODEL),
    "mlflow.llm.provider": json.dumps("openai"),
    "mlflow.chat.tokenUsage": json.dumps(
        {"input_tokens": 1200, "output_tokens": 50, "total_tokens": 1250, "cache_read_input_tokens": 800}
    ),
    "mlflow.llm.cost": json.dumps({"input_cost": 0.002, "output_cost": 0.0005, "total_cost": 0.0025}),
    "mlflow.trace.session": json.dumps("c-17"),
}
VLLM: Attributes = {
    "gen_ai.response.model": MODEL,
    "gen_ai.request.id": "cmpl-1",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.max_tokens": 400,
    "gen_ai.request.n": 1,
    "gen_ai.usage.prompt_tokens": 1200,
    "gen_ai.usage.completion_tokens": 50,
    "gen_ai.latency.time_in_queue": 0.1,
    "gen_ai.latency.time_in_model_prefill": 0.3,
    "gen_ai.latency.time_in_model_decode": 1.0,
    "gen_ai.latency.time_in_model_inference": 1.3,
    "gen_ai.latency.time_to_first_token": 0.4,
    "gen_ai.latency.e2e": 1.4,
}
LITELLM: Attributes = {
    "llm.request.type": "acompletion",
    "gen_ai.system": "openai",
    "gen_ai.request.model": ALIAS,
    "gen_ai.response.model": MODEL,
    "gen_ai.response.id": "chatcmpl-1",
    "llm.is_streaming": "False",
    "gen_ai.request.max_tokens": 400,
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.total_tokens": 1250,
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": ASKED,
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": ANSWERED,
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.cost.total_cost": 0.0025,
    "hidden_params": json.dumps({"litellm_overhead_time_ms": 12.0, "response_cost": 0.0025, "cache_key": None}),
    "metadata.user_api_key_team_alias": "shop",
    "metadata.user_api_key_team_id": "team-1",
}
VERCEL: Attributes = {
    "ai.operationId": "ai.streamText.doStream",
    "operation.name": "ai.streamText.doStream",
    "ai.model.id": ALIAS,
    "ai.model.provider": "openai",
    "ai.response.model": MODEL,
    "ai.prompt.messages": json.dumps([MESSAGES[0], {"role": "user", "content": [{"type": "text", "text": ASKED}]}]),
    "ai.response.text": ANSWERED,
    "ai.response.finishReason": "stop",
    "ai.response.msToFirstChunk": 400,
    "ai.settings.maxOutputTokens": 400,
    "ai.usage.inputTokens": 1200,
    "ai.usage.outputTokens": 50,
    "ai.usage.totalTokens": 1250,
    "ai.usage.cachedInputTokens": 800,
    "ai.usage.reasoningTokens": 20,
    "ai.telemetry.metadata.sessionId": "c-17",
}
ANTHROPIC_RAW: Attributes = {
    # What Anthropic's API counts, passed on as it is: neither cache is among the input tokens.
    **{name: value for name, value in OTEL.items() if not name.startswith("gen_ai.usage.")},
    "gen_ai.usage.input_tokens": 400,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cache_read_input_tokens": 800,
    "gen_ai.usage.cache_creation_input_tokens": 0,
    "gen_ai.usage.reasoning_tokens": 20,
}

DIALECTS: dict[str, tuple[Attributes, Events]] = {
    "otel": (OTEL, []),
    "otel_legacy": (OTEL_LEGACY, OTEL_LEGACY_EVENTS),
    "openinference": (OPENINFERENCE, []),
    "phoenix_anthropic": (PHOENIX_ANTHROPIC, []),
    "openllmetry": (OPENLLMETRY, []),
    "openlit": (OPENLIT, OPENLIT_EVENTS),
    "langfuse": (LANGFUSE, []),
    "mlflow": (MLFLOW, []),
    "vllm": (VLLM, []),
    "litellm": (LITELLM, []),
    "vercel_ai": (VERCEL, []),
    "anthropic_raw": (ANTHROPIC_RAW, []),
}
SILENT: dict[str, set[str]] = {
    "otel": set(),
    "otel_legacy": {"cache_read_tokens", "reasoning_tokens", "ttft_s", "conversation_id"},
    "openinference": {"ttft_s"},
    "phoenix_anthropic": {"ttft_s"},
    "openllmetry": {"ttft_s"},
    "openlit": {"conversation_id"},
    "langfuse": set(),
    "mlflow": {"reasoning_tokens", "ttft_s"},
    "vllm": {"provider", "prompt", "completion", "cache_read_tokens", "reasoning_tokens", "conversation_id",
             "finish_reason"},
    "litellm": {"cache_read_tokens", "reasoning_tokens", "ttft_s", "conversation_id"},
    "vercel_ai": set(),
    "anthropic_raw": set(),
}  # fmt: skip
"""Fields that a dialect does not tell."""
