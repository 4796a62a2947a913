"""LLM calls as series: calls, errors, tokens, cost, truncation, tools, feedback, latency, lengths.

A call without a price is counted as unpriced, never as free. Tool executions (`execute_tool`) count as
tool calls, not as LLM calls: they have no tokens and would dilute every mean. Retrievals, embeddings and
agent invocations are calls of their own model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.prices import PriceBook, book
from aiops.signals.quantile import RecentQuantiles
from aiops.signals.recent import Recent
from aiops.types import Edge, LlmCall

TOOL_OPERATIONS = frozenset({"execute_tool", "tool"})
TRUNCATED = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
SERVED_HERE = frozenset({"vllm", "tgi", "sglang", "ollama", "llama.cpp", "triton", "litellm", "local"})
"""Programs that somebody runs himself: as a provider's name they say what serves, not who."""
Name = tuple[str, ...]


class LlmSignal:
    """Series of one partition's LLM calls, per (entity, model) and host.

    Parameters
    ----------
    step_seconds : length of a step.
    prices : what models cost; the shipped ones by default.
    """

    def __init__(self, step_seconds: float = 15.0, prices: PriceBook | None = None) -> None:
        self._prices = prices or book()
        self._recent = Recent()
        self._quantiles = RecentQuantiles(step_seconds)

    def close(self, step: float, events: Sequence[LlmCall]) -> Emitted:
        """Count the step's calls."""
        counts: dict[Key, float] = defaultdict(float)
        seconds: dict[Name, list[float]] = defaultdict(list)
        tokens: dict[Key, list[int]] = defaultdict(list)
        edges: set[Edge] = set()
        for call in events:
            where = {"service_name": call.entity, "model": call.model, "host_name": call.host}
            for metric, amount in _amounts(call, self._prices).items():
                counts[key(metric, where)] += amount
            if call.provider and call.provider.lower() not in SERVED_HERE and call.operation not in TOOL_OPERATIONS:
                edges.add(Edge(call.entity, call.provider, "calls"))
                between = {"service_name": call.entity, "peer": call.provider}
                counts[key("llm_provider_calls", between)] += 1
                counts[key("llm_provider_errors", between)] += bool(call.error)
            if call.operation in TOOL_OPERATIONS or call.error:
                continue
            name = (call.entity, call.model, call.host)
            if call.duration_s > 0:
                seconds["llm_duration_seconds", *name].append(call.duration_s)
            if call.ttft_s is not None and call.ttft_s >= 0:
                seconds["llm_ttft_seconds", *name].append(call.ttft_s)
            if call.input_tokens > 0:
                tokens[key("llm_input_tokens_mean", where)].append(call.input_tokens)
            if call.output_tokens > 0:
                tokens[key("llm_output_tokens_mean", where)].append(call.output_tokens)
        values = self._recent.fill(step, counts)
        for (metric, entity, model, host), (half, most) in self._quantiles.close(step, seconds, (0.5, 0.95)):
            where = {"service_name": entity, "model": model, "host_name": host}
            values[key(f"{metric}_p50", where)] = half
            values[key(f"{metric}_p95", where)] = most
        values.update({name: sum(lengths) / len(lengths) for name, lengths in tokens.items()})
        return Emitted(values=values, edges=sorted(edges, key=lambda edge: (edge.source, edge.target)))

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts."""
        return {"recent": self._recent.snapshot(), "quantiles": self._quantiles.snapshot()}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken."""
        self._recent.restore(parts["recent"])
        self._quantiles.restore(parts["quantiles"])


def _amounts(call: LlmCall, prices: PriceBook) -> dict[str, float]:
    """What one call adds to the counts of the step; zeros are said, so that silence becomes visible."""
    if call.operation in TOOL_OPERATIONS:
        return {"llm_tool_calls": 1, "llm_tool_errors": bool(call.error)}
    dollars = prices.cost(call)
    # Thumbs are -1 and 1, or 0 and 1, or a share: one half parts them all.
    liked = None if call.feedback is None else call.feedback >= 0.5
    return {
        "llm_calls": 1,
        "llm_errors": bool(call.error),
        "llm_tokens_input": max(call.input_tokens, 0),
        "llm_tokens_output": max(call.output_tokens, 0),
        "llm_cost_usd": dollars or 0.0,
        "llm_unpriced_calls": dollars is None,
        "llm_truncated": call.finish_reason.lower() in TRUNCATED,
        "llm_tool_calls": bool(call.tool),
        "llm_feedback_up": liked is True,
        "llm_feedback_down": liked is False,
    }
