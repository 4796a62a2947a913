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
    callers : callee -> its callers, each service with its instances put in its place.
    wholes : services and hosts that can stand for all their parts, the largest first.
    """

    instances: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tenants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    callers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wholes: tuple[tuple[str, frozenset[str]], ...] = ()

    @classmethod
    def of(cls, edges: Iterable[Edge]) -> Kinship:
        """Read membership from edges.

        The host that an alert names makes no member: only those that have an alert would be known, so it would
        always be all of them.
        """
        edges = list(edges)
        instances = _gathered((edge.source, edge.target) for edge in edges if edge.kind == "serves")
        tenants = _gathered((edge.target, edge.source) for edge in edges if edge.kind == "runs_on")
        calls = [edge for edge in edges if edge.kind not in ("serves", "runs_on")]
        callers = _gathered(
            (callee, caller)
            for edge in calls
            for callee in instances.get(edge.target, (edge.target,))
            for caller in instances.get(edge.source, (edge.source,))
            if caller != callee
        )
        return cls(instances, tenants, callers, _wholes(instances, tenants))

    def units(self, holders: Collection[str]) -> frozenset[str]:
        """The fewest entities that account for `holders`.

        A service whose instances all hold something stands for them; so does a host for its tenants, when they are
        tenants of more than one service. The larger whole goes first.

        >>> edges = [Edge("shop", pod, "serves") for pod in ("a", "b")]
        >>> sorted(Kinship.of(edges).units({"a", "b", "c"})), sorted(Kinship.of(edges).units({"a", "c"}))
        (['c', 'shop'], ['a', 'c'])
        """
        left = set(holders)
        for whole, parts in self.wholes if len(left) >= FEWEST else ():
            if parts <= left:
                left = (left - parts) | {whole}
        return frozenset(left)

    def parts(self, whole: str) -> frozenset[str]:
        """Instances of a service, or tenants of a host; empty for others."""
        return self.instances.get(whole, self.tenants.get(whole, frozenset()))


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    sets: dict[str, set[str]] = defaultdict(set)
    for name, member in pairs:
        sets[name].add(member)
    return {name: frozenset(members) for name, members in sets.items()}


def _wholes(
    instances: Mapping[str, frozenset[str]], tenants: Mapping[str, frozenset[str]]
) -> tuple[tuple[str, frozenset[str]], ...]:
    """What can stand for its parts, the largest first."""
    service = {part: one for one, parts in sorted(instances.items()) for part in parts}
    found = [(one, parts) for one, parts in instances.items() if len(parts) >= FEWEST]
    for host, on_it in tenants.items():
        if len({service.get(one, one) for one in on_it}) >= FEWEST:
            found.append((host, on_it))
    return tuple(sorted(found, key=lambda one: (-len(one[1]), one[0])))
