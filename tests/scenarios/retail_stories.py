"""What happened at the retailer, each as an engineer would tell it afterwards."""

from __future__ import annotations

from tests.scenarios import webhook
from tests.scenarios.retailer import ASSISTANT, FEED, MODEL, PROVIDER, SEARCH, SHOP, TROUBLE
from tests.scenarios.trouble import Altered, Effect, Expected, Line, Scenario

HARMLESS = (Altered(-8.0, "deploy", "4117", SHOP, "Show the summer banner", after="5be07d1"),)

NEW_FEED = Altered(-0.5, "deploy", "4121", FEED, "Embed items in batches of a hundred", after="9d41c7e")
LOST_EMBEDDINGS = Scenario(
    "the new catalogue feed asks for an embedding model that is gone and writes items without; product search drifts",
    effects=(Effect(FEED, "stalled", 1_320.0, over=22.0), Effect(MODEL, "missing", 0.6, at=1.0, over=3.0)),
    changes=(*HARMLESS, NEW_FEED),
    lines=(Line(FEED, "ERROR", "embedding of item {} failed: model text-embed-2 not found, written without", each=5),),
    pages=(
        Expected(
            frozenset({FEED}), change=webhook.identity(NEW_FEED, TROUBLE - 30.0), worlds=frozenset({"model"}),
            never=frozenset({MODEL, SEARCH, SHOP}), says=(r"embedding",),
        ),
    ),
    minutes=20.0,
)  # fmt: skip

NEW_PROMPT = Altered(-0.5, "prompt", "", ASSISTANT, "", before="12", after="13")
DEAR_PROMPT = Scenario(
    "prompt 13 goes live at 14:02 and sends a whole page of the catalogue along: turns cost three times as much",
    effects=(Effect(ASSISTANT, "tokens", 4.4, over=0.25),),
    changes=(*HARMLESS, NEW_PROMPT),
    pages=(
        Expected(
            frozenset({ASSISTANT}), change=webhook.identity(NEW_PROMPT, TROUBLE - 30.0), worlds=frozenset({"llm"}),
            never=frozenset({PROVIDER, "openai", SHOP}), says=(r"cost|tokens",),
        ),
    ),
)  # fmt: skip

INJECTION_WAVE = Scenario(
    "somebody published a way to make shop assistants talk, and every sixth question tries it",
    effects=(Effect(ASSISTANT, "attacks", 0.17, over=1.0),),
    changes=HARMLESS,
    pages=(
        Expected(
            frozenset({ASSISTANT}),
            worlds=frozenset({"llm"}),
            never=frozenset({PROVIDER, "openai", SHOP}),
            says=(r"(?i)inject",),
        ),
    ),
)
