"""Tokens and cost of a call: one meaning for what the dialects count in different ways.

`input_tokens` is the whole prompt, what came from a cache and what was written to one included, as OpenTelemetry and
OpenInference have it; some libraries pass on what Anthropic's API says, which leaves both out. Which of the two it is
follows from the numbers themselves: the total where one is told, or a part that is larger than its whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from aiops.decode.gen_ai.read import Attributes, finite, mapping, number, structure, whole

INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
         "ai.usage.inputTokens", "ai.usage.promptTokens")  # fmt: skip
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
          "llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens")  # fmt: skip
TOTAL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens")
CACHE_READ = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
              "llm.token_count.prompt_details.cache_read", "llm.usage.cache_read_input_tokens",
              "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.prompt_tokens_details.cache_read",
              "gen_ai.usage.prompt_tokens_details.cached_tokens", "gen_ai.usage.input_tokens.cached",
              "ai.usage.cachedInputTokens")  # fmt: skip
CACHE_WRITE = ("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
               "gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write",
               "llm.usage.cache_creation_input_tokens", "gen_ai.usage.details.cache_write_tokens",
               "gen_ai.usage.prompt_tokens_details.cache_write", "gen_ai.usage.input_tokens.cache_write")  # fmt: skip
REASONING = ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens",
             "llm.token_count.completion_details.reasoning", "gen_ai.usage.details.reasoning_tokens",
             "gen_ai.usage.completion_tokens_details.reasoning", "ai.usage.reasoningTokens")  # fmt: skip
DETAILS = ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage")
NAMED_INPUT, NAMED_OUTPUT = ("input", "input_tokens", "prompt_tokens"), ("output", "output_tokens", "completion_tokens")
NAMED_TOTAL = ("total", "total_tokens")
NAMED_READ = ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read", "cached_tokens",
              "cached_input_tokens", "prompt_tokens_details.cached_tokens")  # fmt: skip
NAMED_WRITE = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write", "cache_write_input_tokens")
NAMED_REASONING = ("output_reasoning_tokens", "reasoning_tokens", "output_reasoning",
                   "completion_tokens_details.reasoning_tokens")  # fmt: skip
COST = ("gen_ai.usage.cost", "gen_ai.usage.cost.amount", "llm.cost.total", "gen_ai.cost.total_cost",
        "litellm.cost.total", "gen_ai.usage.total_cost", "operation.cost")  # fmt: skip
COST_DETAILS = ("langfuse.observation.cost_details", "mlflow.llm.cost")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; both caches are part of `input`, `reasoning` is part of `output`: -1 = not told."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


def usage(told: Attributes) -> Usage:
    """Tokens of a call, from plain attributes or from a map of them."""
    details = _flat(mapping(told, DETAILS))
    read = _count(told, CACHE_READ, details, NAMED_READ) or 0
    write = _count(told, CACHE_WRITE, details, NAMED_WRITE) or 0
    prompt = _count(told, INPUT, details, NAMED_INPUT) or 0
    reasoning = _count(told, REASONING, details, NAMED_REASONING) or 0
    total = _count(told, TOTAL, details, NAMED_TOTAL)
    output = _count(told, OUTPUT, details, NAMED_OUTPUT)
    if output is None:
        # Of a total and one half the other follows, unless what a cache held may be the difference.
        output = max(total - prompt, -1) if total is not None and prompt and not read + write else -1
    # Langfuse's keys each count what no other counts, unless the total says otherwise.
    if "input" in details and number(told, INPUT) is None and total != prompt + output:
        prompt, output = prompt + read + write, output + reasoning if output >= 0 else reasoning or -1
    elif _left_out(prompt, max(output, 0), read + write, total):
        prompt += read + write
    return Usage(prompt, output, read, write, reasoning)


def _left_out(prompt: int, output: int, cached: int, total: int | None) -> bool:
    """Whether the cached tokens are not among those of the prompt."""
    if cached == 0:
        return False
    return prompt < cached or total == prompt + cached + output


def _flat(details: Attributes) -> dict[str, float]:
    """Numbers of a map, those of a map inside it under `outer.inner`."""
    found: dict[str, float] = {}
    for name, value in details.items():
        inside = {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
        found.update({key: read for key, one in inside.items() if (read := finite(one)) is not None})
    return found


def _count(told: Attributes, names: tuple[str, ...], details: dict[str, float], keys: tuple[str, ...]) -> int | None:
    value = number(told, names)
    if value is None:
        value = next((details[key] for key in keys if key in details), None)
    return whole(value)


def cost(told: Attributes) -> float | None:
    """USD of a call as the span says it; None = it does not."""
    value = number(told, COST)
    if value is not None:
        return value
    details = mapping(told, COST_DETAILS)
    value = number(details, ("total", "total_cost"))
    if value is None and details:
        value = math.fsum(part for name in sorted(details) if (part := finite(details[name])) is not None)
    if value is None and isinstance(hidden := structure(told.get("hidden_params")), dict):
        value = finite(hidden.get("response_cost"))
    return value
