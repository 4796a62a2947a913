"""What speaks for a fault that no recorded change caused: evidence by form, never by a list of words.

Five forms: load that rises at the entrance, a moment foretold or a countdown that ran out, a host that went first, one
record that is tried again and again, and a party outside that answers with errors. Each is worth what it tells in nats.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from aiops.correlate.deviation import Deviation
from aiops.correlate.ledger.fault import Fault, is_bad
from aiops.correlate.ledger.shipment import Shipment
from aiops.types import LogRecord

MOST = 4.0
NEAR_SECONDS = 60.0
FORETOLD_SECONDS = 120.0
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)?")
STRAIGHT = 0.98
LEAST_SAMPLES, LEAST_LINES = 8, 5
HOST = re.compile(r"(?<![\w.])[\w.]*(?:node|host)(?:[._]?name)?[=:]\s*([\w.-]+)")
PAIR = re.compile(r"(?<![\w.])(?:[^\WA-Za-z_]|\.)*([A-Za-z_][\w.]*)[=:]\s*\"?([\w-]+(?:\.[\w-]+)*)")
KEYED = re.compile(r"^(?=(?:.*\d){6})[\w-]+$|^[a-z]+(?:-[a-z]+)+-[0-9a-f]{6,}$")
OUTSIDE = re.compile(
    r"(?<![\w.-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|ai|app|dev|cloud|co|gov|edu|eu|[a-z]{2}))(?![\w.=-])"
)
OURS = frozenset(("svc", "local", "internal", "cluster", "go", "py", "js", "ts", "rs", "rb", "cs", "kt", "sh", "md"))
"""Parts of names that are no domains of others: own networks and files."""
BUSIER = 1.5
ONE_RECORD = 0.8


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that speaks against all changes: nats and a sentence."""

    weight: float
    sentence: str


def signs(fault: Fault, shipped: Sequence[Shipment]) -> list[Sign]:
    """All that speaks for no change, strongest first."""
    found = [*_load(fault), *_foretold(fault), *_countdown(fault)]
    found += [*_host(fault, shipped), *_one_record(fault), *_outside(fault, shipped)]
    return sorted((one for one in found if one.weight > 0), key=lambda one: (-one.weight, one.sentence))


def _error(one: Deviation) -> float:
    return max(one.error, NEAR_SECONDS)


def _load(fault: Fault) -> list[Sign]:
    """More traffic where it enters, no later than anything else."""
    busy = [one for one in fault.departures if one.signal == "load" and one.metric and one.name == "rises"]
    at_entrance = [
        one for one in busy if fault.topology.dependencies(one.entity) and not fault.topology.dependents(one.entity)
    ]
    found = []
    for one in at_entrance:
        if one.onset > fault.first + _error(one) or _ratio(fault, one) < BUSIER:
            continue
        others = len({other.entity for other in busy} - {one.entity})
        more = f" and on {others} more behind it" if others else ""
        what = f"{one.metric} rises {_ratio(fault, one):.1f} times at the entrance {one.entity}{more}"
        found.append(Sign(min(MOST, one.size), what))
    return sorted(found, key=lambda sign: -sign.weight)[:1]


def _ratio(fault: Fault, one: Deviation) -> float:
    for signal in fault.signals:
        if (signal.entity, signal.metric) == (one.entity, one.metric):
            before = signal.value[signal.time < one.onset]
            after = signal.value[(signal.time >= one.onset) & (signal.time <= fault.noticed)]
            if len(before) and len(after) and np.median(before) > 0:
                return float(np.median(after) / np.median(before))
    return 0.0


