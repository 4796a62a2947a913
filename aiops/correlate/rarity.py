"""What alerts say about whom: in a storm of alerts, what few entities say counts, what all say does not.

Where nothing but alerts is known there is no size and no past. What is left is who says something that others do not:
of each metric ln(N / holders), and for a service whose instances all say it (`kinship`) that of each of them, up to
the rarity it has as one holder among others. So a fault of one instance, of a service and of a node are judged by the
same rule, and each kind of entity has the same chance from the start. Metrics of one resource tell the same story in
many names: they are summed, and the next resource adds half as much.

What is left out on purpose, since it did not tell faults from noise: who alerts first, how many alerts an entity has,
how many of its calls are slow.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from aiops.correlate.deviation import WEIGHTS, Deviation
from aiops.correlate.kinship import Kinship
from aiops.types import Alert

FALLING = 0.5
"""A resource that is used less is more often a consequence than a cause."""
PRIVATE = 0.5
"""Of what an entity alone could ever say, beside things that others could say as well: no rarity, but no silence."""
TRAFFIC = WEIGHTS["load"] / WEIGHTS["saturation"]
FAILING = ("error", "critical")
"""Severities that say of calls that they fail; others say that they are slow."""
NEXT = 0.5
"""What each further resource adds, as a share of the one before."""
RESOURCES: tuple[tuple[str, frozenset[str]], ...] = (
    ("cpu", frozenset(("cpu", "core", "softirq", "load"))),
    ("memory", frozenset(("mem", "memory", "swap", "rss", "heap", "oom"))),
    ("disk", frozenset(("disk", "diskio", "fs", "io", "filesystem", "iostat", "inode"))),
    ("network", frozenset(("network", "net", "tcp", "packet", "packets", "socket"))),
    ("process", frozenset(("thread", "threads", "process", "fd"))),
)
NAMES_KEPT = 8_192
"""In a storm the same names come again and again."""
_Said = tuple[str, str]
"""A metric's name with numbers masked, and the direction in which it went."""


def observe(alerts: Iterable[Alert], kin: Kinship, onset: float) -> list[Deviation]:
    """Deviations of alerts, at most one of metrics and one of calls for each entity.

    Parameters
    ----------
    alerts : of one incident, in any order. One that names a `peer` is about calls from its entity to that peer.
    kin : the kinds of entities, and who calls whom.
    onset : taken for the onset of all, since the time of an alert tells little about that.
    """
    firing = [one for one in alerts if one.status == "firing"]
    about = [one for one in firing if one.entity and not one.peer]
    seen = len({one.entity for one in about})
    calls = [one for one in firing if one.entity and one.peer and one.entity != one.peer]
    return [*_metrics(about, kin, seen, onset), *_calls(calls, kin, seen, onset)]


@lru_cache(NAMES_KEPT)
def masked(name: str) -> str:
    """A metric's name with its numbers, which mostly count instances of a thing, out of the way.

    >>> masked("cpu_core_13_pct")
    'cpu_core_#_pct'
    """
    return re.sub(r"\d+", "#", name)


@lru_cache(NAMES_KEPT)
def resource(name: str) -> str:
    """What a metric is about; the name itself when it is no resource.

    >>> resource("container_memory_usage_MB"), resource("system.io.w_s"), resource("orders")
    ('memory', 'disk', 'orders')
    """
    words = set(re.split(r"[^a-z]+", name.lower()))
    return next((one for one, known in RESOURCES if words & known), name)


