"""Draws what benchmarks measured, for docs/images: plain, light, readable in grey.

Needs matplotlib, which only `make bench`'s environment has.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

INK, GRID, OURS, WHOLE, LIMIT = "#1f2933", "#dde3ea", "#1f6feb", "#0e9f6e", "#c2410c"
STEP_SECONDS = 15.0


def canvas(width: float = 8.4, height: float = 3.6, columns: int = 2) -> tuple[Any, Any]:
    """Figure and axes in the style of all pictures."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams |= {
        "font.size": 9, "font.family": "sans-serif", "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": GRID,
        "xtick.color": INK, "ytick.color": INK, "svg.hashsalt": "aiops", "axes.spines.top": False,
        "axes.spines.right": False,
    }  # fmt: skip
    figure, axes = pyplot.subplots(1, columns, figsize=(width, height), layout="constrained")
    for one in axes if columns > 1 else [axes]:
        one.grid(True, color=GRID, linewidth=0.6)
        one.set_axisbelow(True)
    return figure, axes


def save(figure: Any, path: Path) -> None:
    """As the suffix says; without a date, so that equal figures give equal files."""
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, metadata=metadata, dpi=160)


def scale(path: Path, costs: Mapping[int, Any], runs: Mapping[int, Mapping[str, float]]) -> None:
    """Core-seconds a step and resident memory by number of series, on double-logarithmic paper.

    Parameters
    ----------
    costs : `benchmarks.scale.Cost` of each size.
    runs : what `benchmarks.daemon` measured at some of them.
    """
    figure, (left, right) = canvas()
    sizes = list(costs)
    left.loglog(sizes, [costs[n].seconds for n in sizes], "o-", color=OURS, label="records to incidents")
    right.loglog(sizes, [costs[n].resident / 1e9 for n in sizes], "o-", color=OURS, label="records to incidents")
    if runs:
        step = [one["daemon_core_seconds_a_step"] for one in runs.values()]
        left.loglog(list(runs), step, "s-", color=WHOLE, label="all of aiops run")
        held = [one["daemon_resident_gigabytes"] for one in runs.values()]
        right.loglog(list(runs), held, "s-", color=WHOLE, label="all of aiops run")
    left.axhline(STEP_SECONDS, color=LIMIT, linestyle="--", linewidth=1.0)
    left.text(sizes[0], STEP_SECONDS * 0.82, "one core, steps of 15 s", color=LIMIT, va="top")
    left.set_ylabel("core-seconds a step")
    right.set_ylabel("resident gigabytes")
    for one in (left, right):
        one.set_xlabel("series")
        one.legend(frameon=False, loc="lower right")
    save(figure, path)
