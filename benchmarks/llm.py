"""Text signals of LLM calls in memory: short calls, and answers as long as those of a chat, per core-second.

The calls are made here, by the phrase grammar of the injection model. Nobody else's figure stands beside: the guards
that one could install score a prompt with a transformer, at tens of milliseconds a call.

    python -m benchmarks.llm
"""

from __future__ import annotations

import random
import time
from statistics import median

from aiops.signals.content import features
from aiops.types import LlmCall
from benchmarks.injection_phrases import attacks, honest

CALLS, ROUNDS = 20_000, 3
ANSWERS = ("Sure. It is the second door on the left.",
           "I'm sorry, but I can't help with that.", "Done: 14 rows changed.",
           "The sum is 42.", "Please write to ann@example.org.", "Es ist kurz nach neun Uhr.")  # fmt: skip
LONG = " It was a quiet morning, and the people of the town went to the market to buy bread, cheese and apples." * 5


def calls(tail: str = "") -> list[LlmCall]:
    """Calls in a fixed order, one in ten of them an attack."""
    rng = random.Random(7)
    asked = [text for _, text in honest(400, 1)] * 9
    asked = [text for text in asked if len(text) < 200] + [text for _, text in attacks(100, 2) if len(text) < 200]
    return [
        LlmCall(
            timestamp=0.0,
            entity="assistant",
            model="m",
            prompt=rng.choice(asked),
            completion=rng.choice(ANSWERS) + tail,
        )
        for _ in range(CALLS)
    ]


def measure() -> dict[str, float]:
    """Calls a core-second, the median of some rounds."""
    return {"llm_short_per_core_second": _speed(calls()), "llm_long_per_core_second": _speed(calls(LONG))}


def _speed(made: list[LlmCall]) -> float:
    features(made[:100])
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for first in range(0, len(made), 2000):
            features(made[first : first + 2000])
        spent.append(time.process_time() - begun)
    return len(made) / median(spent)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name} {value:,.0f}")
