"""Curves as SVG: value against expected, the anomalous stretch, and the surprise beneath.

Pure functions from data to a string. Everything of the data is escaped; nothing is drawn that is not in the
data: a gap stays a gap. Each step has a title, so that hovering tells its figures without a script.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from aiops.web.backend import Curve
from aiops.web.svg import element, label, path, text
from aiops.web.text import moment, number, unit_of

WIDTH, WIDE = 720.0, 1_160.0
LEFT, RIGHT = 62.0, 14.0
TOP, PLOT, GAP, STRIP, FOOT = 10.0, 128.0, 10.0, 26.0, 20.0
HEIGHT = TOP + PLOT + GAP + STRIP + FOOT
SURPRISE_TOP = 12.0
"""The strip shows surprise up to here, and further if it must."""
MOST_POINTS = 480
LARGEST = 1e150

Point = tuple[float, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map of [low, high] onto [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.5, max(-0.5, share)) * (self.end - self.start)


def chart(curve: Curve, now: float | None = None, width: float = WIDTH) -> str:
    """One curve, `width` units wide; a sentence instead if there is nothing to draw."""
    points = _thinned([point for point in curve.points if math.isfinite(point[0])])
    shown = [value for point in points for value in point[1:3] if drawable(value)]
    if len(points) < 2 or points[0][0] == points[-1][0] or not shown:
        return '<p class="empty">No samples are kept for this stretch of time.</p>'
    unit = curve.unit or unit_of(curve.title.partition("{")[0])
    x = Scale(points[0][0], points[-1][0], LEFT, width - RIGHT)
    y, ticks = _vertical(shown)
    parts = [
        element("title", text(f"{curve.title}: value against expected")),
        element("desc", text(describe(curve, unit))),
        _stretch(curve, x, points),
        _grid(x, y, ticks, unit),
        path([_at(x, y, point[0], point[2]) for point in points], "expected"),
        path([_at(x, y, point[0], point[1]) for point in points], "value"),
        _surprises(points, x, curve.threshold),
        _times(x, points),
        _hover(points, x, curve, unit, now),
    ]
    return element("svg", *parts, _class="chart", viewBox=f"0 0 {width:.0f} {HEIGHT:.0f}", role="img")


def describe(curve: Curve, unit: str) -> str:
    """The chart in a sentence, for who cannot see it."""
    last = next((point for point in reversed(curve.points) if point[1] is not None), None)
    said = f"last value {number(last[1], unit)}, expected {number(last[2], unit)}" if last else "no value"
    if curve.started is None:
        return f"{said}; nothing anomalous"
    until = f"until {moment(curve.ended)}" if curve.ended is not None else "and still"
    return f"{said}; anomalous from {moment(curve.started)} {until} UTC"


def sparkline(curve: Curve, width: float = 120.0, height: float = 26.0) -> str:
    """The value alone, small, for a list."""
    points = _thinned([point for point in curve.points if math.isfinite(point[0])], 80)
    shown = [point[1] for point in points if drawable(point[1])]
    if len(points) < 2 or points[0][0] == points[-1][0] or not shown:
        return ""
    x = Scale(points[0][0], points[-1][0], 1.0, width - 1.0)
    y, _ = _vertical(shown, height - 3.0, 3.0)
    stretch = ""
    if curve.started is not None:
        left = x(max(curve.started, points[0][0]))
        stretch = element("rect", x=left, y=0.0, width=max(1.0, width - left), height=height, _class="anomaly")
    line = path([_at(x, y, point[0], point[1]) for point in points], "value")
    return element("svg", stretch, line, _class="spark", viewBox=f"0 0 {width:.0f} {height:.0f}", aria_hidden="true")


def bar(share: float) -> str:
    """A probability as a bar; the figure stands beside it in text."""
    width = 100 * min(1.0, max(0.0, share if math.isfinite(share) else 0.0))
    full = element("rect", width=100.0, height=6.0, rx=3.0, _class="rail")
    part = element("rect", width=width, height=6.0, rx=3.0, _class="fill") if width else ""
    return element("svg", full, part, _class="bar", viewBox="0 0 100 6", preserveAspectRatio="none", aria_hidden="true")


def drawable(value: float | None) -> TypeGuard[float]:
    """Whether there is a place for it on paper: finite, and small enough to be scaled."""
    return value is not None and abs(value) < LARGEST


def _thinned(points: list[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points: of each bucket the most surprising, so that no spike is lost."""
    if len(points) <= most:
        return points
    size = math.ceil(len(points) / most)
    return [max(points[i : i + size], key=lambda point: point[3] or 0.0) for i in range(0, len(points), size)]


