"""Which entity a set of entities amounts to: all pods of a service are the service, all pods of a node are the node.

Kinds of entities are told by edges alone (`serves`, `runs_on`), never by names. This is inference, not a prior: a
bonus for instances, or for services, holds in the system where it was learnt and is ruinous in the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from aiops.types import Edge

FEWEST = 2
"""An only instance is the service itself: nothing could tell them apart."""


@dataclass(frozen=True, slots=True)
class Kinship:
    """Who belongs to whom.

    Attributes
    ----------
    instances : service -> the entities that serve it.
    tenants : host -> the entities that run on it.
    """

    instances: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tenants: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, edges: Iterable[Edge]) -> Kinship:
        """Read membership from edges.

        The host that an alert names makes no member: only those that have an alert would be known, so it would
        always be all of them.
        """
        instances: dict[str, set[str]] = defaultdict(set)
        tenants: dict[str, set[str]] = defaultdict(set)
        for edge in edges:
            if edge.kind == "serves":
                instances[edge.source].add(edge.target)
            elif edge.kind == "runs_on":
                tenants[edge.target].add(edge.source)
        return cls(_frozen(instances), _frozen(tenants))

    def units(self, holders: Collection[str]) -> frozenset[str]:
        """The fewest entities that account for `holders`.

        A service whose instances all hold something stands for them; so does a host for its tenants, when they are
        tenants of more than one service. The larger whole goes first.

        >>> edges = [Edge("shop", pod, "serves") for pod in ("a", "b")]
        >>> sorted(Kinship.of(edges).units({"a", "b", "c"})), sorted(Kinship.of(edges).units({"a", "c"}))
        (['c', 'shop'], ['a', 'c'])
        """
        left = set(holders)
        for whole, parts in self._wholes(left):
            if parts <= left:
                left = (left - parts) | {whole}
        return frozenset(left)

    def parts(self, whole: str) -> frozenset[str]:
        """Instances of a service, or tenants of a host; empty for others."""
        return self.instances.get(whole, self.tenants.get(whole, frozenset()))

    def calls(self, edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
        """Callee -> callers, each service with its instances put in its place."""
        callers: dict[str, set[str]] = defaultdict(set)
        for edge in edges:
            if edge.kind in ("serves", "runs_on"):
                continue
            for callee in self.instances.get(edge.target, (edge.target,)):
                callers[callee] |= set(self.instances.get(edge.source, (edge.source,))) - {callee}
        return _frozen(callers)

    def _wholes(self, present: Collection[str]) -> list[tuple[str, frozenset[str]]]:
        known = {part for parts in self.instances.values() for part in parts}
        whole = [(one, parts) for one, parts in self.instances.items() if len(parts) >= FEWEST]
        for host, tenants in self.tenants.items():
            services = {one for one, parts in self.instances.items() if parts & tenants} | (tenants - known)
            if len(services) >= FEWEST:
                whole.append((host, tenants))
        found = [(one, parts) for one, parts in whole if not parts.isdisjoint(present)]
        return sorted(found, key=lambda one: (-len(one[1]), one[0]))


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(members) for name, members in sets.items()}
