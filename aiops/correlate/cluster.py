"""Findings that are close in time and topology, and all that are close to those in turn.

A cluster is not yet an incident: `part` tells how many causes there are in it. Two clusters that touch are one. Uniting
only ever makes a cluster longer and wider, so whatever touches goes on touching, and the outcome does not depend on
which finding comes first. Everything is found by entity or series, so that a storm costs what its new findings cost.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from aiops.correlate import group
from aiops.correlate.topology import Topology
from aiops.types import Finding, Incident

HOPS = 2
GAP_SECONDS = 600.0
"""Findings this close in time may belong together; more than it takes a finding to end once it is calm."""


@dataclass(eq=False, slots=True)
class Cluster:
    """Findings that touch.

    Attributes
    ----------
    parts : its incidents as last judged.
    fresh, stale : findings of which more has changed since than that they ended; ids of parts that have to be
        described again for what is known beside them.
    near : all within `HOPS` of its entities, under the topology of `version`.
    """

    findings: dict[group.Key, Finding] = field(default_factory=dict)
    entities: set[str] = field(default_factory=set)
    parts: tuple[Incident, ...] = ()
    fresh: set[group.Key] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    start: float = math.inf
    near: set[str] = field(default_factory=set)
    version: int = -1
    _end: float | None = None

    @property
    def end(self) -> float:
        """When the last finding ended; inf while one goes on."""
        if self._end is None:
            self._end = max((group.end_of(one) for one in self.findings.values()), default=-math.inf)
        return self._end

    @property
    def ordered(self) -> list[Finding]:
        """Findings in canonical order."""
        return sorted(self.findings.values(), key=group.order)

    def put(self, finding: Finding) -> None:
        """Hold a finding, in place of what is known of the same stretch."""
        self.findings[group.key(finding)] = finding
        self.entities.add(finding.entity)
        self.start = min(self.start, finding.started)
        # One that goes on makes the whole go on; when one ends, the others have to be asked.
        self._end = math.inf if finding.ended is None else None

    def overlaps(self, start: float, end: float) -> bool:
        """Whether a time is close to that of the cluster."""
        return self.start <= end + GAP_SECONDS and start <= self.end + GAP_SECONDS


class Clusters:
    """All clusters of one process.

    Parameters
    ----------
    topology : what is near; a cluster asks again when it has changed.
    """

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._all: dict[Cluster, None] = {}
        self._homes: dict[group.Key, Cluster] = {}
        self._stretches: dict[group.Place, dict[float, None]] = defaultdict(dict)
        self._at: dict[str, dict[Cluster, None]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self._all)

    def home(self, finding: Finding) -> Cluster | None:
        """The cluster that holds the stretch of trouble of which `finding` tells."""
        return self._homes.get(group.key(finding))

    def stretches(self, place: group.Place) -> list[Finding]:
        """Findings about a series."""
        keys = [(*place, started) for started in self._stretches.get(place, ())]
        return [self._homes[key].findings[key] for key in keys]

    def at(self, entities: Collection[str]) -> list[Cluster]:
        """Clusters that hold findings of any of `entities`."""
        fewer, more = sorted((entities, self._at.keys()), key=len)
        return list(dict.fromkeys(one for entity in fewer if entity in more for one in self._at[entity]))

    def add(self, finding: Finding) -> Cluster:
        """Hold a finding where it belongs, and unite what it brings together."""
        end = group.end_of(finding)
        for known in self._at.get(finding.entity, ()):
            if known.overlaps(finding.started, end):
                inside = known.start <= finding.started and end <= known.end
                self._put(known, finding)
                return known if inside else self.gather(known)
        return self.gather(self.keep([finding], ()))

    def renew(self, home: Cluster, finding: Finding) -> Cluster:
        """Put what is newly told of a stretch in place of what `home` knows of it."""
        old = home.findings[group.key(finding)]
        new = group.renewed(old, finding)
        home.put(new)
        if replace(new, ended=old.ended, reason=old.reason) != old:
            home.fresh.add(group.key(new))
        return self.gather(home) if group.end_of(new) > group.end_of(old) else home

    def gather(self, whole: Cluster) -> Cluster:
        """Unite a cluster with all that it touches, and those in turn."""
        while found := [one for one in self.at(self.near(whole)) if one is not whole and self._touch(one, whole)]:
            for one in found:
                if len(one.findings) > len(whole.findings):
                    one, whole = whole, one
                self.remove(one)
                for finding in one.findings.values():
                    self._put(whole, finding)
                whole.parts += one.parts
                whole.stale |= one.stale
        return whole

    def remove(self, cluster: Cluster) -> None:
        """Let go of a cluster."""
        del self._all[cluster]
        self._unlist(cluster, cluster.findings.values(), cluster.entities)

    def drop(self, cluster: Cluster, findings: Iterable[Finding]) -> None:
        """Let go of some findings of a cluster, of which others stay."""
        gone = list(findings)
        for one in gone:
            del cluster.findings[group.key(one)]
        left = {one.entity for one in cluster.findings.values()}
        self._unlist(cluster, gone, cluster.entities - left)
        cluster.entities, cluster.version, cluster._end = left, -1, None
        cluster.start = min(one.started for one in cluster.findings.values())

    def _unlist(self, cluster: Cluster, findings: Iterable[Finding], entities: Iterable[str]) -> None:
        for one in findings:
            key, place = group.key(one), group.place(one)
            del self._homes[key], self._stretches[place][one.started]
            if not self._stretches[place]:
                del self._stretches[place]
        for entity in entities:
            del self._at[entity][cluster]
            if not self._at[entity]:
                del self._at[entity]

    def keep(self, findings: Iterable[Finding], parts: tuple[Incident, ...]) -> Cluster:
        """Hold findings that are known to belong together, as in a snapshot; whoever held them was removed."""
        made = Cluster(parts=parts)
        self._all[made] = None
        for finding in findings:
            self._put(made, finding)
        return made

    @staticmethod
    def _touch(one: Cluster, other: Cluster) -> bool:
        return one.overlaps(other.start, other.end)

    def _put(self, cluster: Cluster, finding: Finding) -> None:
        if finding.entity not in cluster.entities and cluster.version == self._topology.version:
            cluster.near |= self._topology.within(finding.entity, HOPS)
        cluster.put(finding)
        key = group.key(finding)
        cluster.fresh.add(key)
        self._homes[key] = cluster
        self._stretches[key[:2]][finding.started] = None
        self._at[finding.entity][cluster] = None

    def near(self, cluster: Cluster) -> set[str]:
        """All within `HOPS` of a cluster's entities."""
        if cluster.version != self._topology.version:
            near = (self._topology.within(entity, HOPS) for entity in cluster.entities)
            cluster.near, cluster.version = {one for some in near for one in some}, self._topology.version
        return cluster.near
