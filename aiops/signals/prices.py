"""What an LLM call costs, from a dated price file and the user's own prices.

A model that neither knows has no price: None, which is counted as `unpriced`, never as 0. So has every model that runs
on the user's own machines, unless the user says what it costs, every service tier whose price the file does not say,
and every call that does not tell its tokens. The file is a snapshot (`prices.json` says of when and from where); what
the user states comes first.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

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
_STANDARD = frozenset(("", "default", "auto", "standard", "standard_only", "on_demand"))
KEPT_LOOKUPS = 4096
MOST_USD = 1e6
"""What a call says that it cost beyond is no cost."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; None = the file does not say, and the price of input holds."""

    input: float
    output: float
    cached: float | None = None
    """What the provider's cache held."""
    written: float | None = None
    """What its cache took up."""
    above: tuple[tuple[float, Price], ...] = ()
    """(tokens, price) ascending: what holds for a call whose prompt is longer than that."""
    service: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)
    """Service tier -> share of the standard price."""

    def of(self, call: LlmCall) -> float | None:
        """USD of a call's tokens, None = the price of its service tier is not known."""
        share = 1.0 if call.tier.lower() in _STANDARD else self.service.get(call.tier.lower())
        if share is None:
            return None
        prompt = max(call.input_tokens, 0)
        held = next((price for limit, price in reversed(self.above) if prompt > limit), self)
        read = min(max(call.cache_read_tokens, 0), prompt)
        written = min(max(call.cache_write_tokens, 0), prompt - read)
        dollars = (prompt - read - written) * held.input + max(call.output_tokens, 0) * held.output
        dollars += read * _or(held.cached, held.input) + written * _or(held.written, held.input)
        return share * dollars / 1e6


def _or(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price


class PriceBook:
    """Prices by vendor and model.

    Parameters
    ----------
    vendors : vendor -> model -> price; names in lower case.
    stated : the user's own, by `model` or `provider/model`; they win, for any provider.
    """

    def __init__(self, vendors: Mapping[str, Mapping[str, Price]], stated: Mapping[str, Price] | None = None) -> None:
        self._vendors = vendors
        self._stated = {name.strip().lower(): price for name, price in (stated or {}).items()}
        self._known: dict[tuple[str, str], Price | None] = {}

    def price(self, model: str, provider: str = "") -> Price | None:
        """The price of a model, None when it is not known; see `price`."""
        asked = (model, provider)
        if asked not in self._known:
            if len(self._known) >= KEPT_LOOKUPS:
                self._known.clear()
            self._known[asked] = self._find(model, provider.strip().lower())
        return self._known[asked]

    def _find(self, model: str, provider: str) -> Price | None:
        spellings = _spellings(model)
        for spelling in spellings if self._stated else ():
            if (found := self._stated.get(f"{provider}/{spelling}") or self._stated.get(spelling)) is not None:
                return found
        if provider not in self._vendors and provider not in _VENDORS:
            return None
        for vendor in dict.fromkeys(_VENDORS.get(provider, (provider,)) + _FIRST_HAND):
            for spelling in spellings:
                if (found := self._vendors[vendor].get(spelling)) is not None:
                    return found
        return None

    def computed(self, call: LlmCall) -> float | None:
        """USD of one call by its tokens; None when it has no price, or does not tell its tokens."""
        known = self.price(call.model, call.provider)
        return None if known is None or not metered(call) else known.of(call)

    def cost(self, call: LlmCall) -> float | None:
        """USD of one call: what the call says itself, else by its tokens; None when it has no price.

        A recorded cost of 0 for a call that used tokens is a price that somebody did not know, unless ours
        says so too: the most expensive silence in this field.
        """
        return told(call) or self.computed(call)


def metered(call: LlmCall) -> bool:
    """Whether a call tells its tokens: below 0 is not known, and no answer came of no tokens at all.

    Only a call that failed may have used none.
    """
    least, most = sorted((call.input_tokens, call.output_tokens))
    return least >= 0 and (most > 0 or bool(call.error))


def told(call: LlmCall) -> float | None:
    """USD that the call itself says it cost, None = it does not, or says what cannot be."""
    said = call.cost_usd
    return said if said is not None and 0 < said <= MOST_USD else None


def undated(model: str) -> str:
    """The name of a model without the date or version that a provider appends.

    >>> undated("gpt-4o-mini-2024-07-18"), undated("claude-sonnet-4")
    ('gpt-4o-mini', 'claude-sonnet-4')
    """
    return _DATED.sub("", model)


def _spellings(model: str) -> list[str]:
    """The name as given, without its gateway's and its vendor's prefix, and each without a date."""
    plain = model.strip().lower()
    vendors = _PREFIX.sub("", plain, count=1)
    names = [plain, vendors, _PREFIX.sub("", vendors, count=1)]
    return list(dict.fromkeys(names + [undated(name) for name in names]))


def _price(row: Sequence[Any], service: Mapping[str, float]) -> Price:
    """A row of the file: up to four prices, then one row a tier, its limit first."""
    plain = [one for one in row if not isinstance(one, list)]
    above = tuple((float(one[0]), _price(one[1:], service)) for one in row if isinstance(one, list))
    values = [None if one is None else float(one) for one in plain]
    cached, written = (*values[2:], None, None)[:2]
    return Price(values[0] or 0.0, values[1] or 0.0, cached, written, above, service)


@functools.cache
def shipped() -> Mapping[str, Mapping[str, Price]]:
    """Vendor -> model -> price, of the file that comes with the agent."""
    read = json.loads(resources.files("aiops.signals").joinpath("prices.json").read_text("utf-8"))
    service = read["service"]
    return {
        vendor: {model: _price(row, service.get(vendor, {})) for model, row in rows.items()}
        for vendor, rows in read["prices"].items()
    }


@functools.cache
def book() -> PriceBook:
    """The shipped prices alone."""
    return PriceBook(shipped())


def price(model: str, provider: str = "") -> Price | None:
    """The shipped price of a model, None when it is not known.

    Parameters
    ----------
    model : as the call names it; a vendor prefix and a trailing date are allowed.
    provider : who served it (`gen_ai.provider.name`). Its own price comes first, then that of whoever makes
        the model (gateways often give the name of the client library); a provider that the file does not
        know (`vllm`, `ollama`) has no prices at all.

    >>> price("gpt-4o-2024-08-06", "openai")
    Price(input=2.5, output=10.0, cached=1.25, written=None, above=())
    >>> price("qwen2.5-7b-instruct", "vllm") is None
    True
    """
    return book().price(model, provider)


def cost(call: LlmCall) -> float | None:
    """USD of one call at the shipped prices; see `PriceBook.cost`."""
    return book().cost(call)
