"""A picture of an answer: who depends on whom, where it hurts, since when and why, and how likely each cause is.

What plays no part is folded into a number, except next to what does. All lengths are points, from the top left; texts
are measured before they are set, so that none runs into another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from os.path import commonpath
from pathlib import Path
from typing import Any

from aiops import canvas
from aiops.canvas import BLUE, blank, save
from aiops.correlate.role import CAUSE, MEANING
from aiops.diagnosis.answer import Answer
from aiops.diagnosis.graph import Graph, graph
from aiops.diagnosis.job import Study
from aiops.diagnosis.lettering import QUIET, TAIL, write
from aiops.diagnosis.shape import ACROSS, DIM, DOWN, EDGE, FILL, LEAST, TALL, WIDE, boxes, lines
from aiops.layout import Arrangement, arranged

MOST_BOXES, MOST_CAUSES, MOST_CHANGES = 26, 5, 4
MARGIN, HEAD, LEGEND, LINE = 22.0, 58.0, 30.0, 17.0
LEAST_WIDTH, RAIL = 660.0, "#E8E8E8"
Row = tuple[str, float, str]
"""Name, probability, and what is told about it."""


def places(picture: Path, recordings: Sequence[Path]) -> list[Path]:
    """The file of each recording's picture; of several, in a folder as the recordings are.

    Raises
    ------
    ConfigError : matplotlib is not installed, or the place fits no picture.
    """
    whole = [one.resolve() for one in recordings]
    top = commonpath([one.parent for one in whole])
    return canvas.places(picture, [one.relative_to(top) for one in whole], several=len(recordings) > 1)


def draw(path: Path, study: Study) -> None:
    """Draw the cause graph of an answer, in the format of the file's suffix.

    Raises
    ------
    ConfigError : the place cannot be written.
    """
    seen, answer = graph(study), study.answer
    shown = _shown(seen)
    plan = arranged(seen.links, {name: seen.boxes[name].role or "near" for name in shown}, MOST_BOXES)
    causes, changes = _causes(answer), _changes(study)
    across = plan.layers * (WIDE + ACROSS) - ACROSS
    inner, bottom = max(across, LEAST_WIDTH), HEAD + plan.rows * (TALL + DOWN)
    axes = _sheet(inner + 2 * MARGIN, bottom + LEGEND + (1 + max(len(causes), len(changes))) * LINE + MARGIN)
    _title(axes, answer, inner)
    origin = MARGIN + (inner - across) / 2, HEAD
    lines(axes, plan, origin, seen)
    boxes(axes, plan, origin, seen, study.onset)
    _legend(axes, bottom, inner, seen, plan)
    _bars(axes, (MARGIN, bottom + LEGEND), "Likeliest causes", causes, inner / 2 - 16.0)
    if answer.changes:
        _bars(axes, (MARGIN + inner / 2, bottom + LEGEND), "Recorded changes", changes, inner / 2)
    save(axes.figure, path)


def _sheet(width: float, height: float) -> Any:
    """Axes over the whole of a figure, measured from the top left."""
    axes = blank(width / 72, height / 72).add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(height, 0.0))
    axes.set_axis_off()
    return axes


def _shown(seen: Graph) -> list[str]:
    """Those that play a part, the most telling first, as many as there is room for."""
    parts = [box for box in seen.boxes.values() if box.role]
    parts.sort(key=lambda box: (box.role != CAUSE, -box.probability, [*MEANING].index(box.role), box.entity))
    return [box.entity for box in parts[:MOST_BOXES]]


def _title(axes: Any, answer: Answer, inner: float) -> None:
    onset = "nothing deviates" if answer.onset is None else f"onset {_moment(answer.onset)}"
    changes = f"none of the recorded changes {answer.none:.0%}" if answer.changes else "no change was recorded"
    failing = f"first failing {answer.first_failing}" if answer.first_failing else ""
    write(axes, (MARGIN, 26.0), answer.recording, inner, size=12, weight="bold")
    told = "   ·   ".join(one for one in (onset, failing, changes) if one)
    write(axes, (MARGIN, 43.0), told, inner, size=8.5, color=QUIET)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _legend(axes: Any, y: float, inner: float, seen: Graph, plan: Arrangement) -> None:
    """What the colours mean, and what is not drawn."""
    from matplotlib.patches import Rectangle

    x = MARGIN
    drawn = {seen.boxes[name].role for name in plan.places}
    for role, told in MEANING.items():
        if role not in drawn:
            continue
        axes.add_patch(Rectangle((x, y + 3.0), 11.0, 9.0, facecolor=FILL[role], edgecolor=EDGE[role], linewidth=1.0))
        x += 16.0 + write(axes, (x + 16.0, y + 11.0), told, inner, size=7.5, color=QUIET) + 16.0
    folded = Counter(MEANING[box.role] for name, box in seen.boxes.items() if name not in plan.places)
    away = ", ".join(f"{folded[one]} × {one}" for one in MEANING.values() if folded[one])
    if away:
        room = MARGIN + inner - x
        write(axes, (MARGIN + inner, y + 11.0), f"not drawn: {away}", room, size=7.5, color=DIM, ha="right")


def _causes(answer: Answer) -> list[Row]:
    found = [
        (one.entity, one.probability, " · ".join(dict.fromkeys(filter(None, (one.kind, one.metric)))))
        for one in answer.causes[:MOST_CAUSES]
        if one.probability >= LEAST
    ]
    return found or [("nothing deviates", 0.0, "")]


def _changes(study: Study) -> list[Row]:
    """What each change says of itself, then what speaks for it."""
    answer, summary = study.answer, {one.id: one.summary for one in study.case.changes}
    found = [
        (one.id, one.probability, " · ".join(filter(None, (summary.get(one.id, ""), *one.evidence[:1]))))
        for one in answer.changes[:MOST_CHANGES]
        if one.probability >= LEAST
    ]
    return [*found, ("none of them", answer.none, "")]


def _bars(axes: Any, corner: tuple[float, float], title: str, rows: Sequence[Row], room: float) -> None:
    from matplotlib.patches import Rectangle

    x, y = corner
    write(axes, (x, y + 11.0), title, room, size=8.5, weight="bold")
    for i, (name, chance, told) in enumerate(rows, 1):
        base = y + 11.0 + i * LINE
        axes.add_patch(Rectangle((x, base - 7.0), 60.0, 8.0, facecolor=RAIL))
        axes.add_patch(Rectangle((x, base - 7.0), 60.0 * chance, 8.0, facecolor=BLUE))
        write(axes, (x + 92.0, base), f"{chance:.0%}", 32.0, ha="right")
        most = (room - 100.0) * (0.6 if told else 1.0)
        used = 108.0 + write(axes, (x + 100.0, base), name, most, TAIL, weight="bold")
        write(axes, (x + used, base), told, room - used, color=QUIET)
