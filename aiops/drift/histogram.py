"""Two samples of one column drawn over each other, as SVG that needs nothing around it.

Colours are CSS classes (`.ref`, `.cur`), so a page decides them, for light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from aiops.types import Floats, Ints

WIDTH, HEIGHT = 300, 120
BARS = 28
MOST_CATEGORIES = 8
SKEW = 20.0
"""From this ratio of the 99th percentile to the median, a positive column is drawn on a logarithmic axis."""


def numbers(reference: Floats, current: Floats) -> str:
    """Histogram of shares over equal widths; what lies outside the 1st to 99th percentile is drawn at the edge."""
    reference, current = reference[np.isfinite(reference)], current[np.isfinite(current)]
    both = [sample for sample in (reference, current) if len(sample)]
    if not both:
        return ""
    low = min(float(np.quantile(sample, 0.01)) for sample in both)
    high = max(float(np.quantile(sample, 0.99)) for sample in both)
    middle = float(np.median(both[0]))
    logarithmic = low > 0 and high > SKEW * middle > 0
    values = np.unique(np.concatenate(both)[:100_000])
    if len(values) <= BARS and not logarithmic:
        edges = np.concatenate([values[:1], (values[1:] + values[:-1]) / 2, values[-1:]])
        labels = (values[0], values[-1])
    elif logarithmic:
        edges, labels = np.geomspace(low, high, BARS + 1), (low, high)
    else:
        edges, labels = np.linspace(low, high if high > low else low + 1.0, BARS + 1), (low, high)
    shares = [_shares(sample, edges) for sample in (reference, current)]
    note = ", log" if logarithmic else ""
    return _bars(shares[0], shares[1], f"{labels[0]:.4g}", f"{labels[1]:.4g}{note}")


def _shares(sample: Floats, edges: Floats) -> Floats:
    if not len(sample):
        return np.zeros(len(edges) - 1)
    place = np.clip(np.searchsorted(edges, sample, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(place, minlength=len(edges) - 1) / len(sample)


def _bars(reference: Floats, current: Floats, left: str, right: str) -> str:
    """Filled area for the reference, line for the current window."""
    top = max(float(reference.max()), float(current.max()), 1e-9)
    step, floor = WIDTH / len(reference), HEIGHT - 18
    height = (floor - 6) / top
    area = [f"M0 {floor}"]
    line: list[str] = []
    for i, (old, new) in enumerate(zip(reference.tolist(), current.tolist(), strict=True)):
        x0, x1 = i * step, (i + 1) * step
        area.append(f"L{x0:.1f} {floor - old * height:.1f}L{x1:.1f} {floor - old * height:.1f}")
        y = floor - new * height
        line.append(f"{'M' if not line else 'L'}{x0:.1f} {y:.1f}L{x1:.1f} {y:.1f}")
    area.append(f"L{WIDTH} {floor}Z")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="reference filled, current window as a line">'
        f'<path class="ref" d="{"".join(area)}"/><path class="cur" d="{"".join(line)}"/>'
        f'<path class="axis" d="M0 {floor}H{WIDTH}"/><text x="0" y="{HEIGHT - 4}">{escape(left)}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">{escape(right)}</text></svg>'
    )


def categories(names: Sequence[str], reference: Ints, current: Ints) -> str:
    """Pairs of bars for the categories that are commonest in either; the rest is one pair.

    Parameters
    ----------
    names : of the reference; counts have one place more, for all new values.
    """
    old, new = reference / max(reference.sum(), 1), current / max(current.sum(), 1)
    held = np.count_nonzero(old + new)
    order = np.argsort(-np.maximum(old, new), kind="stable")[: min(held, MOST_CATEGORIES)]
    told = [names[i] if i < len(names) else "(new)" for i in order]
    pairs = [(old[i], new[i]) for i in order]
    if held > len(order):
        told.append("(others)")
        pairs.append((1.0 - sum(a for a, _ in pairs), 1.0 - sum(b for _, b in pairs)))
    row, start = 18, 96
    scale = (WIDTH - start - 4) / max(max(max(pair) for pair in pairs), 1e-9)
    parts = []
    for i, (name, (a, b)) in enumerate(zip(told, pairs, strict=True)):
        y = i * row
        short = name if len(name) <= 14 else name[:13] + "…"
        parts.append(
            f'<text x="{start - 6}" y="{y + 12}" text-anchor="end">{escape(short)}</text>'
            f'<rect class="ref" x="{start}" y="{y + 3}" width="{max(a, 0.0) * scale:.1f}" height="6"/>'
            f'<rect class="now" x="{start}" y="{y + 9}" width="{max(b, 0.0) * scale:.1f}" height="6"/>'
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(row * len(told), 40)}" role="img" aria-label="shares">{"".join(parts)}</svg>'
    )


def timeline(windows: Sequence[tuple[str, float, bool, bool]], level: float) -> str:
    """One bar a window, as high as its -log10 p, with the level that alerts.

    Parameters
    ----------
    windows : name, p, whether it alerts, and whether it is the one that is shown in detail, which a mark tells.
    """
    most, width, floor = 12.0, 900, 108
    step = min(width / max(len(windows), 1), 48.0)
    bars = []
    for i, (name, one, alert, shown) in enumerate(windows):
        tall = max(min(-np.log10(max(one, 1e-300)), most) / most * (floor - 8), 1.0)
        kind = "alert" if alert else "calm"
        bars.append(
            f'<rect class="{kind}" x="{i * step + 1:.1f}" y="{floor - tall:.1f}" width="{max(step - 2, 1):.1f}"'
            f' height="{tall:.1f}" rx="1"><title>{escape(name)}: p = {one:.2g}</title></rect>'
        )
        if shown:
            bars.append(f'<text x="{(i + 0.5) * step:.1f}" y="{floor + 11}" text-anchor="middle">▲</text>')
    at = floor + np.log10(level) / most * (floor - 8)
    return (
        f'<svg viewBox="0 0 {width} 136" role="img" aria-label="windows">{"".join(bars)}'
        f'<path class="level" d="M0 {at:.1f}H{width}"/><text x="{width}" y="{at - 4:.1f}" text-anchor="end">'
        f'alerts from p = {level:g}</text><path class="axis" d="M0 {floor}H{width}"/>'
        f'<text x="0" y="132">window 1</text><text x="{width}" y="132" text-anchor="end">{len(windows)} windows,'
        f" height = -log10 p, ▲ this page</text></svg>"
    )
