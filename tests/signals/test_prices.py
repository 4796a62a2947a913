"""What a call costs: the shipped prices, long prompts, caches, service tiers, and what the user states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from aiops.config import load
from aiops.daemon.assemble import prices_of
from aiops.signals.prices import Price, PriceBook, cost, price, shipped
from aiops.types import LlmCall


def call(**fields: Any) -> LlmCall:
    base: dict[str, Any] = {
        "timestamp": 0.0, "entity": "assistant", "model": "gpt-4o", "provider": "openai",
        "input_tokens": 1000, "output_tokens": 100,
    }  # fmt: skip
    return LlmCall(**{**base, **fields})


@pytest.mark.parametrize("said", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_cost_that_cannot_be_is_asked_of_the_price_file(said: float) -> None:
    assert cost(call(cost_usd=said)) == cost(call())
    assert cost(call(cost_usd=said, model="house-llm", provider="vllm")) is None


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o", "openai"), ("gpt-4o-2024-11-20", ""), ("openai/gpt-4o-mini", ""), ("GPT-4o", "azure.ai.openai"),
        ("claude-3-5-sonnet-20241022", "openai"), ("anthropic.claude-3-haiku-20240307-v1:0", "aws.bedrock"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "aws.bedrock"), ("gemini-2.0-flash-001", "gcp.gemini"),
        ("bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0", ""), ("openrouter/openai/gpt-4o", "openrouter"),
        ("mistral-large-latest", "mistral_ai"), ("deepseek-chat", "deepseek"), ("command-r-plus", "cohere"),
    ],
)  # fmt: skip
def test_prices_are_found_under_the_names_that_calls_use(model: str, provider: str) -> None:
    found = price(model, provider)
    assert found is not None
    assert 0 < found.input <= found.output


@pytest.mark.parametrize(
    ("model", "provider"),
    [("", ""), ("gpt-99-ultra", ""), ("claude-nonesuch-20990101", "anthropic"), ("acme-7b-internal", "openai"),
     ("gpt-4o", "vllm"), ("qwen2.5-7b-instruct", "vllm"), ("qwen2.5-7b-instruct", ""), ("gpt", "openai")],
)  # fmt: skip
def test_what_is_not_sold_under_a_known_price_has_none(model: str, provider: str) -> None:
    assert price(model, provider) is None


@pytest.mark.parametrize(("read", "written"), [(0, 0), (-1, 100), (1000, -1), (-1, -1)])
def test_a_call_that_does_not_tell_its_tokens_costs_an_unknown_sum_and_never_0(read: int, written: int) -> None:
    silent = call(input_tokens=read, output_tokens=written)
    assert cost(silent) is None
    assert cost(msgspec.structs.replace(silent, cost_usd=0.25)) == 0.25


def test_a_call_that_failed_before_any_token_was_used_costs_nothing() -> None:
    assert cost(call(input_tokens=0, output_tokens=0, error="rate_limit")) == 0
    assert cost(call(input_tokens=-1, output_tokens=-1, error="timeout")) is None, "a timeout may be billed"


def test_twice_the_tokens_cost_twice_as_much() -> None:
    one = cost(call(input_tokens=500, output_tokens=50))
    assert one is not None
    assert cost(call()) == pytest.approx(2 * one)


@pytest.mark.parametrize(("prompt", "dollars"), [(200_000, 0.6 + 0.015), (200_001, 1.200006 + 0.0225)])
def test_a_long_prompt_is_paid_by_its_own_tier(prompt: int, dollars: float) -> None:
    long = call(model="claude-sonnet-4-5", provider="anthropic", input_tokens=prompt, output_tokens=1000)
    assert cost(long) == pytest.approx(dollars)


def test_what_a_cache_held_is_cheaper_and_what_it_took_up_is_dearer() -> None:
    sonnet: dict[str, Any] = {"model": "claude-sonnet-4-5", "provider": "anthropic", "output_tokens": 0}
    assert cost(call(**sonnet)) == pytest.approx(0.003)
    assert cost(call(**sonnet, cache_read_tokens=1000)) == pytest.approx(0.0003)
    assert cost(call(**sonnet, cache_write_tokens=1000)) == pytest.approx(0.00375)
    assert cost(call(**sonnet, cache_read_tokens=600, cache_write_tokens=600)) == pytest.approx(0.00168)


def test_a_batch_costs_half_and_an_unknown_tier_has_no_price() -> None:
    plain = cost(call())
    assert plain is not None
    assert cost(call(tier="batch")) == pytest.approx(plain / 2)
    assert cost(call(tier="default")) == plain
    assert cost(call(tier="priority")) is None


def test_a_price_that_is_stated_wins_for_any_provider() -> None:
    prices = PriceBook(shipped(), {"House-LLM": Price(1.0, 2.0), "openai/gpt-4o": Price(5.0, 20.0)})
    assert prices.cost(call(model="house-llm", provider="vllm")) == pytest.approx(0.0012)
    assert prices.cost(call()) == pytest.approx(0.007)
    assert prices.cost(call(provider="azure")) == cost(call())


def test_the_configuration_states_prices(tmp_path: Path) -> None:
    file = tmp_path / "aiops.yaml"
    file.write_text(
        "prices:\n"
        "  house-llm: {input: 1, output: 2, cache_read: 0.1, batch: 0.5,"
        " long: {above: 5000, input: 2, output: 4, cache_read: 0.2}}\n"
    )
    prices = prices_of(load(file))
    house: dict[str, Any] = {"model": "house-llm", "provider": "vllm"}
    assert prices.cost(call(**house, cache_read_tokens=1000)) == pytest.approx(0.0003)
    assert prices.cost(call(**house, tier="batch")) == pytest.approx(0.0006)
    assert prices.cost(call(**house, input_tokens=6000)) == pytest.approx(0.0124)
    assert prices.cost(call(model="other", provider="vllm")) is None


def test_no_shipped_price_is_free() -> None:
    rows = [price for models in shipped().values() for price in models.values()]
    assert all(row.input + row.output > 0 for row in rows)
    assert all(longer.input >= row.input for row in rows for _, longer in row.above)
