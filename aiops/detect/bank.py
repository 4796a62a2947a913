"""All slots that one detector type serves, whatever rule they belong to, and what becomes of their surprise.

One detector instance, one state, one kernel call a step: rules differ in per-slot parameters only. A slot is
(rule, labels); slots are never renumbered, and their order is part of the state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import xxhash

from aiops.decode.series import SeriesTable
from aiops.detect import budget, confirm, normal, watch
from aiops.detect.cascade import Cascade
from aiops.detect.effective import Effective
from aiops.detect.entity import EntityNode
from aiops.detect.expression import Aggregate, parse
from aiops.detect.history import Past
from aiops.detect.maintenance import Frozen, score
from aiops.detect.node import Node
from aiops.detect.rule import Rule
from aiops.detect.summary import interval
from aiops.detect.watched import Watched, Wire, connect, nameless
from aiops.types import Finding, Floats, Ints, Json, Labels
from detectors.state import grow

WINDOW = 24
"""Columns of evidence kept in memory for each slot, for the finding that may come."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One column of a bank, shape (n,) each; `gate` indexes `watch.GATES`."""

    value: Floats
    expected: Floats
    surprise: Floats
    gate: Ints


class Bank:
    """The slots of one detector.

    Parameters
    ----------
    name : the detector's name, key of the bank's state.
    detector : an instance of a `detectors` Streaming class.
    step_seconds : as configured.
    cascade : judges what its rules propose; None = they page without.
    """

    def __init__(self, name: str, detector: Any, step_seconds: float, cascade: Cascade | None = None) -> None:
        self.name, self._detector, self._step, self._cascade = name, detector, step_seconds, cascade
        self.effective = Effective()
        self._evidence: Callable[[Any, Ints], Floats] | None = getattr(detector, "evidence", None)
        self._rules: list[Watched] = []
        self._wired: list[Wire] = []
        self.keys: list[tuple[str, Labels]] = []
        self._where: dict[tuple[str, Labels], int] = {}
        self._state: dict[str, Any] = detector.init(0)
        self._aside = getattr(detector, "estimate", getattr(detector, "guilty", None))
        """What a detector tells beside surprise and expected: three numbers a slot."""
        self._joins = getattr(detector, "joins", False)
        self._watch = watch.init(0)
        self.frozen = Frozen(())
        self._of_entity: dict[str, list[int]] = {}
        self._placed = 0
        self._ring = np.full((0, 3 * WINDOW), np.nan, np.float32, order="F")
        self._rule_of: list[Rule | None] = []
        self._limits = watch.Limits(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
        self._paging: Floats = np.empty(0)
        self._place: Ints = np.empty(0, np.int64)
        self._counts: list[tuple[str, int]] = []
        self._documents: list[Json] = []
        self._series: list[tuple[int, int]] = []
        self._pairs: Ints = np.empty((0, 2), np.int64)

    def add(self, rule: Rule, signal: Node, total: Node | None) -> None:
        """Let a rule's signal be scored here; before the first `extend`."""
        self._rules.append(Watched(rule, signal, total, shared_labels(rule)))

    def warm(self) -> None:
        """Call the detector once on a slot of its own."""
        x = np.zeros((1, self._detector.inputs) if self._detector.inputs > 1 else 1)
        self._detector.update(self._detector.init(1), x, 0)
        if self._cascade is not None:
            self._cascade.warm()

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def left_out(self) -> Counter[str]:
        """Entities, and series of entities, that had no room among those that are watched as one."""
        nodes = [one.signal for one in self._rules if isinstance(one.signal, EntityNode)]
        return sum((node.left_out for node in nodes), Counter())

    def tests(self) -> dict[str, float]:
        """Rule -> independent tests a week that it makes, of the rules whose pages chance can bring."""
        if not getattr(self._detector, "budgeted", True):
            return {}
        pages = [one.rule for one in self._rules if one.rule.severity == "page" and one.slots]
        counts = dict(self._counts)
        return {
            rule.id: budget.tests(
                counts[rule.id] * self.effective.share(rule.id), round(rule.for_ / self._step), self._step
            )
            for rule in pages
        }

    def extend(self) -> None:
        """Give a slot to every label set that is new."""
        before = len(self.keys)
        for one in self._rules:
            leader, follower = (one.total, one.signal) if one.total and not one.shared else (one.signal, one.total)
            # What has not changed is not looked at: where series come and go, some do at every step.
            followed = follower is not None and len(follower.labels) > one.indexed
            if follower is not None and followed:
                self._index(one, follower)
            for out in range(one.seen, len(leader.labels)):
                self._bind(one, leader.labels[out], out)
            if followed or one.seen < len(leader.labels):
                one.wire = connect(one)
            one.seen = len(leader.labels)
        self._wired = [one.wire for one in self._rules if one.wire is not None]
        self.frozen.extend(self._rule_of, self.keys)
        if len(self.keys) > before:
            self._grow(before)

    def _index(self, one: Watched, follower: Node) -> None:
        for out in range(one.indexed, len(follower.labels)):
            one.index.setdefault(nameless(follower.labels[out]), out)
        one.indexed = len(follower.labels)
        for i in [i for i, out in enumerate(one.followed) if out < 0]:
            one.followed[i] = one.index.get(one.key(self.keys[one.slots[i]][1]), -1)

    def _bind(self, one: Watched, labels: Labels, out: int) -> None:
        key = (one.rule.id, labels)
        slot = self._where.get(key)
        if slot is None:
            slot = self._where[key] = len(self.keys)
            self.keys.append(key)
            self._rule_of.append(one.rule)
        self._rule_of[slot] = one.rule
        one.slots.append(slot)
        one.outs.append(out)
        one.followed.append(one.index.get(one.key(labels), -1))

    def _grow(self, before: int) -> None:
        n = len(self.keys)
        self._state = grow(self._detector, self._state, n)
        fresh = watch.init(n)
        for name, array in self._watch.items():
            fresh[name][:before] = array[:before]
        self._watch = fresh
        ring = np.full((n, 3 * WINDOW), np.nan, np.float32, order="F")
        ring[:before] = self._ring[:before]
        self._ring = ring
        self._set_limits()

    def _set_limits(self) -> None:
        n, parameters = len(self.keys), self._detector.parameters
        stated, hold, keep = np.full(n, np.inf), np.zeros(n, np.int64), np.ones(n, np.int64)
        pages, self._place = np.zeros(n, np.bool_), np.full(n, -1, np.int64)
        for place, one in enumerate(self._rules):
            slots, rule = np.asarray(one.slots, np.int64), one.rule
            stated[slots], pages[slots], self._place[slots] = rule.threshold, rule.severity == "page", place
            hold[slots] = round(rule.for_ / self._step)
            keep[slots] = max(1, round(rule.keep_firing_for / self._step))
            for name, value in {**parameters, **rule.parameters}.items():
                self._state[f"p_{name}"][slots] = value
        self._limits = watch.Limits(stated, hold, keep)
        self._paging = np.where(pages, stated, np.inf)
        self._counts = [(one.rule.id, len(one.slots)) for one in self._rules]
        if self._cascade is not None:
            self._cascade.cover(pages)

    @property
    def detector(self) -> Any:
        return self._detector

    def paging(self) -> Ints:
        """Slots of rules that page, ascending."""
        return np.flatnonzero(self._paging < np.inf)

    def remember(self, past: Past, at: int, value: Floats) -> None:
        """Keep a column of the slots that may page."""
        slots = self.paging()
        past.add(at, value[slots], lambda: np.asarray(self._state["season"][slots]))

    def troubled(self, entity: str) -> bool:
        """Whether a rule that may page is pending or fires for the entity."""
        slots = self._slots_of(entity)
        return bool(((self._watch["gate"][slots] != watch.INACTIVE) & (self._paging[slots] < np.inf)).any())

    def hasten(self, entity: str, times: int) -> None:
        """Let what stays surprising about the entity count several times towards being the new normal."""
        if hasattr(self._detector, "hasten") and len(slots := self._slots_of(entity)):
            self._detector.hasten(self._state, slots, times)

    def _slots_of(self, entity: str) -> Ints:
        for slot in range(self._placed, len(self.keys)):
            self._of_entity.setdefault(self.keys[slot][1].entity, []).append(slot)
        self._placed = len(self.keys)
        return np.asarray(self._of_entity.get(entity, ()), np.int64)

    def begin_with(self, slots: Ints, season: Floats, at: int) -> None:
        """Let slots go on with another shape of the day."""
        self._detector.begin_with(self._state, slots, season, at)

    def step(self, at: int) -> tuple[Scored, watch.Crossed]:
        """Score one column and move the watch."""
        x = self._inputs()
        frozen = self.frozen.slots(at * self._step)
        surprise, expected = score(self._detector, self._state, x, at, frozen)
        value = self._shown(x)
        surprise = np.asarray(surprise, np.float64)
        if self._evidence is not None:
            confirm.bound(self._watch, surprise, self._paging, self._before(at), self._known)
        place = at % WINDOW
        for part, column in enumerate((value, expected, surprise)):
            self._ring[:, part * WINDOW + place] = column
        self.effective.learn(surprise, self._place, self._counts)
        seen = (value, expected, *(self._aside(self._state) if self._aside is not None else ()))
        crossed = watch.update(self._watch, self._limits, surprise, seen, at)
        normal.note(self._watch, self._detector, self._state)
        gate = self._watch["gate"].astype(np.int64)
        if self._cascade is not None:
            late = self._cascade.step(x, self._watch, at, self._state)
            crossed = replace(crossed, risen=np.union1d(crossed.risen, late))
            gate[(gate == watch.FIRING) & self._cascade.denied()] = watch.UNCONFIRMED
        return Scored(value, expected, surprise, gate), crossed

    def _before(self, at: int) -> Callable[[Ints], npt.NDArray[Any]]:
        """Values of some slots in the columns before `at`, which is not in the ring yet."""
        return lambda slots: np.roll(self._ring[slots, :WINDOW], -(at % WINDOW), axis=1)

    def _known(self, slots: Ints) -> Floats:
        assert self._evidence is not None
        return np.asarray(self._evidence(self._state, slots), np.float64)

    def _shown(self, x: Floats) -> Floats:
        """What a person is shown: the input, or the share that the detector judged."""
        if x.ndim == 1:
            return x
        if (judged := getattr(self._detector, "judged", None)) is not None:
            here = np.isfinite(x).any(axis=1) if self._joins else np.isfinite(x).all(axis=1)
            return np.asarray(np.where(here, judged(self._state), np.nan), np.float64)
        share: Floats = np.divide(x[:, 0], x[:, 1], out=np.full(len(x), np.nan), where=x[:, 1] > 0)
        return share

    def _inputs(self) -> Floats:
        n, inputs = len(self.keys), self._detector.inputs
        x = np.full((n, inputs) if inputs > 1 else n, np.nan)
        for wire in self._wired:
            if wire.total is None:
                x[wire.slots] = wire.leader.out[wire.outs]
                continue
            theirs = np.full(len(wire.slots), np.nan)
            theirs[wire.there] = wire.follower.out[wire.followed]
            mine = wire.leader.out[wire.outs]
            count, total = (theirs, mine) if wire.leader is wire.total else (mine, theirs)
            x[wire.slots, 0], x[wire.slots, 1] = np.nan_to_num(count), total
        return x

    def finding(self, slot: int, partition: str, at: int, ended: bool) -> Finding:
        """What the slot's state amounts to, as fired or ended in column `at`."""
        rule_id, labels = self.keys[slot]
        rule = self._rule_of[slot]
        assert rule is not None
        state = self._watch
        value, expected = float(state["value"][slot]), float(state["expected"][slot])
        confirmation, deep = self._cascade.verdict(slot) if self._cascade is not None else ("", None)
        named = {**labels.as_dict(), **rule.labels}
        return Finding(
            alert=rule.alert,
            rule_id=rule_id,
            labels={**named, **({"metric": labels.metric} if labels.metric else {})},
            entity=labels.entity,
            world=rule.world,
            severity=rule.severity,
            partition=partition,
            fingerprint=fingerprint(rule_id, labels),
            started=float(state["since"][slot]) * self._step,
            detected=float(at) * self._step,
            ended=(float(state["last"][slot]) + 1) * self._step if ended else None,
            value=_number(value),
            expected=_number(expected),
            surprise=round(float(state["peak"][slot]), 3),
            direction="up" if value >= expected else "down",
            unit=rule.unit,
            signal=rule.signal,
            summary=rule.describe(labels, value, expected, self._told(rule, slot)),
            runbook=rule.runbook,
            host=labels.host,
            window=self._window(slot, at),
            reason=self._reason(slot, at, rule.unit) if ended else "",
            confirmation=confirmation,
            deep=deep,
        )

    def _reason(self, slot: int, at: int, unit: str) -> str:
        state, ring = self._watch, self._ring[slot]
        if not state["settled"][slot]:
            return ""
        latest = [float(one) for one in np.roll(ring[WINDOW : 2 * WINDOW], -1 - at % WINDOW) if np.isfinite(one)]
        levels = normal.Levels(float(state["expected"][slot]), latest[-1] if latest else np.nan, ring[:WINDOW])
        return normal.reason(levels, float(state["since"][slot]) * self._step, unit)

    def _told(self, rule: Rule, slot: int) -> str:
        if self._aside is None:
            return ""
        first, second, third = (float(self._watch[name][slot]) for name in watch.KEPT[2:])
        if not self._joins:
            return interval(first, second, third, self._detector.estimate_unit or rule.unit)
        one = next(one for one in self._rules if one.rule is rule)
        assert isinstance(one.signal, EntityNode)
        columns = [int(column) for column in (first, second, third) if not np.isnan(column)]
        return one.signal.named(one.outs[one.slots.index(slot)], columns)

    def _window(self, slot: int, at: int) -> tuple[tuple[float, float | None, float | None, float], ...]:
        points = []
        for back in range(WINDOW - 1, -1, -1):
            place = (at - back) % WINDOW
            value, expected, surprise = (float(self._ring[slot, part * WINDOW + place]) for part in range(3))
            if not np.isnan(value):
                points.append(((at - back) * self._step, value, _number(expected), round(_or_zero(surprise), 3)))
        return tuple(points)

    @property
    def documents(self) -> list[Json]:
        """What each slot is, for the explain record; grows with the slots."""
        for rule_id, labels in self.keys[len(self._documents) :]:
            self._documents.append({"rule": rule_id, "labels": dict(labels.pairs)})
        return self._documents

    def series_slots(self, table: SeriesTable) -> Ints:
        """Pairs (series slot, slot here) of those slots that score one series as it is, shape (m, 2)."""
        if len(self._series) < len(self.keys):
            for slot in range(len(self._series), len(self.keys)):
                labels = self.keys[slot][1]
                self._series.append((table.find(labels) if labels.metric else -1, slot))
            pairs = [pair for pair in self._series if pair[0] >= 0]
            self._pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
        return self._pairs

    def firing(self) -> Ints:
        """Slots that fire now."""
        return np.flatnonzero(self._watch["gate"] == watch.FIRING)

    def snapshot(self) -> tuple[dict[str, Any], bytes]:
        """Arrays by name, and the slots' keys."""
        arrays = {f"state/{k}": v for k, v in self._state.items() if not k.startswith("p_")}
        arrays |= {f"watch/{k}": v for k, v in self._watch.items()}
        if self._cascade is not None:
            arrays |= {f"cascade/{k}": v for k, v in self._cascade.snapshot().items()}
        return {**arrays, "ring": self._ring}, msgspec.msgpack.encode([(i, labels.pairs) for i, labels in self.keys])

    def restore(self, arrays: Mapping[str, Any], keys: bytes) -> None:
        """Take back slots and state; rules bind to them in the `extend` that follows."""
        stored = msgspec.msgpack.decode(keys, type=list[tuple[str, tuple[tuple[str, str], ...]]])
        self.keys = [(rule_id, Labels(pairs)) for rule_id, pairs in stored]
        self._where = {key: slot for slot, key in enumerate(self.keys)}
        self._rule_of = [None] * len(self.keys)
        self._grow(0)
        for mine, prefix in ((self._state, "state/"), (self._watch, "watch/")):
            for name in mine:
                if (array := arrays.get(prefix + name)) is not None and array.shape == mine[name].shape:
                    mine[name][...] = array
        if (ring := arrays.get("ring")) is not None:
            self._ring[...] = ring
        if self._cascade is not None and "cascade/rows" in arrays:
            mine = {k.removeprefix("cascade/"): v for k, v in arrays.items() if k.startswith("cascade/")}
            self._cascade.restore(mine)

    def bound(self) -> None:
        """After a restore and `extend`: give the slots their rules' limits and parameters again."""
        # Nobody could say what a slot fires for whose rule is gone; correlation ends its finding (`retire`).
        self._watch["gate"][[slot for slot, rule in enumerate(self._rule_of) if rule is None]] = watch.INACTIVE
        self._set_limits()


def fingerprint(rule: str, labels: Labels) -> int:
    """Of a rule's findings about one label set; stable across restarts."""
    return xxhash.xxh3_64_intdigest(f"{rule}\x00{labels.fingerprint}".encode())


def shared_labels(rule: Rule) -> tuple[str, ...] | None:
    """Labels of a total that is coarser than its signal; None = both have the same, or there is none."""
    signal, total = rule.expression, parse(rule.total) if rule.total else None
    if not isinstance(signal, Aggregate) or not isinstance(total, Aggregate):
        return None
    return total.by if set(total.by) < set(signal.by) else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _or_zero(value: float) -> float:
    return value if np.isfinite(value) else 0.0
