"""A picture of scores: each series with what was expected of it, its surprise below, and what else was asked for.

Nothing is smoothed: of the rows that share a pixel both extremes are drawn. What does not fit is said on the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from aiops.canvas import BLUE, GREEN, GREY, ORANGE, RED, blank, save
from aiops.scoring.score import Scores
from aiops.scoring.table import Table
from aiops.types import Floats, Ints

MOST_SERIES = 8
BINS = 1_500
ALARM = 6.0
"""One in a million: what pages by default."""
UTC = "UTC"
WIDTH, HEIGHT, TALL = 11.0, 2.6, 4.8


def draw(path: Path, table: Table, scores: Scores, title: str) -> None:
    """Draw the most surprising series of a table, in the format of the file's suffix.

    Raises
    ------
    ConfigError : the place cannot be written.
    """
    shown = _picked(scores.alarm)
    height = (TALL if len(shown) < 2 else HEIGHT) * max(len(shown), 1) + (0.8 if scores.joint is None else 2.0)
    figure = blank(WIDTH, height, fitted=True)
    left_out = f"   {len(shown)} of {len(table.names)} series: those of the largest surprise"
    title += left_out * (len(shown) < len(table.names))
    figure.suptitle(title, x=0.01, ha="left", size=11, parse_math=False)  # a name may hold a $
    _fill(figure, table, scores, shown)
    save(figure, path)


def _fill(figure: Any, table: Table, scores: Scores, shown: Ints) -> None:
    """Two panels a series, and one for all of them as one if that was asked for; all over one time."""
    x, label = _axis(table)
    heights = [3, 2] * len(shown) + [2] * (scores.joint is not None) or [1]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for series, value, surprise in zip(shown, panels[::2], panels[1::2], strict=False):
        alarm = scores.alarm[:, series]
        _value(value, x, (table.values[:, series], scores.expected[:, series]), alarm)
        value.set_title(table.names[series], loc="left", size=9, parse_math=False)
        _surprise(surprise, x, alarm, None if scores.shape is None else scores.shape[:, series])
        _dress((value, surprise), legend=series == shown[0])
    if scores.joint is not None:
        _surprise(panels[-1], x, scores.joint, scores.joint_shape)
        panels[-1].set_title(f"all {len(table.names)} series as one", loc="left", size=9)
        _dress(panels[-1:], legend=True)
    _time(panels, label)


def _time(panels: Any, label: str) -> None:
    from matplotlib.dates import ConciseDateFormatter

    if label == UTC:
        formatter = ConciseDateFormatter(panels[0].xaxis.get_major_locator())  # type: ignore[no-untyped-call]
        panels[0].xaxis.set_major_formatter(formatter)
    panels[-1].set_xlabel(label, size=8)


def _picked(alarm: Floats) -> Ints:
    """The series of the largest surprise, in the order of the file."""
    if not len(alarm):
        return np.arange(min(alarm.shape[1], MOST_SERIES))
    loudest = np.argsort(-alarm.max(axis=0), kind="stable")[:MOST_SERIES]
    return np.sort(loudest)


def _axis(table: Table) -> tuple[Any, str]:
    """Event time where the rows have one that goes on; else the number of the row."""
    if not table.stamped or not (np.diff(table.time) >= 0).all() or not np.isfinite(table.time).all():
        return np.arange(len(table.time)), "row"
    return (table.time * 1e6).astype("datetime64[us]"), UTC


def _value(axes: Any, x: Any, curves: tuple[Floats, Floats], alarm: Floats) -> None:
    value, expected = curves
    _line(axes, x, value, color=BLUE, label="value")
    _line(axes, x, expected, color=ORANGE, label="expected", alpha=0.9)
    loud = np.flatnonzero(alarm >= ALARM)
    axes.plot(x[loud], value[loud], ".", color=RED, markersize=5, label=f"surprise ≥ {ALARM:g}")


def _surprise(axes: Any, x: Any, alarm: Floats, shape: Floats | None) -> None:
    axes.axhline(ALARM, color=RED, linewidth=0.8, linestyle="--", label="one in a million")
    if shape is not None:
        _line(axes, x, shape, color=GREEN, label="shape")
    _line(axes, x, alarm, color=BLUE, label="surprise")
    both = alarm if shape is None else np.append(alarm, shape)
    axes.set_ylim(0.0, max(ALARM + 1.0, 1.05 * float(np.max(both, initial=0.0))))


def _line(axes: Any, x: Any, y: Floats, **style: Any) -> None:
    rows = _extremes(y)
    axes.plot(x[rows], y[rows], linewidth=0.8, **style)
    gone = np.isnan(np.concatenate([[np.nan], y, [np.nan]]))
    # A sample between two gaps is no line.
    alone = np.flatnonzero(~gone[1:-1] & gone[:-2] & gone[2:])
    axes.plot(x[alone], y[alone], ".", markersize=2.0, color=style["color"])


def _extremes(y: Floats) -> Ints:
    """Rows of the lowest and the highest value of each bin, and one of each bin that holds nothing."""
    if len(y) <= 2 * BINS:
        return np.arange(len(y))
    starts = np.linspace(0, len(y), BINS, endpoint=False).astype(np.int64)
    ends = np.append(starts[1:], len(y))
    low, high = np.where(np.isnan(y), np.inf, y), np.where(np.isnan(y), -np.inf, y)
    picked = [(a + np.argmin(low[a:b]), a + np.argmax(high[a:b])) for a, b in zip(starts, ends, strict=True)]
    return np.unique(np.array(picked))


def _dress(panels: tuple[Any, ...], *, legend: bool) -> None:
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=GREY, alpha=0.15, linewidth=0.6)
        axes.tick_params(labelsize=8, colors="#444444")
        if legend:
            axes.legend(loc="lower right", fontsize=7, frameon=False, ncols=4, bbox_to_anchor=(1.0, 1.0), borderpad=0.2)
