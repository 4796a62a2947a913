"""When the weekly summary is due, on the daemon's clock; durable with the commit that holds the summary itself."""

from __future__ import annotations

import math

from aiops.config import Config
from aiops.detect.budget import WEEK_SECONDS
from aiops.respond.weekly import DEAF

STORED = "week"
"""Name in the store of the time at which the present week began."""


class Weekly:
    """The week under way.

    Parameters
    ----------
    stored : from the store; None = the agent begins to live.
    now : the daemon's clock.
    """

    def __init__(self, config: Config, stored: bytes | None, now: float) -> None:
        self.began = now if stored is None else float(stored)
        name = config.route.receiver
        told = config.budget.weekly_summary and str(config.receivers.get(name, {}).get("type")) not in DEAF
        self.receiver = name if told else ""

    def snapshot(self) -> bytes:
        return f"{self.began!r}".encode()

    def due(self, now: float) -> bool:
        """Whether a week is over, once; of several that passed while nobody ran, the last one is told of."""
        if now - self.began < WEEK_SECONDS:
            return False
        self.began += WEEK_SECONDS * math.floor((now - self.began) / WEEK_SECONDS)
        return bool(self.receiver)