def _metrics(alerts: Sequence[Alert], kin: Kinship, seen: int, onset: float) -> list[Deviation]:
    holders: dict[_Said, set[str]] = defaultdict(set)
    families: dict[str, set[str]] = defaultdict(set)
    for one in alerts:
        holders[masked(one.name), one.direction].add(one.entity)
        families[_family(one.name)].add(one.entity)
    shared = {one for members in families.values() if len(members) > 1 for one in members}
    told: dict[str, list[tuple[float, int, _Said]]] = defaultdict(list)
    for said, names in sorted(holders.items()):
        units = kin.units(names)
        each, at_most = math.log(seen / len(names)), math.log(seen / len(units))
        for unit in units if each > 0 else ():
            size = _weight(said) * (each if unit in names else min(at_most, len(kin.parts(unit)) * each))
            if unit in shared and len(families[_family(said[0])]) == 1:
                size *= PRIVATE
            told[unit].append((size, len(units), said))
    hosts = {one.entity: one.host for one in sorted(alerts, key=lambda one: (one.timestamp, one.host)) if one.host}
    return [_deviation(unit, rows, kin, seen, onset, hosts) for unit, rows in sorted(told.items())]


def _deviation(
    unit: str,
    told: list[tuple[float, int, _Said]],
    kin: Kinship,
    seen: int,
    onset: float,
    hosts: Mapping[str, str],
) -> Deviation:
    sums: dict[str, float] = defaultdict(float)
    for size, _, (name, _) in told:
        sums[resource(name)] += size
    amounts = sorted(sums.values(), reverse=True)
    total = math.fsum(amount * NEXT**i for i, amount in enumerate(amounts))
    best = min(sums, key=lambda one: (-sums[one], one))
    _, count, (name, direction) = min(
        (row for row in told if resource(row[2][0]) == best), key=lambda row: (-row[0], row[2])
    )
    who = f"all {len(kin.instances[unit])} instances" if unit in kin.instances and unit not in hosts else "it"
    others = f"with {count - 1} others" if count > 1 else "alone"
    more = f", {len(told)} such metrics in all" if len(told) > 1 else ""
    return Deviation(
        entity=unit,
        metric=name,
        signal="alert",
        size=math.log1p(total),
        onset=onset,
        sentence=f"alerts of {name} {direction or 'out of range'} on {who}, {others} among {seen} entities{more}",
        host=hosts.get(unit, ""),
        name=name,
    )


def _weight(said: _Said) -> float:
    if resource(said[0]) == "network":
        return TRAFFIC
    return FALLING if said[1] == "down" else 1.0


@lru_cache(NAMES_KEPT)
def _family(name: str) -> str:
    """Who exports a metric, which the first word of its name tells."""
    return re.split(r"[^a-z]+", name.lower(), maxsplit=1)[0]


def _calls(alerts: Sequence[Alert], kin: Kinship, seen: int, onset: float) -> list[Deviation]:
    """Callees that fail slowly and blame nobody: the deepest ones, by the share of their callers that say so."""
    failing: dict[tuple[str, str], set[str]] = defaultdict(set)
    slow: dict[tuple[str, str], set[str]] = defaultdict(set)
    callers = {one.peer: set(kin.callers.get(one.peer, ())) for one in alerts}
    for one in alerts:
        (failing if one.severity in FAILING else slow)[_operation(one.name), one.peer].add(one.entity)
        callers[one.peer].add(one.entity)
    blaming = {caller for names in failing.values() for caller in names}
    both = {key: names & slow[key] for key, names in failing.items() if key[1] not in blaming and names & slow[key]}
    found = []
    for (operation, callee), names in sorted(both.items()):
        like = len([other for other, _ in both if other == operation])
        share = len(names) / len(callers[callee])
        # An error and a delay are said of it: two alerts, each as rare as the callees of which both are said.
        total = 2 * math.log(seen / like) * share if seen > like else 0.0
        if total > 0:
            told = f"{len(names)} of {len(callers[callee])} callers say that {operation} fails and is slow"
            sentence = f"{told}, and it blames nothing below"
            name = f"failing calls of {operation}"
            found.append(Deviation(callee, "", "alert", math.log1p(total), onset, sentence=sentence, name=name))
    return found


@lru_cache(NAMES_KEPT)
def _operation(name: str) -> str:
    """What was called, without where: `status 500 of http://a:80/login` is about `/login`."""
    return masked(re.sub(r"\w+://[^/ ]*", "", name.rpartition(" of ")[2]))
