"""The simulated shop as a source: its past first, as a database would hand it over, then the steps as they end.

Under a wall clock it runs in real time from the moment it is opened; the demo lends it a clock and a shop of its own
and gets a day in a minute. The records are bytes and go through the same decoding as anybody's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from pydantic import Field

from aiops.config import Duration
from aiops.demo import scenario
from aiops.demo.action import Simulation
from aiops.demo.shop import DAY
from aiops.ingest.source import PartitionStatus, SourceConfig, SourceContext, SourceStatus
from aiops.types import Records

PAST_STEPS, LIVE_STEPS = 240, 60
"""Steps handed over by one poll."""


class SimulatorSource:
    """`type: simulator`.

    Parameters
    ----------
    name : of the source; also its only partition.
    config : which shop.
    ctx : its clock says how far the shop has come.
    simulation : a shop and a clock that somebody else holds as well.
    """

    class Config(SourceConfig):
        seed: int = Field(0, ge=0)
        history: Duration = 0.0
        """Metrics of so long before the first step are handed over at once."""
        start: float | None = None
        """Event time of the first step; absent = when it is opened."""
        end: float | None = None
        """Event time after which nothing happens any more; absent = never."""

    kind: ClassVar[str] = "simulator"

    def __init__(self, name: str, config: Config, ctx: SourceContext, simulation: Simulation | None = None) -> None:
        self._name, self._config, self._ctx, self._simulation = name, config, ctx, simulation
        first = config.start if config.start is not None else ctx.clock()
        self._first = self._next = math.ceil(first / ctx.step_seconds) * ctx.step_seconds
        self.shop = simulation.shop if simulation else scenario.shop(config.seed, math.floor(first / DAY) * DAY)
        self._handed = 0
        self._past: Iterator[tuple[float, bytes]] = iter(())
        self._leave = threading.Event()
        self._status = SourceStatus()

    def open(self, positions: Mapping[str, Any]) -> None:
        """Go on after the record last committed; a new shop begins with its past."""
        position = positions.get(self._name) or {"next": self._first, "handed": 0, "history_end": self._first}
        self._next, self._handed = float(position["next"]), int(position["handed"])
        self._past = iter(())
        if self._config.history and "history_end" in position:
            # Whoever was killed in the middle of the past goes on in the middle of it.
            past = self.shop.past(self._config.history / DAY, self._ctx.step_seconds, self._next)
            self._past = islice(past, self._handed, None)
        self._leave.clear()

    def poll(self, timeout: float) -> list[Records]:
        """The steps that are over by the clock; waits only if there is none."""
        if self._leave.is_set():
            return []
        if past := [body for _, body in islice(self._past, PAST_STEPS)]:
            self._tell(at_end=False)
            return [self._handed_over(past, past_until=self._next)]
        step, now = self._ctx.step_seconds, self._ctx.clock()
        until = now if self._config.end is None else min(now, self._config.end)
        due = min(LIVE_STEPS, math.floor((until - self._next) / step + 1e-9))
        if due < 1:
            self._tell(at_end=True)
            self._wait(now, timeout)
            return []
        end = self._next + due * step
        bodies = [body for _, records in self.shop.steps(self._next, end, step) for body in records]
        self._next = end
        self._tell(at_end=due < LIVE_STEPS)
        return [self._handed_over(bodies)]

    def _handed_over(self, bodies: list[bytes], past_until: float | None = None) -> Records:
        first = self._handed
        self._handed += len(bodies)
        position = {"next": self._next, "handed": self._handed}
        if past_until is not None:
            position["history_end"] = past_until  # what is over teaches, and pages nobody
        return Records.many(self._name, bodies, position, "agent_json", first)

    def _wait(self, now: float, timeout: float) -> None:
        if self._simulation is not None:
            self._simulation.clock.wait(now, timeout)
        else:
            self._leave.wait(timeout)

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
