"""What a conversation of an entity usually costs: mean and variance of the logarithm over those that have ended."""

from __future__ import annotations

import math

DEAR = 8.0
LEAST_ENDED = 30
MEMORY = 0.01
"""Share of what is usual that the latest conversation decides, once there are enough."""
DEVIATIONS = 1.645
"""Of the logarithm: ninety-five in a hundred cost less."""
MOST_ENTITIES = 2_000


class Usual:
    """Per entity: mean, variance and number of ln(cost)."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[float, float, int]] = {}

    def learn(self, entity: str, cost: float) -> None:
        """Take note of a conversation that ended; one that cost nothing teaches nothing."""
        if cost <= 0 or (entity not in self.known and len(self.known) >= MOST_ENTITIES):
            return
        mean, variance, n = self.known.get(entity, (0.0, 0.0, 0))
        rate = max(MEMORY, 1.0 / (n + 1))
        apart = math.log(cost) - mean
        self.known[entity] = (mean + rate * apart, (1 - rate) * (variance + rate * apart * apart), n + 1)

    def limit(self, entity: str) -> float:
        """USD beyond which a conversation runs away; inf = too few have ended."""
        mean, variance, n = self.known.get(entity, (0.0, 0.0, 0))
        return DEAR * math.exp(mean + DEVIATIONS * math.sqrt(variance)) if n >= LEAST_ENDED else math.inf
