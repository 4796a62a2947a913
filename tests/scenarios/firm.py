"""A small company on the wire: OTLP of its collectors on one topic, scored rows and changes on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiops.types import Records
from tests.scenarios import webhook
from tests.scenarios.cast import Cast
from tests.scenarios.company import STEP, Company, State
from tests.scenarios.told import Tracer, lines
from tests.scenarios.trouble import Scenario
from tests.scenarios.wire import Counted, Metrics, Traced, logs, spans

TRACES = 4
"""Requests sampled a step."""


@dataclass(frozen=True, slots=True)
class Firm:
    """What a small company is made of.

    Attributes
    ----------
    name : first part of the names of its topics.
    trouble : minute 0 of every scenario, epoch seconds.
    measure : refills the metrics of a step.
    talk : spans of everything that was said to an assistant in a step.
    rows : what its models log of a step, as records.
    """

    name: str
    cast: Cast
    trouble: float
    measure: Callable[[State, Metrics], None]
    talk: Callable[[State], list[Traced]]
    rows: Callable[[State], list[bytes]]

    @property
    def topics(self) -> tuple[str, str]:
        """What collectors write to, and what all others do."""
        return f"{self.name}_otlp", f"{self.name}_events"


class Days:
    """A firm's records, step after step.

    Parameters
    ----------
    counted : where counters go on from.
    """

    def __init__(self, firm: Firm, scenario: Scenario, counted: Counted | None = None) -> None:
        self._firm, self._scenario = firm, scenario
        self._company = Company(scenario, firm.trouble, firm.cast)
        self._metrics, self._tracer = Metrics(counted), Tracer(1_000_000 if counted else 0, TRACES)

    def counted(self) -> Counted:
        """Where counters stand."""
        return self._metrics.counted()

    def records(self, start: float, end: float) -> Iterator[tuple[float, list[Records]]]:
        """(time, batches) of every step; positions are those of a topic that nobody has written to yet."""
        for index in range(round(start / STEP), round(end / STEP)):
            state = self._company.step(index)
            self._firm.measure(state, self._metrics)
            told = [
                *self._metrics.flush(state.time, {}).values(),
                *spans([*self._tracer.step(state), *self._firm.talk(state)], {}).values(),
                *logs(lines(state, self._scenario.lines, (state.time - self._firm.trouble) / 60.0), {}).values(),
            ]
            events = [*self._changes(state.time), *self._firm.rows(state)]
            yield (
                state.time,
                [
                    Records.many(f"bus/{self._firm.name}_{topic}/0", bodies, 0)
                    for topic, bodies in (("otlp", told), ("events", events))
                    if bodies
                ],
            )

    def _changes(self, at: float) -> Iterator[bytes]:
        for one in self._scenario.changes:
            when = self._firm.trouble + 60.0 * one.at
            if at <= when < at + STEP:
                yield webhook.body(one, when)
