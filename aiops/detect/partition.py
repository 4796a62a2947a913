"""Everything that one source partition remembers: its series, open steps, signals, detectors and watch.

State is a pure function of the partition's record prefix. `take` accepts decoded records, `close` yields what
became of each column that is complete. One partition knows nothing of another; correlation joins them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from aiops import plugins
from aiops.decode.series import SeriesLimits, SeriesTable
from aiops.detect import kind as kinds
from aiops.detect.bank import Bank, Scored
from aiops.detect.cascade import Cascade
from aiops.detect.expression import parse
from aiops.detect.history import Lesson, Past
from aiops.detect.known_break import Breaks
from aiops.detect.maintenance import Frozen, Maintenance
from aiops.detect.node import Now
from aiops.detect.panel import Column, Panel
from aiops.detect.plan import Plan
from aiops.detect.roster import Roster
from aiops.detect.rule import Rule
from aiops.detect.summary import EXAMPLE
from aiops.signals.deployed import Described
from aiops.signals.emitted import Emitted, Paid, kind_of
from aiops.signals.llm import Allowance
from aiops.signals.partition import Signals
from aiops.signals.prices import PriceBook, book
from aiops.signals.stated import Stated
from aiops.types import Alert, AnyEvent, Change, Decoded, Edge, Finding, Floats, Ints, Kind, Labels, Prediction, Verdict
from detectors import rate
from detectors.deep import Deep

STATISTICAL = ("baseline", "shift")
"""Detectors whose rules say that a series is unlike itself and nothing more: their pages have to be confirmed."""

SEASONAL = "baseline"
"""The bank whose detector has a season."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is equal for all partitions."""

    step_seconds: float
    lateness_seconds: float
    pages_per_week: float
    """The budget of all partitions together; none of them looks at it."""
    rules: tuple[Rule, ...]
    limits: SeriesLimits = field(default_factory=SeriesLimits)
    timezone: str = "UTC"
    maintenance: tuple[Maintenance, ...] = ()
    deep_slots: int = 20_000
    """Rule slots of a partition whose proposals the deeper stage can judge."""
    joint_entities: int = 300
    """Entities of a partition whose series can be watched as one."""
    prices: PriceBook = field(default_factory=book)
    """What language models cost."""
    allowances: tuple[Allowance, ...] = ()
    """Budgets for them that the user states."""
    models: Mapping[str, Stated] = field(default_factory=dict)
    """What the user states of models' references."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What one closed column led to.

    Attributes
    ----------
    at, time : number and start of the step.
    fired, risen, ended : findings that began, grew odder, or stopped firing.
    changes : what signals saw of them; those that were announced are not waited for.
    value : shape (rows,), the column itself; NaN = no sample.
    scores : bank -> what it made of the column.
    poison : events that broke a signal, each with the error.
    verdicts : what people made of pages.
    unmet : models' responses without a request here.
    paid : what was spent here of stated budgets, in hours that are over.
    tests : rule -> independent tests a week it makes here; None = as told before.
    """

    partition: str
    at: int
    time: float
    fired: list[Finding]
    risen: list[Finding]
    ended: list[Finding]
    changes: list[Change]
    alerts: list[Alert]
    edges: list[Edge]
    texts: dict[str, str]
    value: Floats
    scores: dict[str, Scored]
    poison: list[tuple[AnyEvent, str]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    unmet: list[Prediction] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    tests: dict[str, float] | None = None


class Partition:
    """One source partition.

    Parameters
    ----------
    name : as in `Records.partition`.
    settings : rules and times.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.table = SeriesTable(settings.limits)
        self.roster = Roster(self.table)
        self.panel = Panel(settings.step_seconds, settings.lateness_seconds)
        self.signals = Signals(
            settings.step_seconds, settings.prices, settings.models, settings.timezone, settings.allowances
        )
        self._plan = Plan(settings.step_seconds, settings.joint_entities)
        self.banks: dict[str, Bank] = {}
        self._rates: dict[str, Any] = rate.init(0)
        self._kinds: dict[str, Any] = kinds.init(0)
        self._slot_of: dict[Any, int] = {}
        self._latest: Now | None = None
        self._exposed = 0
        self.past_until = -math.inf
        """Event time before which columns are a source's history: they teach, and page nobody about what is over."""
        self._past: Past | None = None
        self._breaks = Breaks(settings.step_seconds)
        self._described = Described()
        for rule in settings.rules:
            self._add(rule)

    def _add(self, rule: Rule) -> None:
        kind = str(rule.detector["type"])
        if kind not in self.banks:
            detector = plugins.load("aiops.detectors", kind)
            made, step = detector(**_constructor(detector, self.settings)), self.settings.step_seconds
            cascade = Cascade(Deep(step), self.settings.deep_slots) if kind in STATISTICAL else None
            self.banks[kind] = Bank(kind, made, step, cascade)
            self.banks[kind].frozen = Frozen(self.settings.maintenance)
        total = self._plan.add(parse(rule.total), carry=True) if rule.total else None
        self.banks[kind].add(rule, self._plan.add(rule.expression, carry=total is not None), total)

    @property
    def in_past(self) -> bool:
        """Whether it still reads a source's history."""
        return self.panel.event_time < self.past_until

    def warm(self) -> None:
        """Call every kernel once, on state that is thrown away."""
        self.signals.warm()
        for bank in self.banks.values():
            bank.warm()

    def take(self, decoded: Decoded) -> int:
        """Accept decoded records; return how many samples and events came too late."""
        late = self.panel.add(replace(decoded, events=self.signals.heard(decoded.events)))
        # A late one acts where its record stands among the others, however many of them came at once.
        self.signals.order(
            msgspec.structs.replace(change, timestamp=max(change.timestamp, at * self.settings.step_seconds))
            for at, change in self.panel.take_changes()
        )
        return late

    def close(self) -> Iterator[Closed]:
        """Yield what each complete column led to, oldest first."""
        for column in self.panel.close(self.table.kind):
            yield self._step(column)

    def _step(self, column: Column) -> Closed:
        time = column.at * self.settings.step_seconds
        emitted = self.signals.close(time, column.events)
        derived = np.asarray([self._slot(key) for key in emitted.values], np.int32)
        told = np.fromiter(emitted.values.values(), np.float64, len(derived))
        # As of samples: what is beyond all numbers, a sum of huge ones, is none.
        usable = (derived >= 0) & np.isfinite(told)
        derived, told = derived[usable], told[usable]
        self.roster.admit(np.concatenate((column.series, derived)))
        self._extend()
        value = np.full(len(self.roster), np.nan)
        value[self.roster.rows(column.series)] = column.value
        value[self.roster.rows(derived)] = told
        self._plan.evaluate(self._now(column.at, value))
        scores, fired, risen, ended = {}, [], [], []
        for name, bank in self.banks.items():
            if not len(bank):
                continue
            scores[name], crossed = bank.step(column.at)
            # What still fires where the past ends has been told to nobody yet.
            begun = bank.firing() if self._present_begins(time) else crossed.fired
            fired += [self._finding(bank, int(slot), column.at, ended=False) for slot in begun]
            risen += [self._finding(bank, int(slot), column.at, ended=False) for slot in crossed.risen]
            ended += [self._finding(bank, int(slot), column.at, ended=True) for slot in crossed.ended]
        seen = [*emitted.changes, *self._described.see(self.roster.labels, value, time)]
        changes = [*(event for event in column.events if isinstance(event, Change)), *seen]
        self._breaks.note(changes, column.at)
        self._breaks.apply(self.banks.values(), column.at)
        if time < self.past_until:
            fired, risen, ended = [], [], []
            if SEASONAL in scores:
                self._remember(column.at, scores[SEASONAL].value)
        return self._closed(column, time, replace(emitted, changes=seen), (fired, risen, ended), value, scores)

    def _finding(self, bank: Bank, slot: int, at: int, *, ended: bool) -> Finding:
        made = bank.finding(slot, self.name, at, ended)
        if EXAMPLE not in made.summary:
            return made
        return replace(made, summary=made.summary.replace(EXAMPLE, self.signals.example(made.signal, made.entity)))

    def _present_begins(self, time: float) -> bool:
        """Whether the column at `time` is the first behind the history."""
        return time - self.settings.step_seconds < self.past_until <= time

    def _closed(
        self,
        column: Column,
        time: float,
        emitted: Emitted,
        findings: tuple[list[Finding], list[Finding], list[Finding]],
        value: Floats,
        scores: dict[str, Scored],
    ) -> Closed:
        fired, risen, ended = (sorted(part, key=lambda one: (one.started, one.fingerprint)) for part in findings)
        alerts = [event for event in column.events if isinstance(event, Alert)]
        verdicts = [event for event in column.events if isinstance(event, Verdict)]
        return Closed(
            partition=self.name,
            at=column.at,
            time=time,
            fired=fired,
            risen=risen,
            ended=ended,
            changes=emitted.changes,
            alerts=alerts,
            edges=emitted.edges,
            texts=emitted.texts,
            value=value,
            scores=scores,
            poison=emitted.poison,
            verdicts=verdicts,
            unmet=emitted.unmet,
            paid=emitted.paid,
            tests=self._tests(column.at) if time >= self.past_until else None,
        )

    def _tests(self, at: int) -> dict[str, float] | None:
        """What each rule's pages are tested for: when series have appeared, and once an hour."""
        slots = sum(len(bank) for bank in self.banks.values())
        hourly = at % max(1, round(3_600.0 / self.settings.step_seconds)) == 0
        if slots == self._exposed and not hourly:
            return None
        self._exposed = slots
        return {rule: count for bank in self.banks.values() for rule, count in bank.tests().items()}

    def _slot(self, key: Any) -> int:
        slot = self._slot_of.get(key)
        if slot is None:
            if len(self._slot_of) >= 2 * max(self.settings.limits.total, len(self.table)):
                # Half of them were refused: those names are the sender's to invent, without end.
                self._slot_of = {known: slot for known, slot in self._slot_of.items() if slot >= 0}
            slot = self._slot_of[key] = self.table.slot(Labels.of(key[0], key[1]), kind_of(key[0]))
        return slot

    def _extend(self) -> None:
        n = len(self.roster)
        if n > len(self._kinds["seen"]):
            self._rates, self._kinds = _grown(rate.init(n), self._rates), _grown(kinds.init(n), self._kinds)
        if self._plan.extend(self.roster.labels):
            for bank in self.banks.values():
                bank.extend()

    def _now(self, at: int, value: Floats) -> Now:
        kind = kinds.observe(self._kinds, value, self.roster.kinds())
        # Asked for a rate, what nobody has named is taken for a counter, as Prometheus does.
        counter = (kind == Kind.COUNTER) | (kind == Kind.UNKNOWN)
        increase = rate.increase(self._rates, np.where(counter, value, np.nan), at)
        increase = np.where(kind == Kind.DELTA, value, increase)
        self._latest = Now(at, value, increase, kind.astype(np.int64))
        return self._latest

    def _remember(self, at: int, value: Floats) -> None:
        if self._past is None:
            self._past = Past(self.banks[SEASONAL].detector)
        self.banks[SEASONAL].remember(self._past, at, value)

    def take_lesson(self) -> Lesson | None:
        """What the shape of the day is to be chosen from, once, when a source's history has ended."""
        if self._past is None or self.in_past:
            return None
        past, self._past = self._past, None
        return past.lesson(self.banks[SEASONAL].paging())

    @property
    def season_half_life(self) -> float:
        """Of the level, in slots of the day."""
        detector = self.banks[SEASONAL].detector
        return float(detector.level_half_life * detector.slots / detector.columns_per_day)

    def begin_with(self, slots: Ints, season: Floats) -> None:
        """Go on with the shapes that were chosen."""
        if self.panel.closed is not None:
            self.banks[SEASONAL].begin_with(slots, season, self.panel.closed)

    def signal(self, expression: str) -> float | None:
        """The largest value that an expression has in the last closed column; None = none.

        Windows reach over that one column only: it answers "is it well now?" for a runbook's `verify`.
        """
        if self._latest is None:
            return None
        plan = Plan(self.settings.step_seconds)
        try:
            node = plan.add(parse(expression))
        except ValueError:
            return None
        plan.extend(self.roster.labels[: len(self._latest.value)])
        plan.evaluate(self._latest)
        known = node.out[~np.isnan(node.out)]
        return float(known.max()) if len(known) else None

    def snapshot(self) -> dict[str, Any]:
        """All state as named arrays and byte strings, the parts of `store.state`."""
        parts: dict[str, Any] = {f"table/{k}": v for k, v in self.table.snapshot().items()}
        parts["panel"] = self.panel.snapshot()
        parts["roster"] = self.roster.snapshot()
        parts["past"] = msgspec.msgpack.encode(self.past_until)
        parts["breaks"] = self._breaks.snapshot()
        parts["described"] = self._described.snapshot()
        parts |= {f"signals/{k}": v for k, v in self.signals.snapshot().items()}
        parts |= {f"rate/{k}": v for k, v in self._rates.items()}
        parts |= {f"kind/{k}": v for k, v in self._kinds.items()}
        plan = self._plan.state()
        parts["plan-keys"] = msgspec.msgpack.encode(list(plan))
        for i, state in enumerate(plan.values()):
            parts |= {f"plan/{i}/{k}": v for k, v in state.items()}
        for name, bank in self.banks.items():
            arrays, keys = bank.snapshot()
            parts |= {f"bank/{name}/{k}": v for k, v in arrays.items()}
            parts[f"bank-keys/{name}"] = keys
            parts[f"bank-effective/{name}"] = bank.effective.snapshot()
        return parts

    def restore(self, arrays: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
        """Go on where `snapshot` was taken; a changed rule set keeps what is still the same.

        Raises
        ------
        ValueError : the parts are of a format that this version does not read.
        """
        self.table.restore(_under(blobs, "table/"))
        self.panel.restore(blobs["panel"])
        self.roster.restore(blobs["roster"])
        self.past_until = msgspec.msgpack.decode(blobs["past"], type=float)
        if breaks := blobs.get("breaks"):
            self._breaks.restore(breaks)
        if described := blobs.get("described"):
            self._described.restore(described)
        self.signals.restore(_under(blobs, "signals/"))
        for name, bank in self.banks.items():
            if keys := blobs.get(f"bank-keys/{name}"):
                bank.restore(_under(arrays, f"bank/{name}/"), keys)
            if crowds := blobs.get(f"bank-effective/{name}"):
                bank.effective.restore(crowds)
        self._exposed = sum(len(bank) for bank in self.banks.values())
        self._extend()
        for mine, prefix in ((self._rates, "rate/"), (self._kinds, "kind/")):
            for key, array in _under(arrays, prefix).items():
                mine[key][: len(array)] = array
        stored = msgspec.msgpack.decode(blobs["plan-keys"], type=list[str])
        self._plan.load({key: _under(arrays, f"plan/{i}/") for i, key in enumerate(stored)})
        for bank in self.banks.values():
            bank.bound()


def _under(parts: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in parts.items() if key.startswith(prefix)}


def _grown(fresh: dict[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    for name, array in old.items():
        fresh[name][: len(array)] = array
    return fresh


def _constructor(detector: type[Any], settings: Settings) -> dict[str, Any]:
    """`step_seconds` for detectors that think in seconds, `timezone` for those that know a day."""
    wants = detector.__init__.__code__.co_varnames if hasattr(detector.__init__, "__code__") else ()
    given = {"step_seconds": settings.step_seconds, "timezone": settings.timezone}
    return {name: value for name, value in given.items() if name in wants}