def _foretold(fault: Fault) -> list[Sign]:
    """A moment that lines named long before is the one at which it began."""
    stamps = [line.timestamp for line in fault.lines]
    span = max(stamps) - min(stamps) if stamps else 0.0
    for line in sorted(fault.lines, key=lambda one: (one.timestamp, one.entity, one.body)):
        for text in MOMENT.findall(line.body):
            moment = _moment(text)
            away = abs(moment - fault.failed)
            told = fault.failed - line.timestamp >= FORETOLD_SECONDS
            if told and away <= NEAR_SECONDS:
                what = f"began {away:.0f} s from {text}, a moment that {line.entity} named before: {line.body[:100]}"
                return [Sign(min(MOST, math.log(max(1.0, span / NEAR_SECONDS))), what)]
    return []


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return math.inf
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _countdown(fault: Fault) -> list[Sign]:
    """A quantity that fell in a straight line from the start, and was used up when it began."""
    for one in fault.signals:
        before = one.time < fault.failed
        if before.sum() < LEAST_SAMPLES or before.all():
            continue
        time, value = one.time[before], one.value[before]
        near = float(np.median(np.diff(one.time))) + NEAR_SECONDS
        if value.std() == 0 or value[0] <= 0 or np.corrcoef(time, value)[0, 1] > -STRAIGHT:
            continue
        slope, level = np.polyfit(time - time[0], value, 1)
        empty = time[0] - level / slope
        if abs(empty - fault.failed) <= near:
            what = f"{one.metric} of {one.entity} fell in a straight line all the time and was used up then"
            return [Sign(min(MOST, math.log(len(time))), what)]
    return []


def _host(fault: Fault, shipped: Sequence[Shipment]) -> list[Sign]:
    """What the failing entity runs on deviates no later than itself, and nobody changed that."""
    failing = fault.alerted
    names = {line.host for line in fault.lines if line.entity == failing}
    names |= {span.host for span in fault.spans if span.entity == failing}
    names |= {edge.target for edge in fault.topology.edges if edge.source == failing and edge.kind == "runs_on"}
    names |= {host for line in fault.lines if line.entity == failing for host in HOST.findall(line.body)}
    changed = {one.entity for one in shipped}
    found = []
    for one in fault.departures:
        if one.entity in names - changed - {failing, ""} and one.onset <= fault.failed + _error(one):
            what = f"{one.entity}, on which {failing} runs, deviates no later and was not changed: {one.sentence}"
            found.append(Sign(min(MOST, one.size), what))
    return sorted(found, key=lambda sign: (-sign.weight, sign.sentence))[:1]


def _one_record(fault: Fault) -> list[Sign]:
    """All bad lines of an entity name the same record, and others were there to be named."""
    bad: dict[str, list[LogRecord]] = defaultdict(list)
    for line in fault.lines:
        if is_bad(line) and line.timestamp >= fault.first - NEAR_SECONDS:
            bad[line.entity].append(line)
    seen: dict[str, set[str]] = defaultdict(set)
    for text in [one.body for one in fault.lines] + [_pairs(one.attributes) for one in fault.spans]:
        for key, value in PAIR.findall(text):
            seen[key].add(value)
    for entity, lines in sorted(bad.items()):
        counts = Counter((key, value) for line in lines for key, value in set(PAIR.findall(line.body)))
        for (key, value), count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
            named = KEYED.match(value) and not any(value.startswith(name) for name in fault.entities)
            # Where no other record was ever named, one that always is may be anything.
            if named and len(seen[key]) > 1 and count >= max(LEAST_LINES, ONE_RECORD * len(lines)):
                what = f"{count} of {len(lines)} bad lines of {entity} name one record, {key}={value}"
                return [Sign(min(MOST, math.log(count)), what)]
    return []


def _pairs(attributes: dict[str, object]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(attributes.items()))


def _outside(fault: Fault, shipped: Sequence[Shipment]) -> list[Sign]:
    """Bad lines name a domain that is nobody of ours, and no change touches it."""
    texts = [one.body for one in fault.lines if is_bad(one) and one.timestamp >= fault.first - NEAR_SECONDS]
    texts += [_pairs(one.attributes) for one in fault.spans if one.status == "error"]
    usual = " ".join(one.body for one in fault.lines if is_bad(one) and one.timestamp < fault.first - NEAR_SECONDS)
    changed = " ".join(one.change.diff + one.change.summary for one in shipped)
    counts = Counter(name for text in texts for name in set(OUTSIDE.findall(text.lower())))
    for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        ours = OURS & set(name.split(".")) or any(part in fault.entities for part in name.split("."))
        if count >= LEAST_LINES and not ours and name not in usual and name not in changed:
            return [Sign(min(MOST, math.log(count)), f"{count} bad lines name {name}, a party outside")]
    return []
