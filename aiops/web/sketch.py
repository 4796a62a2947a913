"""The topology around an incident as SVG: who depends on whom, where it hurts, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from aiops.correlate.role import MEANING
from aiops.layout import Arrangement, Link, arranged
from aiops.web.svg import element, label, text

BOX, HIGH, ACROSS, DOWN, MARGIN = 132.0, 34.0, 58.0, 16.0, 8.0
LONGEST_NAME, LONGEST_NOTE = 19, 25
Point = tuple[float, float]


def sketch(links: Iterable[Link], roles: Mapping[str, str], notes: Mapping[str, str] | None = None) -> str:
    """Draw it.

    Parameters
    ----------
    links : (source, target, kind).
    roles : entity -> its part, one of `MEANING`; entities without a link are drawn too.
    notes : entity -> what stands below its name.

    Returns
    -------
    SVG, or an empty string when there is nothing to draw.
    """
    plan = arranged(links, roles)
    if not plan.places:
        return ""
    width = 2 * MARGIN + plan.layers * BOX + (plan.layers - 1) * ACROSS
    height = 2 * MARGIN + plan.rows * (HIGH + DOWN) - DOWN
    arrow = element("path", d="M0 0L6 3L0 6z", _class="arrow")
    marker = element("marker", arrow, id="arrow", markerWidth=6.0, markerHeight=6.0, refX=6.0, refY=3.0, orient="auto")
    told = "; ".join(f"{source} {kind} {target}" for source, target, kind in plan.links)
    return element(
        "svg",
        element("title", text("Topology around the incident")),
        element("desc", text(told or "no edges")),
        element("defs", marker),
        *(_line(_route(plan, source, target), kind) for source, target, kind in plan.links),
        *(
            _box(name, _corner(*place), roles.get(name, ""), (notes or {}).get(name, ""))
            for name, place in sorted(plan.places.items())
        ),
        _class="sketch",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        width=width,
    )


def _box(name: str, place: tuple[float, float], role: str, note: str) -> str:
    (x, y), about = place, f"{name} ({MEANING[role]})"
    lines = [
        label(x + BOX / 2, y + (HIGH / 2 - 2 if note else HIGH / 2 + 4), _cut(name, LONGEST_NAME), "name", "middle")
    ]
    if note:
        lines.append(label(x + BOX / 2, y + HIGH - 6, _cut(note, LONGEST_NOTE), "note", "middle"))
    return element(
        "g",
        element("title", text(f"{about}: {note}" if note else about)),
        element("rect", x=x, y=y, width=BOX, height=HIGH, rx=7.0),
        *lines,
        _class=f"node {role}".rstrip(),
    )


def _cut(content: str, most: int) -> str:
    return content if len(content) <= most else content[: most - 1] + "…"


def _corner(layer: float, row: float) -> Point:
    return MARGIN + layer * (BOX + ACROSS), MARGIN + row * (HIGH + DOWN)


def _route(plan: Arrangement, source: str, target: str) -> list[Point]:
    """Right of the source, along the lanes of the layers between, left of the target."""
    (x1, y1), (x2, y2) = _corner(*plan.places[source]), _corner(*plan.places[target])
    lanes = [_corner(*lane) for lane in plan.passed(source, target)]
    points = [(x1 + BOX, y1), *(one for x, y in lanes for one in ((x, y), (x + BOX, y))), (x2 - 2, y2)]
    return [(x, y + HIGH / 2) for x, y in points]


def _line(points: list[Point], kind: str) -> str:
    (x1, y1), (x2, y2) = points[0], points[-1]
    if x2 < x1:  # against the flow (a circle): round below
        x1, x2, y1, y2 = x1 - BOX / 2, x2 + 2 + BOX / 2, y1 + HIGH / 2, y2 + HIGH / 2 + 2
        d = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + 30:.0f} {x2:.0f} {y2 + 30:.0f} {x2:.0f} {y2:.0f}"
    else:
        d = f"M{x1:.0f} {y1:.0f}" + "".join(_piece(*pair, i) for i, pair in enumerate(pairwise(points)))
    quiet = "edge" if kind == "calls" else "edge dashed"
    return element("path", element("title", text(kind)), d=d, _class=quiet, marker_end="url(#arrow)")


def _piece(start: Point, end: Point, number: int) -> str:
    """Bent between layers, straight along a lane."""
    (x1, y1), (x2, y2) = start, end
    if number % 2:
        return f"H{x2:.0f}"
    bend = (x2 - x1) / 2
    return f"C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
