"""The carrier's day on the wire: metrics, spans and logs as OTLP, changes and calls of the LLM as our own JSON."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from aiops.types import Change, Records
from tests.scenarios.cast import stated
from tests.scenarios.company import STEP, Company
from tests.scenarios.meter import measure
from tests.scenarios.road import World
from tests.scenarios.told import Tracer, calls, lines
from tests.scenarios.trouble import Scenario
from tests.scenarios.wire import Counted, Metrics, logs, spans

MORNING = 1_780_477_200.0
"""Wednesday, 3 June 2026, 09:00 UTC."""
OWN_PARTITION = {"node-2": 1}
"""Collectors key what they send by host; this host's records land in partitions of their own."""


class Days:
    """The carrier's records, step after step.

    Parameters
    ----------
    counted : where counters go on from.
    """

    def __init__(self, scenario: Scenario, counted: Counted | None = None) -> None:
        self._scenario = scenario
        self._company = Company(scenario, PARCELS.trouble)
        self._metrics, self._tracer = Metrics(counted), Tracer(1_000_000 if counted else 0)

    def counted(self) -> Counted:
        """Where counters stand."""
        return self._metrics.counted()

    def records(self, start: float, end: float) -> Iterator[tuple[float, list[Records]]]:
        """(time, batches) of every step."""
        for index in range(round(start / STEP), round(end / STEP)):
            state = self._company.step(index)
            minute = (state.time - PARCELS.trouble) / 60.0
            skew = {key[0]: value for key, value in state.moved.items() if key[1] == "skew"}
            measure(state, self._metrics)
            batches: list[Records] = []
            for topic, told in (
                ("otlp_metrics", self._metrics.flush(state.time, skew)),
                ("otlp_spans", spans(self._tracer.step(state), skew)),
                ("otlp_logs", logs(lines(state, self._scenario.lines, minute), skew)),
            ):
                batches += _partitions(topic, told)
            events = [*self._changes(state.time), *calls(state)]
            if events:
                batches.append(Records.single("bus/events/0", msgspec.json.encode(events), {"next": state.time}))
            yield state.time, batches

    def _changes(self, at: float) -> Iterator[Change]:
        for one in self._scenario.changes:
            when = PARCELS.trouble + 60.0 * one.at
            if at <= when < at + STEP:
                yield Change(
                    timestamp=when, kind=one.kind, id=one.id, entity=one.entity, summary=one.summary, author="ci",
                    files=one.files, diff=one.diff, before=one.before, after=one.after,
                )  # fmt: skip


def _partitions(topic: str, told: dict[str, bytes]) -> Iterator[Records]:
    for number in (0, 1):
        bodies = [body for host, body in told.items() if OWN_PARTITION.get(host, 0) == number]
        if bodies:
            yield Records.many(f"bus/{topic}/{number}", bodies, {})


PARCELS = World(Days, tuple(stated()), MORNING)
