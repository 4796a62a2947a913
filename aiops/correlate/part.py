"""How many causes a cluster of findings has: one, unless it shows that there are more.

What is close in time and topology is taken for one incident, since an edge that nobody has learnt is likelier than two
faults at once. Two things show otherwise. *Time*: all was calm for `CALM_SECONDS`, and what begins then is mostly not
what was there before. *Place*: at the bottom of what suffers are two entities of which neither can be the doing of the
other, on the graph as it is known: none depends on the other, nothing that both depend on is a suspect, and each has
somebody suffer who does not depend on the other. The last also tells them from a victim below, which is loaded by
callers that wait or try again, and whose dependents are those of the cause. If they began together, nothing may be
beneath either that could be to blame.

A finding belongs to the cause beneath it; where there are several, to the one that was there first. All this is a
function of findings and graph, not of the order in which they came.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from aiops.correlate import group
from aiops.correlate.topology import Topology
from aiops.types import Finding

CALM_SECONDS = 120.0
"""Calm for this long, a cause is over; until then what begins is taken for a late symptom of it."""
AGAIN = 2 / 3
"""Share of the series that were there before, of the fewer, from which on it is the same trouble again."""
TOGETHER_SECONDS = 90.0
"""Onsets closer than this may be one moment."""
SUSPECT = 0.5
"""Share of its dependents in trouble that makes a suspect of an entity that shows none itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """Findings of one cause.

    Attributes
    ----------
    roots, others : what is at the bottom of it, and of those at the same time; empty when it is alone.
    since : when all was calm before it.
    """

    findings: tuple[Finding, ...]
    roots: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    since: float = -math.inf

    def is_of_others(self, entity: str, topology: Topology) -> bool:
        """Whether what an entity shows is the doing of another cause alone."""
        below = {entity, *topology.beneath(entity)}
        return below.isdisjoint(self.roots) and not below.isdisjoint(self.others)


def parts(
    findings: Sequence[Finding], trouble: Collection[str], topology: Topology, reach: Mapping[str, float] | None = None
) -> list[Part]:
    """Divide findings by their causes.

    Parameters
    ----------
    findings : of one cluster, in canonical order; at least one.
    trouble : entities that show something unusual beside them, of whatever severity.
    reach : id of an incident -> until when it was not calm, where not all its findings are kept.

    Returns
    -------
    by their earliest finding; most often all in one.
    """
    found: list[Part] = []
    since = -math.inf
    for stretch in _stretches(findings, reach or {}):
        found += (replace(one, since=since) for one in _places(stretch, trouble, topology))
        since = max(group.end_of(one) for one in stretch)
    return sorted(found, key=lambda one: group.order(one.findings[0]))


def _stretches(findings: Sequence[Finding], reach: Mapping[str, float]) -> list[list[Finding]]:
    """Findings that calm divides, unless the same comes again."""
    found: list[list[Finding]] = []
    until = -math.inf
    for one in findings:
        if not found or one.started > until + CALM_SECONDS:
            found.append([])
        found[-1].append(one)
        until = max(until, group.end_of(one))
        if reach:
            until = max(until, reach.get(group.identity(one), until))
    whole: list[list[Finding]] = []
    before: set[group.Place] = set()
    for stretch in found:
        now = {group.place(one) for one in stretch}
        if whole and len(before & now) >= AGAIN * min(len(before), len(now)):
            whole[-1] += stretch
            before |= now
        else:
            whole.append(stretch)
            before = now
    return whole


def _places(findings: Sequence[Finding], trouble: Collection[str], topology: Topology) -> list[Part]:
    """Findings divided by what is at the bottom of them."""
    onsets = _onsets(findings)
    if len(onsets) < 4:  # two causes, each with somebody who suffers from it alone
        return [Part(tuple(findings))]
    below = {one: topology.beneath(one) & onsets.keys() for one in onsets}
    # Of those that depend on each other, each may be to blame.
    bottoms = [one for one, others in below.items() if all(one in below[other] for other in others)]
    if len(bottoms) < 2:
        return [Part(tuple(findings))]
    above = {one: frozenset(other for other, others in below.items() if one in others) for one in bottoms}
    scene = _Scene(onsets, {*trouble, *onsets}, above, topology)
    groups = _united(bottoms, scene)
    if len(groups) < 2:
        return [Part(tuple(findings))]
    shares: list[list[Finding]] = [[] for _ in groups]
    for finding in findings:
        shares[scene.home(finding.entity, groups)].append(finding)
    every = frozenset(one for roots in groups for one in roots)
    return [
        Part(tuple(some), frozenset(roots), every.difference(roots))
        for some, roots in zip(shares, groups, strict=True)
        if some
    ]


def _onsets(findings: Sequence[Finding]) -> dict[str, float]:
    """Who suffers, and since when: whom findings are about, and whom calls that they are about lead to."""
    found: dict[str, float] = {}
    for one in findings:  # the earliest of each comes first
        found.setdefault(one.entity, one.started)
        if peer := one.labels.get("peer", ""):
            found.setdefault(peer, one.started)
    return found


@dataclass(frozen=True, slots=True)
class _Scene:
    """Who suffers since when, who shows anything unusual at all, and who of those depends on whom."""

    onsets: Mapping[str, float]
    trouble: Collection[str]
    above: Mapping[str, frozenset[str]]
    topology: Topology

    def apart(self, one: str, other: str) -> bool:
        """Whether neither of two entities at the bottom can be the doing of the other, nor both of a third."""
        below, beyond = self.topology.beneath(one), self.topology.beneath(other)
        if other in below or one in beyond or any(self._suspect(shared) for shared in below & beyond):
            return False
        ours, theirs = self.above[one], self.above[other]
        if not (ours - theirs and theirs - ours):
            return False
        together = abs(self.onsets[one] - self.onsets[other]) < TOGETHER_SECONDS
        return not together or (self._last(one) and self._last(other))

    def home(self, entity: str, groups: Sequence[Collection[str]]) -> int:
        """Which of several causes an entity suffers from: the one beneath it that was there first."""
        below = {entity, *self.topology.beneath(entity)}
        since = [min(self.onsets[one] for one in roots) for roots in groups]
        order = sorted(range(len(groups)), key=lambda i: (below.isdisjoint(groups[i]), since[i], i))
        return order[0]

    def _suspect(self, entity: str) -> bool:
        dependents = self.topology.dependents(entity)
        return entity in self.trouble or sum(one in self.trouble for one in dependents) >= SUSPECT * len(dependents)

    def _last(self, entity: str) -> bool:
        """Whether there is nothing beneath an entity but, at most, what it runs on and what shows no trouble."""
        return all(not self.topology.dependencies(one) for one in self.topology.beneath(entity))


def _united(bottoms: Sequence[str], scene: _Scene) -> list[list[str]]:
    """Entities at the bottom, those together that nothing shows to be apart."""
    homes = {one: [one] for one in bottoms}
    for one, other in combinations(bottoms, 2):
        if homes[one] is not homes[other] and not scene.apart(one, other):
            homes[one] += homes[other]
            for moved in homes[other]:
                homes[moved] = homes[one]
    return [some for one, some in homes.items() if some[0] == one]
