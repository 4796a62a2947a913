"""The route, readable on one screen: records in, outcome out.

    decode -> panel -> signals -> detect -> watch -> correlate

`Pipeline.step` is a function of its state, the records and `now`; it starts no thread, reads no clock and writes
nothing. `daemon.py`, `aiops replay` and the tests drive the same function, each with their own clock.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from aiops.correlate import reported
from aiops.correlate.allowance import Allowance
from aiops.correlate.correlator import Correlator, Lesson, Moved
from aiops.correlate.topology import Topology
from aiops.decode.route import Limits, decode
from aiops.detect.budget import Estimate
from aiops.detect.partition import Closed, Partition, Settings
from aiops.detect.rule import Rule
from aiops.store.commit import EXCERPT_BYTES, DeadLetter
from aiops.types import Change, Edge, Kind, Records, Rejected

UNKNOWN_OFFSET = -1
"""Of an event that came out of the panel: which record it was in is no longer known."""
CORRELATE = "_correlate"
"""Name under which correlation's state is kept beside the partitions'."""


@dataclass(slots=True)
class Outcome:
    """What one step led to.

    Attributes
    ----------
    moved : incidents that changed, moment by moment of event time.
    closed : columns that were closed, for the durable record of every series.
    announced : changes that somebody told of.
    dead : records that could not be used.
    samples, dropped, findings : counts for `/metrics`: by source; by (source, reason); by rule.
    """

    moved: list[Moved] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    announced: list[Change] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    samples: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)


class Pipeline:
    """All partitions and the correlator.

    Parameters
    ----------
    settings : rules and times, the same for every partition.
    stated : edges of the user's `topology.csv`.
    sizes : how much of one record is read.
    """

    def __init__(self, settings: Settings, stated: Iterable[Edge] = (), sizes: Limits | None = None) -> None:
        self.settings = settings
        self.partitions: dict[str, Partition] = {}
        self.correlator = Correlator(Topology(stated), Allowance(settings.pages_per_week, _stated(settings.rules)))
        self.sizes = sizes
        self.metadata: dict[str, Kind] = {}

    def warm(self) -> None:
        """Have every detector compiled or loaded before the first column comes."""
        Partition("warm", self.settings).warm()

    def partition(self, name: str) -> Partition:
        """The partition of that name, a new one if need be."""
        if name not in self.partitions:
            made = Partition(name, self.settings)
            for metric, kind in self.metadata.items():
                made.table.learn(metric, kind)
            self.partitions[name] = made
        return self.partitions[name]

    def replace(self, settings: Settings) -> None:
        """Go on under other rules; every partition keeps the state that still has a use.

        Raises
        ------
        ConfigError : a rule cannot be used; nothing has changed.
        """
        renewed: dict[str, Partition] = {}
        for name, partition in self.partitions.items():
            parts = partition.snapshot()
            renewed[name] = made = Partition(name, settings)
            arrays = {key: part for key, part in parts.items() if not isinstance(part, bytes)}
            made.restore(arrays, {key: part for key, part in parts.items() if isinstance(part, bytes)})
        self.settings, self.partitions = settings, renewed
        self.correlator.allowance.replace(settings.pages_per_week, _stated(settings.rules))
        self._retire()

    def _retire(self) -> None:
        self.correlator.retire({rule.id for rule in self.settings.rules})

    def learn_kinds(self, kinds: Mapping[str, Kind]) -> None:
        """Metadata of a source says how metrics move."""
        self.metadata.update(kinds)
        for partition in self.partitions.values():
            for metric, kind in kinds.items():
                partition.table.learn(metric, kind)

    def step(
        self,
        batches: Iterable[Records],
        now: float,
        *,
        behind: Callable[[], Iterable[str]] = lambda: (),
        quiet: Mapping[str, float] | None = None,
    ) -> Outcome:
        """Take records in and follow them as far as they go.

        Parameters
        ----------
        batches : raw records of any partitions.
        now : the driver's clock; bounds how far in the future a sample may lie.
        behind : partitions that have a backlog, asked when the columns are closed: they hold correlation back, one
            of which nothing has come yet altogether.
        quiet : partition -> event time that silence alone has reached.
        """
        outcome = Outcome()
        touched: dict[str, list[Change]] = {}
        for records in batches:
            touched.setdefault(records.partition, []).extend(self._take(records, now, outcome))
        for name, partition in self.partitions.items():
            # Its own it has taken with its records.
            partition.signals.order(change for other in touched if other != name for change in touched[other])
        for name, event_time in (quiet or {}).items():
            self.partition(name).panel.advance(event_time)
            touched.setdefault(name, [])
        for name in touched:
            for closed in self.partitions[name].close():
                self._closed(closed, outcome)
        outcome.moved += self.correlator.advance(self._horizon(behind()))
        outcome.edges += self.correlator.take_edges()
        return outcome

    def _horizon(self, behind: Iterable[str]) -> float:
        known = self.partitions
        return min((known[name].panel.event_time if name in known else -math.inf for name in behind), default=math.inf)

    @property
    def event_time(self) -> float:
        """The newest event time that any partition has closed; -inf at the beginning."""
        return max((one.panel.event_time for one in self.partitions.values()), default=-math.inf)

    def _take(self, records: Records, now: float, outcome: Outcome) -> list[Change]:
        """Hand records to their partition; the changes among them."""
        source = records.partition.partition("/")[0]
        partition = self.partition(records.partition)
        if isinstance(records.position, dict) and "history_end" in records.position:
            partition.past_until = max(partition.past_until, float(records.position["history_end"]))
        decoded = decode(records, partition.table, now, self.sizes)
        changes = [event for _, event in decoded.events if isinstance(event, Change)]
        self._announce(changes, outcome)
        late = partition.take(decoded)
        outcome.samples[source] += len(decoded.samples) + len(decoded.events)
        for reason, count in {**records.dropped, "late": late}.items():
            if count:
                outcome.dropped[source, reason] += count
        for rejected in decoded.rejected:
            outcome.dropped[source, rejected.reason] += rejected.count
            outcome.dead.append(_dead(records, rejected))
        return changes

    def _announce(self, changes: list[Change], outcome: Outcome) -> None:
        """A change is known at once and never too late: where it travels, nothing may follow that closes its step."""
        step = self.settings.step_seconds
        for change in changes:
            self.correlator.learn(Lesson(math.floor(change.timestamp / step) * step, changes=[change]))
        outcome.announced += changes

    def _closed(self, closed: Closed, outcome: Outcome) -> None:
        outcome.closed.append(closed)
        for event, error in closed.poison:
            outcome.dropped[closed.partition.partition("/")[0], "poison"] += 1
            body = msgspec.json.encode(event)[:EXCERPT_BYTES]
            outcome.dead.append(DeadLetter(closed.partition, UNKNOWN_OFFSET, "poison", error, body))
        for finding in closed.fired:
            outcome.findings[finding.rule_id] += 1
        tests = {closed.partition: closed.tests} if closed.tests is not None else {}
        if closed.alerts:
            outcome.findings["alert"] += len(closed.alerts)
        if closed.unmet:
            for name, other in self.partitions.items():
                if name != closed.partition:
                    other.signals.meet(closed.unmet)
        if closed.paid:
            for name, other in self.partitions.items():
                if name != closed.partition:
                    other.signals.pay(closed.paid)
        edges = [*closed.edges, *reported.edges(closed.alerts)]
        self.correlator.learn(Lesson(closed.time, edges, closed.changes, closed.verdicts, tests))
        told = reported.findings(closed.alerts, closed.partition, closed.time + self.settings.step_seconds)
        self.correlator.add([*closed.fired, *closed.risen, *closed.ended, *told])

    def signal(self, expression: str) -> float | None:
        """The largest value of a PromQL expression in the newest columns; None = no series, or not readable."""
        found = [value for one in self.partitions.values() if (value := one.signal(expression)) is not None]
        return max(found, default=None)

    def false_pages(self) -> Estimate:
        """False pages a week as they are; may be read from any thread."""
        return self.correlator.allowance.estimate(self.event_time)

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """All state: partition -> named arrays and byte strings."""
        parts = {name: partition.snapshot() for name, partition in self.partitions.items()}
        return {**parts, CORRELATE: {"memory": self.correlator.snapshot()}}

    def restore(self, name: str, arrays: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
        """Give one partition, or correlation, its state back."""
        if name == CORRELATE:
            self.correlator.restore(blobs["memory"])
            self._retire()
        else:
            self.partition(name).restore(arrays, blobs)


def _stated(rules: Iterable[Rule]) -> dict[str, float]:
    return {rule.id: rule.threshold for rule in rules}


def _dead(records: Records, rejected: Rejected) -> DeadLetter:
    i = rejected.record
    body = bytes(
        memoryview(records.buffer)[int(records.start[i]) : min(int(records.stop[i]), int(records.start[i]) + 65_536)]
    )
    return DeadLetter(records.partition, int(records.offsets[i]), rejected.reason, rejected.detail, body)
