"""Boxes of a cause graph and the lines between them. All lengths are points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from aiops.canvas import BLUE, INK, ORANGE, PURPLE, RED
from aiops.correlate.role import AFFECTED, APART, CAUSE, SILENT
from aiops.diagnosis.graph import Box, Graph
from aiops.diagnosis.lettering import QUIET, SMALL, TAIL, USUAL, told, width, write
from aiops.layout import Arrangement

WIDE, TALL, LOW = 172.0, 56.0, 24.0
ACROSS, DOWN, INSET = 60.0, 14.0, 8.0
FILL = {CAUSE: RED, SILENT: "#F6E6F6", AFFECTED: "#FDF0D5", APART: "#E3F0F9", "": "#FFFFFF"}
EDGE = {CAUSE: RED, SILENT: PURPLE, AFFECTED: ORANGE, APART: BLUE, "": "#B5B5B5"}
DASHED, PALE, DIM = (0, (4, 2)), "#C9CDD2", "#777777"
LEAST = 0.005
"""What rounds to nothing is not said."""
Point = tuple[float, float]


def corner(origin: Point, layer: float, row: float) -> Point:
    """Upper left of a box, the graph's own being `origin`."""
    return origin[0] + layer * (WIDE + ACROSS), origin[1] + row * (TALL + DOWN)


def boxes(axes: Any, plan: Arrangement, origin: Point, seen: Graph, onset: float) -> None:
    """Name, probability, leading evidence and begin of each; of what is not affected, the name."""
    for name, place in plan.places.items():
        one, at = seen.boxes[name], corner(origin, *place)
        _frame(axes, one, at)
        if one.role:
            _fill(axes, one, at, onset)
        else:
            middle = at[0] + WIDE / 2, at[1] + TALL / 2 + 3.5
            write(axes, middle, name, WIDE - 2 * INSET, TAIL, color=DIM, ha="center")


def _frame(axes: Any, box: Box, at: Point) -> None:
    from matplotlib.patches import FancyBboxPatch

    high = TALL if box.role else LOW
    axes.add_patch(
        FancyBboxPatch(
            (at[0], at[1] + (TALL - high) / 2), WIDE, high, boxstyle="round,pad=0,rounding_size=6",
            facecolor=FILL[box.role], edgecolor=EDGE[box.role], linewidth=1.2 if box.role else 0.8,
            linestyle="-" if box.heard or not box.role else DASHED, zorder=3,
        )
    )  # fmt: skip


def _fill(axes: Any, box: Box, at: Point, onset: float) -> None:
    (x, y), room = at, WIDE - 2 * INSET
    ink, quiet = ("white", "white") if box.role == CAUSE else (INK, QUIET)
    chance = f"{box.probability:.0%}" if box.probability >= LEAST else ""
    write(axes, (x + WIDE - INSET, y + 14.0), chance, room, weight="bold", color=ink, ha="right")
    beside = width(chance, USUAL, "bold") + 6.0 if chance else 0.0
    write(axes, (x + INSET, y + 14.0), box.entity, room - beside, TAIL, weight="bold", color=ink)
    since = _since(box.began, onset)
    for i, line in enumerate(told(box.evidence, room, 2 if since else 3)):
        write(axes, (x + INSET, y + 26.0 + 10.5 * i), line, room, size=SMALL, color=quiet)
    write(axes, (x + INSET, y + 49.0), since, room, size=SMALL, color=ink)


def _since(began: float, onset: float) -> str:
    """When it began, and how long after the onset that is."""
    if not math.isfinite(began):
        return ""
    sign = "+" if began > onset else "−"
    after = f" ({sign}{abs(began - onset):.0f} s)" if math.isfinite(onset) and abs(began - onset) >= 0.5 else ""
    return f"since {datetime.fromtimestamp(began, UTC):%H:%M:%S}{after}"


def lines(axes: Any, plan: Arrangement, origin: Point, seen: Graph) -> None:
    """From left to right; those along which the cause is felt stand out."""
    felt = {name for name, box in seen.boxes.items() if box.role in (CAUSE, AFFECTED)}
    for source, target, kind in plan.links:
        (x1, y1), (x2, y2) = (corner(origin, *plan.places[one]) for one in (source, target))
        lanes = [corner(origin, *lane) for lane in plan.passed(source, target)]
        points = [(x1 + WIDE, y1), *(one for x, y in lanes for one in ((x, y), (x + WIDE, y))), (x2, y2)]
        middles = [(x, y + TALL / 2) for x, y in points]
        _line(axes, middles, strong={source, target} <= felt, dashed=kind != "calls")


def _line(axes: Any, points: Sequence[Point], *, strong: bool, dashed: bool) -> None:
    """Straight along lanes, bent between layers; against the flow (a circle) behind the boxes."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    spots, codes = [points[0]], [Curve.MOVETO]
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        if i % 2:
            spots.append((x2, y2))
            codes.append(Curve.LINETO)
            continue
        bend = max(abs(x2 - x1) / 2, ACROSS / 2)
        spots += [(x1 + bend, y1), (x2 - bend, y2), (x2, y2)]
        codes += [Curve.CURVE4] * 3
    axes.add_patch(
        FancyArrowPatch(
            path=Curve(spots, codes), arrowstyle="-|>,head_length=4,head_width=2", facecolor=RED if strong else PALE,
            edgecolor=RED if strong else PALE, linewidth=1.3 if strong else 0.9, mutation_scale=1.0, fill=False,
            linestyle=DASHED if dashed else "-", zorder=2 if strong else 1,
        )
    )  # fmt: skip
