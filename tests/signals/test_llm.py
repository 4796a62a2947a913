"""LLM calls as series, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.signals.emitted import key
from aiops.signals.llm import LlmSignal
from aiops.signals.prices import cost
from aiops.types import LlmCall

MODEL = {"service_name": "assistant", "model": "gpt-4o"}


def call(**fields: Any) -> LlmCall:
    base: dict[str, Any] = {
        "timestamp": 0.0, "entity": "assistant", "model": "gpt-4o", "provider": "openai",
        "input_tokens": 1000, "output_tokens": 100, "duration_s": 2.0, "finish_reason": "stop",
    }  # fmt: skip
    return LlmCall(**{**base, **fields})


def values(*calls: LlmCall, **labels: str) -> dict[str, float]:
    emitted = LlmSignal(15.0).close(0.0, calls)
    return {metric: value for (metric, pairs), value in emitted.values.items() if labels.items() <= dict(pairs).items()}


def test_a_call_is_counted_with_tokens_and_cost() -> None:
    found = values(call(), call())
    assert found["llm_calls"] == 2
    assert (found["llm_tokens_input"], found["llm_tokens_output"]) == (2000, 200)
    assert found["llm_cost_usd"] == pytest.approx(2 * (1000 * 2.5 + 100 * 10) / 1e6)
    assert found["llm_unpriced_calls"] == 0


def test_labels_are_entity_and_model() -> None:
    emitted = LlmSignal(15.0).close(0.0, [call()])
    assert emitted.values[key("llm_calls", MODEL)] == 1


def test_an_unknown_model_is_unpriced_and_not_free() -> None:
    found = values(call(model="house-llm", provider="vllm"))
    assert found["llm_unpriced_calls"] == 1
    assert cost(call(model="house-llm")) is None


def test_a_call_that_says_its_cost_needs_no_price() -> None:
    found = values(call(model="house-llm", provider="vllm", cost_usd=0.25))
    assert (found["llm_unpriced_calls"], found["llm_cost_usd"]) == (0, 0.25)


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_truncation_has_many_names(reason: str) -> None:
    assert values(call(finish_reason=reason))["llm_truncated"] == 1


def test_tools_and_errors_do_not_dilute_what_calls_look_like() -> None:
    tool = call(operation="execute_tool", tool="search", input_tokens=0, output_tokens=0, duration_s=99.0)
    found = values(call(), tool, call(error="rate_limit", input_tokens=0, output_tokens=0, duration_s=60.0))
    assert (found["llm_calls"], found["llm_tool_calls"], found["llm_errors"]) == (2, 1, 1)
    assert found["llm_duration_seconds_p95"] == 2.0
    assert found["llm_input_tokens_mean"] == 1000


@pytest.mark.parametrize(("feedback", "up", "down"), [(1, 1, 0), (-1, 0, 1), (0, 0, 1), (0.9, 1, 0), (None, 0, 0)])
def test_thumbs_go_up_or_down(feedback: float | None, up: int, down: int) -> None:
    found = values(call(feedback=feedback))
    assert (found["llm_feedback_up"], found["llm_feedback_down"]) == (up, down)


def test_time_to_first_token_is_left_out_where_it_is_not_said() -> None:
    assert "llm_ttft_seconds_p50" not in values(call())
    assert values(call(ttft_s=0.25))["llm_ttft_seconds_p50"] == 0.25
