"""Who depends on whom: from `topology.csv`, from spans, and from labels that name a service and its host.

Edges point from the dependent to what it depends on. A learnt edge that nothing has shown for a week is
forgotten, a stated one stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from aiops.correlate.kinship import Kinship
from aiops.errors import ConfigError
from aiops.recording.topology import stated
from aiops.types import Edge, Finding

KINDS = ("calls", "runs_on", "reads", "serves", "retrieves", "scores")
NEAR_KEPT = 512
"""Neighbourhoods that are kept for the next question; around a hub each is as large as the estate."""
FORGET_SECONDS = 7 * 86_400.0


class Topology:
    """A directed graph of entities.

    Parameters
    ----------
    stated : edges from the user; never forgotten.
    """

    def __init__(self, stated: Iterable[Edge] = ()) -> None:
        self._seen: dict[Edge, float] = dict.fromkeys(stated, float("inf"))
        self._kinship: Kinship | None
        self._sorted: list[Edge] | None
        self._near: dict[tuple[str, int], frozenset[str]] = {}
        self._beneath: dict[str, frozenset[str]] = {}
        self._oldest = float("inf")
        self.version = 0
        """Grows whenever an edge comes or goes."""
        self._relink()

    def _relink(self) -> None:
        self._renew()
        self._down: dict[str, set[str]] = defaultdict(set)
        self._up: dict[str, set[str]] = defaultdict(set)
        self._from: dict[str, list[Edge]] = defaultdict(list)
        for edge in self._seen:
            self._link(edge)

    def _renew(self) -> None:
        """Forget what was made of the edges as they were."""
        self._kinship = self._sorted = None
        self._near.clear()
        self._beneath.clear()

    def _link(self, edge: Edge) -> None:
        self.version += 1
        self._down[edge.source].add(edge.target)
        self._up[edge.target].add(edge.source)
        self._from[edge.source].append(edge)

    def learn(self, edges: Iterable[Edge], at: float) -> list[Edge]:
        """Add edges seen at event time `at`; return those that are new."""
        new = []
        for edge in edges:
            if edge.source == edge.target or not edge.source or not edge.target:
                continue
            if edge not in self._seen:
                self._link(edge)
                new.append(edge)
            self._seen[edge] = max(self._seen.get(edge, at), at)
        if new:
            self._renew()
        self._oldest = min(self._oldest, at)
        return new

    def forget(self, now: float) -> None:
        """Drop learnt edges that nothing has shown for a week."""
        if now - self._oldest < FORGET_SECONDS:
            return
        kept = {edge: seen for edge, seen in self._seen.items() if now - seen < FORGET_SECONDS}
        if len(kept) < len(self._seen):
            self._seen = kept
            self.version += 1
            self._relink()
        self._oldest = min(kept.values(), default=float("inf"))

    @property
    def kinship(self) -> Kinship:
        """Who belongs to whom."""
        if self._kinship is None:
            self._kinship = Kinship.of(self._seen)
        return self._kinship

    @property
    def edges(self) -> list[Edge]:
        """All edges, sorted."""
        if self._sorted is None:
            self._sorted = sorted(self._seen, key=lambda edge: (edge.source, edge.target, edge.kind))
        return self._sorted

    def learnt(self) -> list[tuple[Edge, float]]:
        """Edges that were not stated, and when each was last seen; sorted."""
        return [(edge, self._seen[edge]) for edge in self.edges if self._seen[edge] != float("inf")]

    def dependencies(self, entity: str) -> list[str]:
        """What `entity` depends on directly, sorted."""
        return sorted(self._down.get(entity, ()))

    def dependents(self, entity: str) -> list[str]:
        """What depends on `entity` directly, sorted."""
        return sorted(self._up.get(entity, ()))

    def within(self, entity: str, hops: int) -> frozenset[str]:
        """Entities at most `hops` edges away, in either direction, itself included."""
        if (entity, hops) in self._near:
            return self._near[entity, hops]
        found, edge = {entity}, {entity}
        for _ in range(hops):
            edge = {near for one in edge for near in (*self._down.get(one, ()), *self._up.get(one, ()))} - found
            found |= edge
        if len(self._near) >= NEAR_KEPT:
            self._near.clear()
        self._near[entity, hops] = frozenset(found)
        return self._near[entity, hops]

    def among(self, entities: Collection[str]) -> list[Edge]:
        """Edges between any two of `entities`, sorted."""
        found = (edge for one in entities for edge in self._from.get(one, ()) if edge.target in entities)
        return sorted(found, key=lambda edge: (edge.source, edge.target, edge.kind))

    def beneath(self, entity: str) -> frozenset[str]:
        """All that `entity` depends on, directly or not, itself left out."""
        if entity not in self._beneath:
            found: set[str] = set()
            edge = {entity}
            while edge:
                edge = {down for one in edge for down in self._down.get(one, ())} - found
                found |= edge
            if len(self._beneath) >= NEAR_KEPT:
                self._beneath.clear()
            self._beneath[entity] = frozenset(found - {entity})
        return self._beneath[entity]

    def reaches_up(self, entity: str, through: set[str]) -> list[str]:
        """Dependents of `entity`, direct or not, along entities of `through` only; sorted."""
        found, left = {entity}, [entity]
        while left:
            if above := self._up.get(left.pop()):
                new = (above & through) - found
                found |= new
                left += new
        found.discard(entity)
        return sorted(found)


def from_finding(finding: Finding) -> list[Edge]:
    """Edges that a finding's own labels show: what runs on which host or node, which consumer reads a queue."""
    labels, entity = finding.labels, finding.entity
    host = labels.get("host_name") or labels.get("node", "")
    group = labels.get("consumergroup", "")
    found = [Edge(entity, host, "runs_on"), Edge(group, entity, "reads")]
    return [edge for edge in found if edge.source and edge.target and edge.source != edge.target]


def read(path: Path) -> list[Edge]:
    """Edges of a `topology.csv` with the columns source, target, kind.

    Raises
    ------
    ConfigError : unreadable, without a column, or a row without source or target.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {getattr(error, 'strerror', None) or error}", file=str(path)) from error
    edges = []
    for number, row in enumerate(stated(text, str(path)), 2):
        source, target, kind = row.get("source"), row.get("target"), row.get("kind") or "calls"
        if not source or not target:
            raise ConfigError("has no source or no target", file=str(path), path=f"line {number}")
        if kind not in KINDS:
            raise ConfigError(f"kind is one of {', '.join(KINDS)}", file=str(path), path=f"line {number}", value=kind)
        edges.append(Edge(source, target, kind))
    return edges
