"""What an LLM call costs, from a dated price file.

A model that the file does not know has no price: None, which is counted as `unpriced`, never as 0. So has
every model that runs on the user's own machines. The file is a snapshot (`prices.json` says of when and
from where); a newer one in the same form can be given.
"""

from __future__ import annotations

import functools
import json
import math
import re
from dataclasses import dataclass
from importlib import resources

from aiops.types import LlmCall

# Other names under which a vendor's models are sold at the vendor's price.
_VENDORS = {
    "azure": ("openai",), "azure.ai.openai": ("openai",), "azure_openai": ("openai",),
    "az.ai.openai": ("openai",), "azure.ai.inference": ("openai", "mistral", "cohere", "deepseek", "x-ai"),
    "az.ai.inference": ("openai", "mistral", "cohere", "deepseek", "x-ai"),
    "aws.bedrock": ("anthropic", "cohere", "mistral"), "aws_bedrock": ("anthropic", "cohere", "mistral"),
    "bedrock": ("anthropic", "cohere", "mistral"),
    "gcp.gemini": ("google",), "gcp.vertex_ai": ("google", "anthropic", "mistral"),
    "gcp.gen_ai": ("google",), "gemini": ("google",), "vertex_ai": ("google", "anthropic", "mistral"),
    "mistral_ai": ("mistral",), "mistralai": ("mistral",), "moonshot": ("moonshotai",), "xai": ("x-ai",),
    "x_ai": ("x-ai",), "together_ai": ("together",), "litellm": (), "openrouter": (), "": (),
}  # fmt: skip
_FIRST_HAND = ("openai", "anthropic", "google", "mistral", "cohere", "deepseek", "moonshotai", "x-ai")
_DATED = re.compile(r"(?:[-@](?:20\d\d-\d\d-\d\d|20\d{6}|\d{4}|\d{3}|latest|v\d+(?::\d+)?))+$")
_PREFIX = re.compile(r"^(?:(?:us|eu|apac|global)\.)?(?:[a-z_-]+[/.])?(?=[a-z])")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of the standard tier; `cached` is None when the file does not say."""

    input: float
    output: float
    cached: float | None = None


@functools.cache
def _book() -> dict[str, dict[str, Price]]:
    text = resources.files("aiops.signals").joinpath("prices.json").read_text("utf-8")
    vendors = json.loads(text)["prices"]
    return {vendor: {model: Price(*map(float, row)) for model, row in rows.items()} for vendor, rows in vendors.items()}


def _spellings(model: str) -> list[str]:
    """The name as given, without its vendor's prefix, and each without a date."""
    plain = model.strip().lower()
    names = [plain, _PREFIX.sub("", plain, count=1)]
    return list(dict.fromkeys(names + [_DATED.sub("", name) for name in names]))


@functools.lru_cache(maxsize=4096)
def price(model: str, provider: str = "") -> Price | None:
    """The price of a model, None when it is not known.

    Parameters
    ----------
    model : as the call names it; a vendor prefix and a trailing date are allowed.
    provider : who served it (`gen_ai.provider.name`). Its own price comes first, then that of whoever makes
        the model (gateways often give the name of the client library); a provider that the file does not
        know (`vllm`, `ollama`) has no prices at all.

    >>> price("gpt-4o-2024-08-06", "openai")
    Price(input=2.5, output=10.0, cached=1.25)
    >>> price("qwen2.5-7b-instruct", "vllm") is None
    True
    """
    book, name = _book(), provider.strip().lower()
    if name not in book and name not in _VENDORS:
        return None
    for vendor in dict.fromkeys(_VENDORS.get(name, (name,)) + _FIRST_HAND):
        for spelling in _spellings(model):
            if (found := book[vendor].get(spelling)) is not None:
                return found
    return None


def cost(call: LlmCall) -> float | None:
    """USD of one call: what the call says itself, else by its tokens; None when it has no price.

    A recorded cost of 0 for a call that used tokens is a price that somebody did not know, unless ours
    says so too: the most expensive silence in this field.
    """
    if call.cost_usd is not None and math.isfinite(call.cost_usd) and call.cost_usd > 0:
        return call.cost_usd
    known = price(call.model, call.provider)
    if known is None:
        return None
    return (max(call.input_tokens, 0) * known.input + max(call.output_tokens, 0) * known.output) / 1e6
