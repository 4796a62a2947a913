"""Answers "why did this page?" and "why did this not page?" from the durable record: ring files and store.

The chain is always told whole: value, expected, surprise, gate, incident, silence, send. What is no longer kept is
said to be so, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
import numpy as np

from aiops import plugins
from aiops.config import Config
from aiops.correlate import asked
from aiops.coverage import selectors
from aiops.detect import maintenance
from aiops.detect.cascade import AGREES
from aiops.detect.entity import LEAST
from aiops.detect.expression import Entities, Matcher, Select, parse
from aiops.detect.rule import Rule, load_rules
from aiops.detect.watch import CLEAR_SHARE, GATES
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.types import Json, Labels

MOST_SERIES = 10
RELEARNT_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Told:
    """One series explained: lines for people, a document for programs."""

    lines: list[str]
    document: Json


@dataclass(frozen=True, slots=True)
class _Known:
    """What a series is held against."""

    rules: dict[str, Rule]
    windows: tuple[maintenance.Maintenance, ...]
    store: Store
    ring: Ring
    budget: Json | None
    partition: str = ""


def explain_incident(incident: Json) -> list[str]:
    """Evidence of each finding, in the order of onset."""
    lines = ["Findings"]
    for finding in sorted(incident["findings"], key=lambda one: one["started"]):
        lines.append(f"  {finding['summary']}")
        lines.append(
            f"    rule {finding['rule_id']}, series {finding['partition']}; value {_n(finding['value'])}, expected "
            f"{_n(finding['expected'])}, surprise {_n(finding['surprise'])} at its height"
        )
        lines.append(
            f"    began {_t(finding['started'])}, was certain {_t(finding['detected'])}, ended {_t(finding['ended'])}"
        )
        if told := _confirmation(finding):
            lines.append(f"    {told}")
        if finding.get("reason"):
            lines.append(f"    {finding['reason']}")
    return lines


def _confirmation(finding: Json) -> str:
    """What the deeper stage made of a finding; empty = it was not asked."""
    said, deep = finding.get("confirmation", ""), finding.get("deep")
    if not said:
        return ""
    if deep is not None:
        return f"{said} by the deeper stage: surprise {_n(deep)} there, {AGREES:g} or more confirms"
    return f"not judged by the deeper stage ({said}): the rule alone decides"


def explain_series(what: str, at: float | None, config: Config, store: Store, ring: Ring) -> list[Told]:
    """Every kept series that `what` selects, at one moment.

    Parameters
    ----------
    what : a PromQL selector, or the name of an entity.
    at : event time; None = the newest that is kept.

    Raises
    ------
    ConfigError : the rules cannot be read.
    """
    rules = {rule.id: rule for rule in load_rules(config.rules)}
    every = _Known(rules, maintenance.read(config), store, ring, _budget(store))
    found: list[Told] = []
    for partition in store.partitions():
        known = replace(every, partition=partition)
        frame = ring.read(partition, at if at is not None else math.inf) if at is not None else ring.newest(partition)
        if frame is None:
            continue
        for slot in _slots(what, frame.series_labels[: len(frame.series)]):
            if len(found) < MOST_SERIES:
                found.append(_series(frame, slot, known))
    if not found and at is not None and store.partitions():
        kept = f"explain.keep is {config.explain.keep / 3600:.0f} h"
        found = [Told([f"{what} at {_t(at)}: no longer kept, or never seen ({kept})"], {"series": what, "kept": False})]
    return found


def _budget(store: Store) -> Json | None:
    """What the budget of false pages asked for at the last commit."""
    stored = store.meta(asked.STORED)
    return None if stored is None else msgspec.json.decode(stored, type=dict)


def _slots(what: str, labels: Sequence[Labels]) -> list[int]:
    matchers = _matchers(what)
    if matchers is not None:
        found = [i for i, one in enumerate(labels) if all(matcher.matches(one) for matcher in matchers)]
        if found:
            return found
    # Of an entity, a histogram's quantiles say more than each of its buckets.
    named = [i for i, one in enumerate(labels) if what == one.entity and not one.metric.endswith("_bucket")]
    return named or [i for i, one in enumerate(labels) if what == str(one)]


def _matchers(what: str) -> tuple[Matcher, ...] | None:
    try:
        expression = parse(what)
    except ValueError:
        return None
    return expression.matchers if isinstance(expression, Select) and not expression.function else None


def _series(frame: Frame, slot: int, known: _Known) -> Told:
    partition, labels = known.partition, frame.series_labels[slot]
    value, expected = float(frame.series.value[slot]), float(frame.series.expected[slot])
    surprise = float(frame.series.surprise[slot])
    lines = [f"{labels}", f"  {_t(frame.at)}, partition {partition}"]
    seen = (
        f"value {_n(value)}, expected {_n(expected)}, surprise {_n(surprise)}"
        if value == value
        else "no sample in this step"
    )
    lines.append(f"  {seen}")
    covering, store = list(_covering(frame, labels, known.rules)), known.store
    gates = [_gate(frame, i, rule, one, known) for i, rule, one in covering]
    lines += [f"  {one['text']}" for one in gates] or ["  no rule covers this series"]
    alone = list(_alone(labels, known.rules, {rule.id for _, rule, _ in covering}))
    lines += [f"  {one}" for one in alone]
    documents = [one for _, _, one in covering]
    confirmed = list(_confirmed(documents, labels.entity, frame.at, store))
    relearnt = list(_relearnt(documents, labels.entity, frame.at, store))
    windows = sorted({name for _, rule, _ in covering for name in _windows(known, rule, labels, frame.at)})
    lines += [f"  {one}" for one in (*confirmed, *relearnt)]
    lines += [f"  maintenance {name}: nobody is paged and nothing is learnt" for name in windows]
    why = _verdict(gates, labels, frame.at, store)
    lines.append(f"  {why}")
    return Told(
        lines,
        {
            "series": str(labels), "at": frame.at, "partition": partition, "value": _j(value), "expected": _j(expected),
            "surprise": _j(surprise), "rules": gates, "confirmed": confirmed, "relearnt": relearnt,
            "maintenance": windows, "alone": alone, "verdict": why, "kept": True,
        },
    )  # fmt: skip


def _covering(frame: Frame, labels: Labels, rules: dict[str, Rule]) -> Iterator[tuple[int, Rule, Json]]:
    """Rule slots whose signal reads this series and whose labels agree with it."""
    for i, document in enumerate(frame.slot_labels[: len(frame.slots)]):
        rule = rules.get(document["rule"])
        if rule is None or not any(
            all(matcher.matches(labels) for matcher in matchers) for matchers in selectors(rule)
        ):
            continue
        if all(labels.grouped(name) == value for name, value in document["labels"].items()):
            yield i, rule, document


def _alone(labels: Labels, rules: dict[str, Rule], covering: set[str]) -> Iterator[str]:
    """Rules that would watch the series with the others of its entity, and do not."""
    for rule in rules.values():
        matched = any(all(matcher.matches(labels) for matcher in matchers) for matchers in selectors(rule))
        if matched and labels.entity and rule.id not in covering and isinstance(rule.expression, Entities):
            yield (
                f"{rule.alert} ({rule.id}): does not watch {labels.entity}, which has fewer than {LEAST} series or "
                "came when limits.joint_entities was reached"
            )


def _windows(known: _Known, rule: Rule, labels: Labels, at: float) -> Iterator[str]:
    """Maintenance that covers a series for a rule at a moment."""
    matched = maintenance.slot_labels(rule, labels)
    return (one.name for one in known.windows if one.active(at) and one.covers(matched))


def _relearnt(covering: Sequence[Json], entity: str, at: float, store: Store) -> Iterator[str]:
    """What became the new normal in the day before `at`, for the rule slots given."""
    told: set[str] = set()
    for finding in store.findings(since=at - RELEARNT_SECONDS, entity=entity):
        said, ended = finding.get("reason", ""), finding["ended"]
        if said and _is_of(finding, covering) and ended is not None and ended <= at and said not in told:
            told.add(said)
            yield said


def _confirmed(covering: Sequence[Json], entity: str, at: float, store: Store) -> Iterator[str]:
    """What the deeper stage made of the trouble that these rule slots are in at `at`; its newest word."""
    said: dict[str, str] = {}
    for finding in store.findings(since=at - RELEARNT_SECONDS, entity=entity):
        if finding["started"] <= at <= (finding["ended"] or math.inf) and _is_of(finding, covering):
            said[finding["rule_id"]] = _confirmation(finding)
    yield from (f"{rule}: {text}" for rule, text in sorted(said.items()) if text)


def _is_of(finding: Json, covering: Sequence[Json]) -> bool:
    return any(
        one["rule"] == finding["rule_id"] and one["labels"].items() <= _named(finding).items() for one in covering
    )


def _named(finding: Json) -> dict[str, str]:
    """Labels of a finding as its rule slot has them."""
    labels: dict[str, str] = finding["labels"]
    return {**labels, "__name__": labels.get("metric", "")}


def _gate(frame: Frame, i: int, rule: Rule, document: Json, known: _Known) -> Json:
    value, expected = float(frame.slots.value[i]), float(frame.slots.expected[i])
    surprise = float(frame.slots.surprise[i])
    gate = int(frame.slots.gate[i]) if frame.slots.gate is not None else 0
    state = GATES[gate] if 0 <= gate < len(GATES) else "unknown"
    budget = asked.read_back(known.budget, rule.id, Labels.of("", document["labels"]))
    wants = {"threshold": budget.threshold, "by": budget.by} if budget else {"threshold": rule.threshold, "by": "rule"}
    if math.isnan(value):
        reason = "no sample"
    elif math.isnan(surprise):
        state, reason = "learning", _learning(frame, rule, document, known)
    elif state == "firing" and rule.severity != "page":
        reason = "fires, as evidence only: its severity is info"
    elif state == "firing":
        reason = "fires" if budget is None else f"fires; to page, {asked.reason(budget, known.budget or {})}"
    elif state == "unconfirmed":
        reason = "fires, as evidence only: the deeper stage does not confirm it"
    elif state == "pending":
        reason = f"surprising, but not yet for {rule.for_:.0f} s"
    elif unsaid := _unsaid(rule, value - expected, surprise):
        reason = unsaid
    elif surprise >= rule.threshold:
        reason = f"above its threshold of {rule.threshold:g}"
    elif surprise >= CLEAR_SHARE * rule.threshold:
        reason = f"unusual, but below its threshold of {rule.threshold:g}"
    else:
        reason = f"usual: surprise {_n(surprise)} is below {rule.threshold:g}"
    numbers = f"value {_n(value)}, expected {_n(expected)}, surprise {_n(surprise)}"
    return {
        "rule": rule.id, "alert": rule.alert, "severity": rule.severity, "state": state, "value": _j(value),
        "expected": _j(expected), "surprise": _j(surprise), "threshold": rule.threshold, "reason": reason,
        "asked": wants,
        "text": f"{rule.alert} ({rule.id}): {numbers}; {state}: {reason}",
    }  # fmt: skip


def _unsaid(rule: Rule, effect: float, surprise: float) -> str:
    """Why a share that differs has no surprise at all; empty = it has one, or does not differ."""
    if rule.detector["type"] != "proportion" or surprise != 0.0:
        return ""
    wants = {**plugins.load("aiops.detectors", "proportion").parameters, **rule.parameters}
    if effect == 0.0 or effect * wants["direction"] < 0.0:
        return ""
    if abs(effect) < wants["min_effect"]:
        return f"differs by less than {_n(wants['min_effect'])}, of which this rule does not speak"
    trials, half_life = wants["min_trials"], wants["window"]
    return f"too few to judge: fewer than {trials:.0f} in a window that forgets half of them in {half_life:.0f} s"


def _learning(frame: Frame, rule: Rule, document: Json, known: _Known) -> str:
    """How far a slot is from being known: samples of it that are kept, of those its detector wants."""
    detector = plugins.load("aiops.detectors", str(rule.detector["type"]))
    wanted = {**detector.parameters, **rule.parameters}.get("warmup", 0.0)
    history = known.ring.history(known.partition, document, frame.at - RELEARNT_SECONDS, frame.at)
    seen = int(np.isfinite(history.value).sum())
    return f"learning, {min(seen, int(wanted))} of {wanted:.0f} samples: a new series is quiet until it is known"


def _verdict(gates: list[Json], labels: Labels, at: float, store: Store) -> str:
    """What became of it: the incident, and who was told or why not."""
    for incident in store.incidents():
        ended = incident.get("resolved") or math.inf
        if not incident["started"] <= at <= ended or labels.entity not in incident["entities"]:
            continue
        sent = [one for one in incident["notifications"] if not one["suppressed_by"]]
        held = [one for one in incident["notifications"] if one["suppressed_by"]]
        told = f"told {sent[0]['receiver']}" if sent else "nobody was told"
        reason = f", held back by {held[0]['suppressed_by']}" if held and not sent else ""
        return f"in incident {incident['id']} ({incident['status']}): {told}{reason}"
    if any(one["state"] == "firing" and one["severity"] == "page" for one in gates):
        return "fires, but its incident is no longer kept"
    return "did not page: " + (gates[0]["reason"] if gates else "nothing watches it but the general score")


def _n(number: float | None) -> str:
    return "unknown" if number is None or number != number else f"{number:.4g}"


def _j(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _t(at: float | None) -> str:
    return "not yet" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
