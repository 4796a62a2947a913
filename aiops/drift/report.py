"""Verdicts for people at a terminal: a line a window, and what the window to look at says in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiops.drift.consequence import Consequence
from aiops.drift.quality import Fault
from aiops.drift.verdict import LEAST_ROWS, LEVEL, Column, Metric, Verdict

MOST_COLUMNS = 12
NOTABLE = 0.05
LEAST_RELATION = 0.01


def reasons(verdict: Verdict) -> str:
    """What a window has to say, in a few words."""
    drifted = [one.name for one in verdict.columns if one.drift]
    parts = [f"{len(drifted)} columns drift"] if len(drifted) > 1 else [f"{name} drifts" for name in drifted]
    metric = next((one for one in verdict.performance if one.alert), None)
    if metric is not None:
        parts.append(f"{metric.name} {metric.reference:.3g} -> {_number(metric.current)}")
    gap = next((one for one in verdict.fairness if one.alert), None)
    if gap is not None:
        parts.append(f"{gap.metric} of {gap.group} {gap.reference:+.2f} -> {gap.value:+.2f}")
    if parts and verdict.windows > 1:
        parts.append(f"over the last {verdict.windows} windows")
    parts += [f"{one.kind} {one.name}" for one in verdict.quality][:3]
    return ", ".join(parts) or quiet(verdict)


def quiet(verdict: Verdict) -> str:
    """What there is to say of a window of which there is nothing to say."""
    if verdict.rows < LEAST_ROWS:
        return f"too few rows to judge: {verdict.rows}, at least {LEAST_ROWS} are needed"
    return "differs, in nothing that matters" if verdict.p <= LEVEL else "no change"


def ranked(columns: Sequence[Column], worth: Mapping[str, Consequence]) -> list[Column]:
    """Columns called first, those of most consequence before the others; then by p."""
    return sorted(columns, key=lambda one: (not one.drift, *(_rank(one, worth) if one.drift else (one.p,)), one.name))


def _rank(column: Column, worth: Mapping[str, Consequence]) -> tuple[float, float]:
    """Errors it is expected to cost, then its effect weighed by what it says about the answer."""
    known = worth.get(column.name)
    if known is None:
        return 0.0, -column.effect
    costs = round(max(known.costs or 0.0, 0.0), 3)
    return -costs, -column.effect * (known.tells + LEAST_RELATION)


def place(verdicts: Sequence[Verdict], verdict: Verdict) -> str:
    """Which of several windows one is; empty when there is no other."""
    if len(verdicts) < 2:
        return ""
    at = next(i for i, one in enumerate(verdicts, 1) if one is verdict)
    which = "the newest that alerts" if verdict.alert else "the newest"
    return f"window {at} of {len(verdicts)}, {which}"


def overview(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """WINDOW, ROWS, P, ALERT, WHY of each window."""
    told = ["-" if one.rows < LEAST_ROWS else f"{one.p:.2g}" for one in verdicts]
    return [
        [one.file, f"{one.rows:,}", p, "ALERT" if one.alert else "-", reasons(one)]
        for one, p in zip(verdicts, told, strict=True)
    ]


HEADER = ["column", "kind", "effect", "tells", "costs", "p", "q", "drift"]


def cells(column: Column, worth: Mapping[str, Consequence]) -> list[str]:
    """One column's line of a table, under `HEADER`."""
    known = worth.get(column.name)
    tells = f"{known.tells:.0%}" if known else ""
    costs = points(known.costs) if known and known.costs is not None else ""
    drift = "drift" if column.drift else ""
    return [column.name, column.kind, f"{column.effect:.3f}", tells, costs, f"{column.p:.2g}", f"{column.q:.2g}", drift]


def points(share: float) -> str:
    """A share as percentage points.

    >>> points(0.0123), points(-0.0001)
    ('+1.2 pp', '+0.0 pp')
    """
    return f"{round(100 * share, 1) + 0.0:+.1f} pp"


def details(verdict: Verdict, worth: Mapping[str, Consequence]) -> list[list[str]]:
    """Lines of the columns worth a look."""
    notable = [one for one in ranked(verdict.columns, worth) if one.drift or one.q < NOTABLE]
    return [cells(one, worth) for one in notable[:MOST_COLUMNS]]


def sentences(verdict: Verdict) -> list[str]:
    """Quality, performance and fairness, one line each."""
    lines = [_fault(one) for one in verdict.quality]
    lines += [_metric(one) for one in verdict.performance if "[" not in one.name or one.alert]
    lines += [
        f"fairness: {one.metric} of {one.group} {one.reference:+.3f} at the reference, now {one.value:+.3f}  ALERT"
        for one in verdict.fairness
        if one.alert
    ]
    return lines


def _fault(fault: Fault) -> str:
    told = {
        "lost": f"is gone (was {fault.expected})",
        "added": "is new",
        "infinite": f"is infinite in {_share(fault.value)} of its cells, {_share(fault.expected)} at the reference",
        "missing": f"misses {_share(fault.value)} of its cells, {_share(fault.expected)} at the reference",
        "new_category": f"has values never seen: {_quoted(fault.value)}",
        "type": f"{fault.value}, expected {fault.expected}",
        "range": f"lies from {_span(fault.value)}, the reference from {_span(fault.expected)}",
        "unit": f"looks as if in another unit: {_factor(fault.value)}",
        "constant": f"is always {fault.value}, the reference has {fault.expected}",
    }
    hint = f"; {fault.hint}" if fault.hint else ""
    return f"quality: {fault.name} {told[fault.kind]}{hint}" + ("  ALERT" if fault.grave else "")


def _factor(value: object) -> str:
    return f"{value:g} times" if isinstance(value, float) else str(value)


def _share(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _quoted(values: object) -> str:
    return ", ".join(f'"{one}"' for one in values) if isinstance(values, list) else str(values)


def _span(ends: object) -> str:
    return (
        " to ".join(_exact(one) if isinstance(one, float) else str(one) for one in ends)
        if isinstance(ends, list)
        else str(ends)
    )


def _exact(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:,.6g}"


def _metric(metric: Metric) -> str:
    alert = "  ALERT" if metric.alert else ""
    return f"performance: {metric.name} {metric.reference:.4g} -> {_number(metric.current)} (p = {metric.p:.2g}){alert}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
