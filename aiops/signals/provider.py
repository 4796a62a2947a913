"""Who a provider of language models is to those who call it: one name, whether a call tells it or its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SERVED_HERE = frozenset({"vllm", "tgi", "sglang", "ollama", "llama.cpp", "triton", "litellm", "local"})
"""Programs that somebody runs himself: as a provider's name they say what serves, not who."""
PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
_PARTS = re.compile(r"[._-]")


def somebody(provider: str) -> bool:
    """Whether a provider's name says who serves."""
    return bool(provider) and provider.lower() not in SERVED_HERE


def peer_of(attributes: Mapping[str, Any], address: str) -> str:
    """The provider a span's call went to, if the address is its own, else the address.

    Of an address elsewhere, as of a gateway or a machine of one's own that speaks a provider's language, the provider's
    name says nothing.

    >>> peer_of({"gen_ai.provider.name": "openai"}, "api.openai.com")
    'openai'
    >>> peer_of({"gen_ai.provider.name": "openai"}, "models.intern.example")
    'models.intern.example'
    """
    provider = next((str(attributes[name]) for name in PROVIDER if attributes.get(name)), "")
    if not somebody(provider):
        return address
    # The last label of an address is no name: `ai` is a part of many providers' and the end of many an address.
    labels = address.lower().split(".")[:-1]
    return provider if any(part in labels for part in _PARTS.split(provider.lower())) else address
