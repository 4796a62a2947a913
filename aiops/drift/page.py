"""Verdicts as one HTML file that needs nothing else: no script, no font, no network.

Windows as a line of bars; the newest that alerts in detail, its columns drawn over the reference's, the ones of most
consequence first. Of text and embeddings only lengths are drawn: no text is in the page, but the names of categories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from aiops.drift import histogram
from aiops.drift.column import Kind
from aiops.drift.consequence import Consequence
from aiops.drift.judge import NAMING
from aiops.drift.reference import Reference, Window
from aiops.drift.report import HEADER, cells, place, points, ranked, reasons, sentences
from aiops.drift.verdict import LEVEL, Column, Verdict

DRAWN = 12
RIGHT = ("effect", "tells", "costs", "p", "q", "reference", "window")
STYLE = """
:root{--ink:#1b1f24;--soft:#5f6b7a;--line:#d8dee6;--paper:#fff;--card:#f6f8fa;--ref:#9fb3c8;--cur:#d1495b;--calm:#9fb3c8}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#98a4b3;--line:#30363d;--paper:#0d1117;--card:#161b22;
--ref:#4b6078;--cur:#ff7b72;--calm:#4b6078}}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 10px}
p{margin:6px 0}.soft{color:var(--soft)}.badge{display:inline-block;border-radius:999px;padding:2px 12px;font-size:14px;
vertical-align:3px;font-weight:600;
background:var(--card);border:1px solid var(--line)}
.badge.alert{background:var(--cur);border-color:var(--cur);color:#fff}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card.drift{border-left:4px solid var(--cur)}.card h3{font-size:14px;margin:0;overflow-wrap:anywhere}
.card p{font-size:12px;color:var(--soft);margin:0 0 8px}svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}path.ref{fill:var(--ref);opacity:.75}rect.ref{fill:var(--ref)}
path.cur{fill:none;stroke:var(--cur);stroke-width:2;stroke-linejoin:round}rect.now,rect.alert{fill:var(--cur)}
rect.calm{fill:var(--calm)}path.axis{stroke:var(--line);fill:none}
path.level{stroke:var(--cur);stroke-dasharray:4 4;fill:none}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:500}td,th{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);
overflow-wrap:anywhere}td.r,th.r{text-align:right}tr.hit td:first-child{color:var(--cur);font-weight:600}
.key i{display:inline-block;width:12px;height:12px;border-radius:2px;margin:0 6px -1px 14px}
"""


def write(
    path: Path,
    reference: Reference,
    verdicts: Sequence[Verdict],
    seen: tuple[Verdict, Window],
    worth: Mapping[str, Consequence],
) -> None:
    """Write the page; `seen` is the verdict that is told in detail, with its window."""
    verdict, window = seen
    parts = [
        _head(reference, verdicts, verdict),
        _windows(verdicts, verdict),
        _faults(verdict),
        _cards(reference, verdict, window, worth),
        _performance(verdict),
        _fairness(verdict),
        _columns(verdict, worth),
        _ignored(reference),
        _reading(),
    ]
    body = "".join(parts)
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Drift: {escape(Path(verdict.file).name)}</title><style>{STYLE}</style><main>{body}</main></html>\n",
        encoding="utf-8",
    )


def _head(reference: Reference, verdicts: Sequence[Verdict], verdict: Verdict) -> str:
    alerts = sum(one.alert for one in verdicts)
    badge = '<span class="badge alert">alert</span>' if verdict.alert else '<span class="badge">no alert</span>'
    which = f"<p>{escape(place(verdicts, verdict)).capitalize()}.</p>" if len(verdicts) > 1 else ""
    return (
        f"<h1>Drift of {escape(Path(verdict.file).name)} {badge}</h1>"
        f'<p class="soft">against {escape(Path(reference.table).name)}, {reference.cells.rows:,} rows; '
        f"{len(verdicts)} windows, {alerts} alert</p>{which}<p>{escape(reasons(verdict))}</p>"
    )


def _windows(verdicts: Sequence[Verdict], shown: Verdict) -> str:
    if len(verdicts) < 2:
        return ""
    bars = [(Path(one.file).name, one.p, one.alert, one is shown) for one in verdicts]
    drawn = histogram.timeline(bars, LEVEL)
    return f"<h2>Windows</h2>{drawn}"


def _faults(verdict: Verdict) -> str:
    if not verdict.quality:
        return ""
    lines = [line.removeprefix("quality: ") for line in sentences(verdict) if line.startswith("quality: ")]
    rows = [[escape(line.removesuffix("  ALERT")), "alert" if line.endswith("ALERT") else ""] for line in lines]
    return "<h2>Quality of the data</h2>" + _table(["what", ""], rows)


def _cards(reference: Reference, verdict: Verdict, window: Window, worth: Mapping[str, Consequence]) -> str:
    first = ranked(verdict.columns, worth)[:DRAWN]
    swatch = '<i style="background:var(--{})"></i>'
    key = f'<p class="soft key">{swatch.format("ref")}reference{swatch.format("cur")}window</p>'
    cards = "".join(_card(reference, one, window, worth) for one in first)
    return f'<h2>Columns, by consequence</h2>{key}<div class="cards">{cards}</div>'


def _card(reference: Reference, column: Column, window: Window, worth: Mapping[str, Consequence]) -> str:
    name = column.name
    if column.kind == Kind.CATEGORICAL:
        at = list(reference.categories).index(name)
        drawn = histogram.categories(
            list(reference.categories[name]), reference.tally.words[at], window.tally.words[at]
        )  # fmt: skip
        what = "shares"
    else:
        old, new = reference.cells.numbers[name], window.cells.numbers[name]
        if old.ndim == 2:
            old, new = old[:, 0], new[:, 0]
        drawn = histogram.numbers(old, new)
        what = {Kind.TEXT: "log length", Kind.EMBEDDING: "norm"}.get(Kind(column.kind), "values")
    known = worth.get(name)
    tells = f", tells {known.tells:.0%} of the answer" if known else ""
    if known and known.costs is not None:
        tells += f", costs {points(known.costs)} of accuracy"
    return (
        f'<div class="card{" drift" if column.drift else ""}"><h3>{escape(name)}</h3>'
        f"<p>{column.kind} ({what}), effect {column.effect:.3f}, q = {column.q:.2g}{tells}</p>{drawn}</div>"
    )


def _columns(verdict: Verdict, worth: Mapping[str, Consequence]) -> str:
    rows = [[escape(cell) for cell in cells(one, worth)] for one in ranked(verdict.columns, worth)]
    return "<h2>All columns</h2>" + _table(HEADER, rows)


def _performance(verdict: Verdict) -> str:
    if not verdict.performance:
        return ""
    rows = [
        [escape(one.name), f"{one.reference:.4g}", "-" if one.current is None else f"{one.current:.4g}", f"{one.p:.2g}",
         "alert" if one.alert else ""]
        for one in verdict.performance
    ]  # fmt: skip
    return "<h2>Performance</h2>" + _table(["metric", "reference", "window", "p", ""], rows)


def _fairness(verdict: Verdict) -> str:
    if not verdict.fairness:
        return ""
    rows = [
        [
            escape(one.group),
            one.metric,
            f"{one.reference:+.3f}",
            f"{one.value:+.3f}",
            "alert" if one.alert else "",
        ]
        for one in verdict.fairness
    ]
    return "<h2>Fairness</h2>" + _table(["group", "gap to all others", "reference", "window", ""], rows)


def _ignored(reference: Reference) -> str:
    if not reference.plan.ignored:
        return ""
    rows = [[escape(name), escape(reason)] for name, reason in reference.plan.ignored.items()]
    return "<h2>Not compared</h2>" + _table(["column", "because"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    right = [
        i for i, name in enumerate(header) if name in ("effect", "tells", "costs", "p", "q", "reference", "window")
    ]
    kinds = ['class="r"' if i in right else "" for i in range(len(header))]
    head = "".join(f"<th {kind}>{name}</th>" for name, kind in zip(header, kinds, strict=True))
    lines = []
    for row in rows:
        hit = ' class="hit"' if row[-1] in ("drift", "alert") else ""
        cells = "".join(f"<td {kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
        lines.append(f"<tr{hit}>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _reading() -> str:
    return (
        '<h2>How to read this</h2><p class="soft">p: how often a column that has not changed looks so different, over '
        "the last 1, 2, 4, 8 and 16 windows. q: share of false names among all columns that look at least so "
        "different. effect: largest difference of the shares of rows below a value, or share of rows whose category "
        "would have to change. tells: how far the column decides the label, or else the prediction (correlation "
        "ratio). costs: errors that its shift alone is expected to add. "
        f"A window alerts from p = {LEVEL:g}, once in {1 / LEVEL:,.0f} clean windows by chance, and names columns of q "
        f"below {NAMING:g}.</p>"
    )
