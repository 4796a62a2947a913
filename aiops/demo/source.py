"""The simulated shop as a source: hands out the steps that the clock has passed, as Kafka or Prometheus would.

Under a wall clock it runs in real time from the moment it is opened; the demo gives it a clock of its own and gets a
day in a minute. The records are bytes and go through the same decoding as anybody's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from aiops.demo import scenario
from aiops.ingest.source import PartitionStatus, SourceConfig, SourceContext, SourceStatus
from aiops.types import Records

MOST_STEPS = 60
"""Steps handed over by one poll."""


class SimulatorSource:
    """`type: simulator`.

    Parameters
    ----------
    name : of the source; also its only partition.
    config : which shop.
    ctx : its clock says how far the shop has come.
    """

    class Config(SourceConfig):
        seed: int = Field(0, ge=0)
        start: float | None = None
        """Event time of the first step; absent = when it is opened."""
        midnight: float | None = None
        """The day whose failures are simulated; absent = the day of `start`."""

    kind: ClassVar[str] = "simulator"

    def __init__(self, name: str, config: Config, ctx: SourceContext) -> None:
        self._name, self._config, self._ctx = name, config, ctx
        first = config.start if config.start is not None else ctx.clock()
        midnight = config.midnight if config.midnight is not None else math.floor(first / 86_400.0) * 86_400.0
        self.shop = scenario.shop(config.seed, midnight)
        self._next = math.ceil(first / ctx.step_seconds) * ctx.step_seconds
        self._handed = 0
        self._leave = threading.Event()
        self._status = SourceStatus()

    def open(self, positions: Mapping[str, Any]) -> None:
        """Go on after the step last committed."""
        position = positions.get(self._name)
        if isinstance(position, Mapping):
            self._next, self._handed = float(position["next"]), int(position["handed"])
        self._leave.clear()

    def poll(self, timeout: float) -> list[Records]:
        """The steps that are over by the clock; waits only if there is none."""
        step = self._ctx.step_seconds
        due = min(MOST_STEPS, math.floor((self._ctx.clock() - self._next) / step + 1e-9))
        if due < 1:
            self._tell(at_end=True)
            self._leave.wait(timeout)
            return []
        end = self._next + due * step
        bodies = [body for _, records in self.shop.steps(self._next, end, step) for body in records]
        position = {"next": end, "handed": self._handed + len(bodies)}
        batch = Records.many(self._name, bodies, position, "agent_json", self._handed)
        self._next, self._handed = end, self._handed + len(bodies)
        self._tell(at_end=due < MOST_STEPS)
        return [batch]

    def _tell(self, at_end: bool) -> None:
        partitions = {self._name: PartitionStatus(lag=0 if at_end else 1, at_end=at_end)}
        self._status = SourceStatus(ready=True, healthy=True, partitions=partitions)

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Nobody else reads this shop: there is nothing to trim."""

    def status(self) -> SourceStatus:
        return self._status

    def check(self) -> list[str]:
        """A simulation is always there."""
        return []

    def close(self) -> None:
        """Wake a poll that waits."""
        self._leave.set()
