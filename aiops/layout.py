"""Where the boxes of a dependency graph stand: callers left, what they depend on right, few lines crossing.

Layers by longest distance from a caller; a line that passes over layers gets a lane of its own in each, shared by
all lines to the same end, so that none runs through a box. Entities without a line stand below. Pure and
deterministic: equal edges give an equal arrangement. Bounded: a picture is for a glance.

References
----------
Sugiyama, Tagawa and Toda (1981), IEEE Trans. Systems, Man, and Cybernetics 11:109.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MOST = 18
DEEPEST = 5
SPARE = 8
"""Neighbours shown beside the entities that play a role."""
LANE = 0.3
"""Height of a passing line, in boxes."""
SWEEPS = 6
ABREAST = 4
"""Boxes side by side when nothing is linked."""

Link = tuple[str, str, str]
"""(source, target, kind): source depends on target."""
Node = tuple[str, int]
"""A box, or a lane towards it: name and layer."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A layered drawing.

    Attributes
    ----------
    places : name -> (layer, row), both from 0; a row is a fraction where boxes stand beside what they are linked to.
    links : those between the placed names, sorted.
    layers, rows : how many there are; rows may be a fraction.
    lanes : (name, layer) -> row at which lines to `name` pass a layer they do not end in.
    """

    places: dict[str, tuple[int, float]]
    links: list[Link]
    layers: int
    rows: float
    lanes: dict[Node, float] = field(default_factory=dict)

    def passed(self, source: str, target: str) -> list[tuple[int, float]]:
        """(layer, row) of the lanes that a line takes between its ends."""
        levels = range(self.places[source][0] + 1, self.places[target][0])
        return [(level, self.lanes[target, level]) for level in levels]


def arranged(links: Iterable[Link], roles: Mapping[str, str], most: int = MOST, spare: int = SPARE) -> Arrangement:
    """Place the entities of `roles` and those next to them.

    Parameters
    ----------
    links : in any order; those from an entity to itself are passed over.
    roles : entity -> `cause` or anything else; entities without a link are placed too.
    most : boxes at most.
    spare : boxes at most of entities that play no role.
    """
    known = sorted({link for link in links if link[0] != link[1]})
    names = _nearest(known, roles, most, spare)
    known = [link for link in known if link[0] in names and link[1] in names]
    linked = {end for link in known for end in link[:2]}
    depth = _depths([name for name in names if name in linked], known)
    arcs = _arcs(known, depth)
    layers = _ordered(arcs, depth)
    rows = _rows(layers, arcs, depth)
    places = {name: (level, rows[name, level]) for name, level in depth.items()}
    alone = sorted(name for name in names if name not in linked)
    across = max(len(layers), min(len(alone), ABREAST))
    below = max((row + 1 for row in rows.values()), default=0.0)
    places |= {name: (i % across, below + i // across) for i, name in enumerate(alone)}
    lanes = {node: row for node, row in rows.items() if depth[node[0]] != node[1]}
    return Arrangement(places, known, across, below + math.ceil(len(alone) / max(across, 1)), lanes)


def _nearest(links: Sequence[Link], roles: Mapping[str, str], most: int, spare: int) -> list[str]:
    """Entities with a role first, then their neighbours, ring by ring."""
    found = sorted(roles, key=lambda name: (roles[name] != "cause", name))[:most]
    most = min(most, len(found) + spare)
    ring = found
    while ring and len(found) < most:
        ring = sorted(
            {b for a, b, _ in links if a in ring and b not in found}
            | {a for a, b, _ in links if b in ring and a not in found}
        )
        found = found + ring[: most - len(found)]
    return found


def _depths(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """Longest distance from a caller; edges that close a circle are passed over."""
    depth = dict.fromkeys(names, 0)
    forward = _forward(names, links)
    for _ in range(DEEPEST):
        for source, target in forward:
            depth[target] = max(depth[target], min(depth[source] + 1, DEEPEST))
    used = {level: i for i, level in enumerate(sorted(set(depth.values())))}
    return {name: used[depth[name]] for name in sorted(names)}


def _forward(names: Sequence[str], links: Sequence[Link]) -> list[tuple[str, str]]:
    """Pairs that close no circle, found from those that nobody calls."""
    below: dict[str, list[str]] = defaultdict(list)
    for source, target, _ in links:
        below[source].append(target)
    called = {target for _, target, _ in links}
    kept, open_, done = set(), list[str](), set()

    def walk(name: str) -> None:
        open_.append(name)
        for target in below[name]:
            if target not in open_:
                kept.add((name, target))
                if target not in done:
                    walk(target)
        done.add(open_.pop())

    for name in sorted(names, key=lambda name: (name in called, name)):
        if name not in done:
            walk(name)
    return sorted(kept)


def _arcs(links: Sequence[Link], depth: Mapping[str, int]) -> list[tuple[Node, Node]]:
    """Pieces of lines between neighbouring layers; a lane counts for each line in it."""
    found = []
    for source, target, _ in links:
        end, last = depth[target], (source, depth[source])
        for level in range(depth[source] + 1, end + 1):
            found.append((last, (target, level)))
            last = target, level
    return found


def _ordered(arcs: list[tuple[Node, Node]], depth: Mapping[str, int]) -> list[list[Node]]:
    """Boxes and lanes of each layer, swept to and fro by the mean place of what they are linked to."""
    nodes = {*depth.items(), *(node for arc in arcs for node in arc)}
    deepest = max(depth.values(), default=-1)
    layers = [sorted(node for node in nodes if node[1] == level) for level in range(deepest + 1)]
    near = _near(arcs)
    place = {node: i / len(layer) for layer in layers for i, node in enumerate(layer)}
    for sweep in range(SWEEPS):
        step = 1 if sweep % 2 else -1
        for layer in layers[::-1] if sweep % 2 else layers:
            ahead = {node: [place[one] for one in near[node] if one[1] == node[1] + step] for node in layer}
            mean = {node: _mean(ahead[node], place[node]) for node in layer}
            layer.sort(key=lambda node: (mean[node], node))
            place |= {node: i / len(layer) for i, node in enumerate(layer)}
    return layers


def _near(arcs: list[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    near = defaultdict(list)
    for a, b in sorted(arcs):
        near[a].append(b)
        near[b].append(a)
    return near


def _mean(values: Sequence[float], otherwise: float) -> float:
    return math.fsum(values) / len(values) if values else otherwise


def _rows(layers: list[list[Node]], arcs: list[tuple[Node, Node]], depth: Mapping[str, int]) -> dict[Node, float]:
    """Rows that keep the order, leave room, and are near what they are linked to."""
    near = _near(arcs)
    offset: dict[Node, float] = {}
    for layer in layers:
        tall = [1.0 if depth[name] == level else LANE for name, level in layer]
        offset |= {node: math.fsum(tall[:i]) + (tall[i] - 1) / 2 for i, node in enumerate(layer)}
    row = {node: offset[node] - offset[layer[-1]] / 2 for layer in layers for node in layer}
    for sweep in range(SWEEPS):
        for layer in layers[::-1] if sweep % 2 else layers:
            wanted = [_mean([row[one] for one in near[node]], row[node]) - offset[node] for node in layer]
            row |= {node: at + offset[node] for node, at in zip(layer, _rising(wanted), strict=True)}
    least = min(row.values(), default=0.0)
    return {node: at - least for node, at in row.items()}


def _rising(wanted: Sequence[float]) -> list[float]:
    """The nearest values that never fall (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in wanted:
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m), (b, n) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n)]
    return [value for value, count in pools for _ in range(count)]
