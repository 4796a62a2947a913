"""Where the boxes of a dependency graph stand: callers left, what they depend on right, few lines crossing.

Pure and deterministic: equal edges give an equal arrangement. Bounded: a picture is for a glance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST = 18
DEEPEST = 5
SPARE = 8
"""Neighbours shown beside the entities that play a role."""

Link = tuple[str, str, str]
"""(source, target, kind): source depends on target."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A layered drawing.

    Attributes
    ----------
    places : name -> (layer, row), both from 0; rows are fractions where a shorter layer is centred.
    links : those between the placed names, sorted.
    layers, rows : how many there are.
    """

    places: dict[str, tuple[int, float]]
    links: list[Link]
    layers: int
    rows: int


def arranged(links: Iterable[Link], roles: Mapping[str, str]) -> Arrangement:
    """Place the entities of `roles` and those next to them, at most `MOST`.

    Parameters
    ----------
    links : in any order; those from an entity to itself are passed over.
    roles : entity -> `cause` or anything else; entities without a link are placed too.
    """
    known = sorted({link for link in links if link[0] != link[1]})
    names = _nearest(known, roles)
    known = [link for link in known if link[0] in names and link[1] in names]
    layers = _ordered(_layers(names, known), known)
    rows = max((len(layer) for layer in layers), default=0)
    places = {
        name: (column, row + (rows - len(layer)) / 2)
        for column, layer in enumerate(layers)
        for row, name in enumerate(layer)
    }
    return Arrangement(places, known, len(layers), rows)


def _nearest(links: Sequence[Link], roles: Mapping[str, str]) -> list[str]:
    """Entities with a role first, then their neighbours, ring by ring, at most `MOST`."""
    found = sorted(roles, key=lambda name: (roles[name] != "cause", name))[:MOST]
    ring = found
    while ring and len(found) < MOST:
        ring = sorted(
            {b for a, b, _ in links if a in ring and b not in found}
            | {a for a, b, _ in links if b in ring and a not in found}
        )
        found += ring[: MOST - len(found)]
        if len(found) >= len(roles) + SPARE:
            break
    return found


def _layers(names: Sequence[str], links: Sequence[Link]) -> list[list[str]]:
    """Longest distance from a caller; edges that close a circle are passed over."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for source, target, _kind in links:
            if depth[target] < depth[source] + 1 <= DEEPEST:
                depth[target] = depth[source] + 1
                moved = True
        if not moved:
            break
    used = sorted(set(depth.values()))
    return [sorted(name for name in names if depth[name] == level) for level in used]


def _ordered(layers: list[list[str]], links: Sequence[Link]) -> list[list[str]]:
    """Sort each layer by the mean place of its callers, so that lines cross less."""
    row = {name: float(i) for layer in layers for i, name in enumerate(layer)}
    for layer in layers[1:]:
        callers = {name: [row[a] for a, b, _ in links if b == name and a not in layer] for name in layer}
        layer.sort(key=lambda name: (sum(callers[name]) / len(callers[name]) if callers[name] else row[name], name))
        row |= {name: float(i) for i, name in enumerate(layer)}
    return layers
