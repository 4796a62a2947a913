"""Who is who: one thing that two sources name differently is one entity, and equal numbers are told once.

Sources do not agree on names: a gateway reports a service's own latencies under a name of its own, a mesh names the
workload where the kubelet names its pod. Left apart, each name holds half of the evidence. Joined are

- a workload and its only pod, under the workload's name, which is the one that changes, calls and people use;
- a name that nobody places in the topology, when most of what it tells about requests are exactly the numbers of
  another entity that tells more.

Equal numbers about resources join nobody: whoever shares a host shows them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from aiops.correlate.track import Track
from aiops.types import Edge

_POD = re.compile(r"-[0-9a-f]{6,10}-[a-z0-9]{5}$")
"""How Kubernetes names a pod after its workload."""
_SYMPTOMS = ("error", "latency")
Calls = Collection[tuple[str, str]]


def told_once(made: Sequence[Track], calls: Calls) -> list[Track]:
    """Leave out tracks with equal numbers: an entity that tells more keeps them, equals share something below them.

    Where every call of one is a call of the other, both fail alike: a symptom that was passed on is told by each. What
    another name for an entity tells beside is told by that entity.
    """
    groups = list(_alike(made))
    if not groups:
        return list(made)
    told = Counter(one.entity for one in made)
    dropped: set[int] = set()
    for group in groups:
        entities = {made[i].entity for i in group}
        most = max(told[one] for one in entities)
        richest = [one for one in entities if told[one] == most]
        twice = {i for i in group if len(richest) > 1 or made[i].entity != richest[0]}
        dropped |= {i for i in twice if not _passed_on(made[i], entities, calls)}
    names = _other_names(made, groups, calls)
    return [renamed(one, names) for i, one in enumerate(made) if i not in dropped]


def renamed(track: Track, names: Mapping[str, str]) -> Track:
    """The track under the names by which entities are known."""
    if track.entity not in names and track.peer not in names:
        return track
    return msgspec.structs.replace(
        track, entity=names.get(track.entity, track.entity), peer=names.get(track.peer, track.peer)
    )


def workloads(entities: Collection[str], edges: Sequence[Edge]) -> tuple[dict[str, str], list[Edge]]:
    """Which pods are known by their workload's name, and what the others serve.

    Returns
    -------
    only pod -> its workload; edges from a workload to each of its pods, and from those to what the workload calls.
    """
    pods = {pod: _POD.sub("", pod) for pod in sorted(entities) if _POD.search(pod) and _POD.sub("", pod) in entities}
    count = Counter(pods.values())
    only = {pod: workload for pod, workload in pods.items() if count[workload] == 1}
    found = []
    for pod, workload in pods.items():
        if pod not in only:
            found.append(Edge(workload, pod, "serves"))
            found += [Edge(pod, one.target) for one in edges if one.source == workload and one.target not in pods]
    return only, found


def joined(edges: Sequence[Edge], names: Mapping[str, str]) -> list[Edge]:
    """Edges under the names by which entities are known; none from an entity to itself."""
    known = [
        replace(one, source=names.get(one.source, one.source), target=names.get(one.target, one.target))
        if one.source in names or one.target in names
        else one
        for one in edges
    ]
    return [one for one in known if one.source != one.target]


def _alike(made: Sequence[Track]) -> Iterator[list[int]]:
    """Tracks of more than one entity that hold the same numbers, and not one number all along."""
    groups = [[i for i, one in enumerate(made) if len(one.value)]]
    for told in (_first, _last, _all):  # what is found out soonest first: hardly anything is left for the last
        groups = [part for some in groups for part in _parted(some, made, told)]
    for some in groups:
        if len({made[i].entity for i in some}) > 1 and _varies(made[some[0]]):
            yield some


def _parted(some: Sequence[int], made: Sequence[Track], told: Callable[[Track], Hashable]) -> list[list[int]]:
    """Those of which the same is told, of at least two."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for i in some:
        found[told(made[i])].append(i)
    return [part for part in found.values() if len(part) > 1]


def _first(track: Track) -> Hashable:
    return track.value.item(0)


def _last(track: Track) -> Hashable:
    return len(track.value), track.value.item(-1)


def _all(track: Track) -> Hashable:
    return track.time.item(0), track.value.tobytes()


def _varies(track: Track) -> bool:
    return bool((track.value != track.value[:1]).any())


def _passed_on(track: Track, others: Collection[str], calls: Calls) -> bool:
    """Whether it is a symptom that runs along a call to or from one of the others."""
    ends = {pair for one in others for pair in ((track.entity, one), (one, track.entity))}
    return track.signal in _SYMPTOMS and not ends.isdisjoint(calls)


def _other_names(made: Sequence[Track], groups: Iterable[Sequence[int]], calls: Calls) -> dict[str, str]:
    """Name that is only another one -> whose it is."""
    placed = {end for pair in calls for end in pair}
    told = Counter(one.entity for one in made)
    shared: Counter[tuple[str, str]] = Counter()
    for group in groups:
        entities = sorted({made[i].entity for i in group if made[i].signal in _SYMPTOMS})
        shared.update((a, b) for a in entities for b in entities if a not in placed and told[a] < told[b])
    about_requests = (one for one in made if one.signal in _SYMPTOMS)
    varying = Counter(one.entity for one in about_requests if _varies(one)) if shared else Counter[str]()
    found: dict[str, str] = {}
    for (name, entity), count in sorted(shared.items(), key=lambda one: (one[1], told[one[0][1]], one[0])):
        if 2 * count > varying[name]:
            found[name] = entity
    return found
