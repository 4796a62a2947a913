"""The topology around an incident as SVG: who depends on whom, where it hurts, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiops.layout import Link, arranged
from aiops.web.svg import element, label, text

BOX, HIGH, ACROSS, DOWN, MARGIN = 132.0, 34.0, 58.0, 16.0, 8.0
LONGEST_NAME, LONGEST_NOTE = 19, 25


def sketch(links: Iterable[Link], roles: Mapping[str, str], notes: Mapping[str, str] | None = None) -> str:
    """Draw it.

    Parameters
    ----------
    links : (source, target, kind).
    roles : entity -> `cause`, `affected` or anything else; entities without a link are drawn too.
    notes : entity -> what stands below its name.

    Returns
    -------
    SVG, or an empty string when there is nothing to draw.
    """
    plan = arranged(links, roles)
    if not plan.places:
        return ""
    places = {
        name: (MARGIN + layer * (BOX + ACROSS), MARGIN + row * (HIGH + DOWN))
        for name, (layer, row) in plan.places.items()
    }
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
        *(_line(places[source], places[target], kind) for source, target, kind in plan.links),
        *(_box(name, places[name], roles.get(name, "near"), (notes or {}).get(name, "")) for name in sorted(places)),
        _class="sketch",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        width=width,
    )


def _box(name: str, place: tuple[float, float], role: str, note: str) -> str:
    (x, y), kind = place, role if role in ("cause", "affected") else "near"
    about = f"{name} ({'likely cause' if kind == 'cause' else kind})"
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
        _class=f"node {kind}",
    )


def _cut(content: str, most: int) -> str:
    return content if len(content) <= most else content[: most - 1] + "…"


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
