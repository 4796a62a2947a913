"""One day of the simulated shop: three failures, and changes that hurt nobody.

The day begins at midnight of a fixed date, so that a run is a function of its seed. What a good answer would be
stands in `score`.
"""

from __future__ import annotations

import numpy as np

from aiops.demo.fault import Fault
from aiops.demo.shop import Shop
from aiops.types import Change

MIDNIGHT = 1_780_444_800.0
"""Wednesday, 3 June 2026, 00:00 UTC."""
HOUR = 3_600.0
LONGEST = {"database_slow": 1.5 * HOUR, "model_drift": 3.0 * HOUR, "gpu_throttle": 1.5 * HOUR}
STARTS = {"database_slow": 9.0, "model_drift": 13.0, "gpu_throttle": 19.0}


def shop(seed: int, midnight: float = MIDNIGHT) -> Shop:
    """The shop with its day before it."""
    return Shop(seed, faults(seed, midnight), changes(midnight))


def faults(seed: int, midnight: float = MIDNIGHT) -> list[Fault]:
    """What goes wrong; the seed moves each start by up to three quarters of an hour."""
    moved = np.random.default_rng((seed, 4)).uniform(-0.75, 0.75, len(STARTS)) * HOUR
    planned = zip(STARTS.items(), moved.tolist(), strict=True)
    starts = {name: float(round(midnight + hour * HOUR + shift)) for (name, hour), shift in planned}
    return [Fault(name, start, start + LONGEST[name]) for name, start in starts.items()]


def changes(midnight: float = MIDNIGHT) -> list[Change]:
    """What was altered that day; none of it does harm."""
    altered = (
        (7.4, "deploy", "basket-2.7.1", "basket", "basket 2.7.1: smaller images"),
        (11.5, "config", "search-log-level", "help-search", "log level info"),
        (16.2, "deploy", "product-5.12.0", "product", "product 5.12.0: new shelf order"),
    )
    return [
        Change(midnight + hour * HOUR, kind=kind, id=identity, entity=entity, summary=summary, author="ci")
        for hour, kind, identity, entity, summary in altered
    ]
