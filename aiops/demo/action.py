"""`action: simulator`: what a runbook does to the simulated shop.

The daemon lends the shop to it; without one (a daemon that watches something real) it fails and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from aiops.config import Strict
from aiops.demo.clock import SimulatedClock
from aiops.demo.shop import Shop
from aiops.respond.effect import ActionContext, ActionOutcome


@dataclass(frozen=True, slots=True)
class Simulation:
    """A shop and the clock it lives by: what the demo lends to the source and to the action."""

    shop: Shop
    clock: SimulatedClock


class SimulatorAction:
    """Acts on the shop. Doing it twice is doing it once: what is mended stays mended."""

    class Config(Strict):
        do: Literal["kill_blocking_query", "drain_gpu", "rollback_model", "retrain", "restart"]
        target: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")

    def __init__(self, simulation: Simulation | None = None) -> None:
        self._simulation = simulation

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Do it; `ok` says that it was done, not that it helped: that is what `verify` finds out."""
        if self._simulation is None:
            return ActionOutcome("failed", "no simulated shop runs here")
        helped = self._simulation.shop.mitigate(config.do, config.target, self._simulation.clock())
        return ActionOutcome("ok", f"{config.do} on {config.target}", {"helped": helped})
