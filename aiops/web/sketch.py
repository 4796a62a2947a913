"""The topology around an incident as SVG: who depends on whom, and where it hurts.

Layers from left (callers) to right (what they depend on). A sketch for a glance, so it is bounded: the nearest
`MOST` entities. Pure and deterministic: equal edges give an equal picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aiops.web.svg import element, label, text

MOST = 18
BOX, HIGH, ACROSS, DOWN, MARGIN = 132.0, 34.0, 58.0, 16.0, 8.0
LONGEST_NAME = 19

Link = tuple[str, str, str]
"""(source, target, kind): source depends on target."""


def sketch(links: Iterable[Link], roles: Mapping[str, str]) -> str:
    """Draw it.

    Parameters
    ----------
    links : (source, target, kind).
    roles : entity -> `cause`, `affected` or anything else; entities without a link are drawn too.

    Returns
    -------
    SVG, or an empty string when there is nothing to draw.
    """
    links = sorted({link for link in links if link[0] != link[1]})
    names = _nearest(links, roles)
    if not names:
        return ""
    links = [link for link in links if link[0] in names and link[1] in names]
    layers = _ordered(_layers(names, links), links)
    places = {
        name: (MARGIN + column * (BOX + ACROSS), MARGIN + row * (HIGH + DOWN) + _lift(layers, layer))
        for column, layer in enumerate(layers)
        for row, name in enumerate(layer)
    }
    width = 2 * MARGIN + len(layers) * BOX + (len(layers) - 1) * ACROSS
    height = 2 * MARGIN + max(len(layer) for layer in layers) * (HIGH + DOWN) - DOWN
    arrow = element("path", d="M0 0L6 3L0 6z", _class="arrow")
    marker = element("marker", arrow, id="arrow", markerWidth=6.0, markerHeight=6.0, refX=6.0, refY=3.0, orient="auto")
    return element(
        "svg",
        element("title", text("Topology around the incident")),
        element("desc", text("; ".join(f"{source} {kind} {target}" for source, target, kind in links) or "no edges")),
        element("defs", marker),
        *(_line(places[source], places[target], kind) for source, target, kind in links),
        *(_box(name, *places[name], roles.get(name, "near")) for name in sorted(places)),
        _class="sketch",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        width=width,
    )


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
        if len(found) >= len(roles) + 8:
            break
    return found


def _layers(names: Sequence[str], links: Sequence[Link]) -> list[list[str]]:
    """Longest distance from a caller; edges that close a circle are passed over."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for source, target, _kind in links:
            if depth[target] < depth[source] + 1 <= 5:
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


def _lift(layers: list[list[str]], layer: list[str]) -> float:
    return (max(len(other) for other in layers) - len(layer)) * (HIGH + DOWN) / 2


def _box(name: str, x: float, y: float, role: str) -> str:
    shown = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    kind = role if role in ("cause", "affected") else "near"
    return element(
        "g",
        element("title", text(f"{name} ({'likely cause' if kind == 'cause' else kind})")),
        element("rect", x=x, y=y, width=BOX, height=HIGH, rx=7.0),
        label(x + BOX / 2, y + HIGH / 2 + 4, shown, "name", "middle"),
        _class=f"node {kind}",
    )


def _line(source: tuple[float, float], target: tuple[float, float], kind: str) -> str:
    x1, y1, x2, y2 = source[0] + BOX, source[1] + HIGH / 2, target[0] - 2, target[1] + HIGH / 2
    if x2 < x1:  # against the flow (a circle): round below
        x1, x2 = source[0] + BOX / 2, target[0] + BOX / 2
        y1, y2 = source[1] + HIGH, target[1] + HIGH + 2
        d = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + 30:.0f} {x2:.0f} {y2 + 30:.0f} {x2:.0f} {y2:.0f}"
    else:
        bend = max(24.0, (x2 - x1) / 2)
        d = f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    quiet = "edge" if kind == "calls" else "edge dashed"
    return element("path", element("title", text(kind)), d=d, _class=quiet, marker_end="url(#arrow)")