def _vertical(values: list[float], bottom: float = TOP + PLOT, top: float = TOP) -> tuple[Scale, list[float]]:
    low, high = min(values), max(values)
    if low > 0 and low < 0.6 * high:
        low = 0.0
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        pad = abs(high) * 0.1 or 1.0
        low, high = low - pad, high + pad
    step = _nice((high - low) / 3)
    first, last = math.floor(low / step), math.ceil(high / step)
    return Scale(first * step, last * step, bottom, top), [i * step for i in range(first, last + 1)]


def _nice(step: float) -> float:
    """1, 2 or 5 times a power of ten, at least `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next((factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * 0.999), 10 * power)


def _at(x: Scale, y: Scale, at: float, value: float | None) -> tuple[float, float] | None:
    return (x(at), y(value)) if drawable(value) else None


def _stretch(curve: Curve, x: Scale, points: list[Point]) -> str:
    if curve.started is None or curve.started > points[-1][0]:
        return ""
    left = x(max(curve.started, points[0][0]))
    right = x(min(curve.ended if curve.ended is not None else points[-1][0], points[-1][0]))
    height = PLOT + GAP + STRIP
    shade = element("rect", x=left, y=TOP, width=max(2.0, right - left), height=height, _class="anomaly")
    if curve.started < points[0][0]:
        return shade
    onset = element("line", x1=left, x2=left, y1=TOP, y2=TOP + height, _class="onset")
    late = left > x.end - 106
    name = label(left + (-5 if late else 5), TOP + 9, f"onset {moment(curve.started, curve.started)}", "onset-label",
                 "end" if late else "start")  # fmt: skip
    return shade + onset + name


def _grid(x: Scale, y: Scale, ticks: list[float], unit: str) -> str:
    lines = [element("line", x1=x.start, x2=x.end, y1=y(tick), y2=y(tick), _class="grid") for tick in ticks]
    names = [label(LEFT - 7, y(tick) + 3.5, number(tick, unit), "tick", "end") for tick in ticks]
    return "".join(lines + names)


def _surprises(points: list[Point], x: Scale, threshold: float | None) -> str:
    bottom = TOP + PLOT + GAP + STRIP
    known = [point[3] for point in points if drawable(point[3])]
    if not known:
        return ""
    y = Scale(0.0, max(SURPRISE_TOP, max(known) * 1.05), bottom, bottom - STRIP)
    width = max(1.0, (x.end - x.start) / len(points) - 0.6)
    bars = [
        element("rect", x=x(at) - width / 2, y=y(surprise), width=width, height=bottom - y(surprise),
                _class="surprise hot" if threshold is not None and surprise >= threshold else "surprise")
        for at, _, _, surprise in points
        if drawable(surprise) and surprise > 0.05
    ]  # fmt: skip
    line = ""
    if threshold is not None:
        line = element("line", x1=x.start, x2=x.end, y1=y(threshold), y2=y(threshold), _class="threshold")
    return "".join([*bars, line, label(LEFT - 7, bottom - STRIP / 2 + 3.5, "surprise", "tick", "end")])


def _times(x: Scale, points: list[Point]) -> str:
    first, last = points[0][0], points[-1][0]
    step = next((size for size in (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
                 if (last - first) / size <= 8), 7 * 86_400)  # fmt: skip
    ticks = range(math.ceil(first / step) * step, math.floor(last) + 1, step)
    shape = 16 if step >= 86_400 else 5
    names = [
        label(x(at), HEIGHT - 4, moment(at)[:-9] if shape == 16 else moment(at, at)[:5], "tick", "middle")
        for at in ticks
        if x.start + 8 <= x(at) <= x.end - 8
    ]
    return "".join(names)


def _hover(points: list[Point], x: Scale, curve: Curve, unit: str, now: float | None) -> str:
    """An invisible column per step that tells its figures."""
    columns = []
    gates = dict(zip((point[0] for point in curve.points), curve.gates, strict=False))
    edges = [x.start, *[(x(a[0]) + x(b[0])) / 2 for a, b in pairwise(points)], x.end]
    for (at, value, expected, surprise), (left, right) in zip(points, pairwise(edges), strict=True):
        said = f"{moment(at, now)}  value {number(value, unit)}, expected {number(expected, unit)}"
        if surprise is not None:
            said += f", surprise {surprise:.1f}"
        if gate := gates.get(at, ""):
            said += f", {gate}"
        title = element("title", text(said))
        columns.append(element("rect", title, x=left, y=TOP, width=max(0.1, right - left), height=HEIGHT - FOOT - TOP))
    return element("g", *columns, _class="hover")
