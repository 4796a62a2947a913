"""Verdicts for people at a terminal: a line a window, and what the window to look at says in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiops.drift.quality import Fault
from aiops.drift.verdict import Column, Metric, Verdict

MOST_COLUMNS = 12
NOTABLE = 0.05
LEAST_RELATION = 0.01


def shown(verdicts: Sequence[Verdict]) -> Verdict:
    """The window to look at: the newest that alerts, else the newest."""
    return next((one for one in reversed(verdicts) if one.alert), verdicts[-1])


def reasons(verdict: Verdict) -> str:
    """What a window has to say, in a few words."""
    drifted = [one.name for one in verdict.columns if one.drift]
    parts = [f"{len(drifted)} columns drift"] if len(drifted) > 1 else [f"{name} drifts" for name in drifted]
    parts += [f"{one.name} {one.reference:.3g} -> {_number(one.current)}" for one in verdict.performance if one.alert][
        :1
    ]
    parts += [f"{one.metric} of {one.group} {one.reference:+.2f} -> {one.value:+.2f}" for one in verdict.fairness
              if one.alert][:1]  # fmt: skip
    parts += [f"{one.kind} {one.name}" for one in verdict.quality][:3]
    return ", ".join(parts)


def ranked(columns: Sequence[Column], relation: Mapping[str, float]) -> list[Column]:
    """Columns by consequence: those called first, by effect times what they say about the answer."""
    return sorted(
        columns, key=lambda one: (not one.drift, -consequence(one, relation) if one.drift else one.p, one.name)
    )


def consequence(column: Column, relation: Mapping[str, float]) -> float:
    """Effect, weighed by the relation where one is known; none is so small that it cannot be chance."""
    return column.effect * (relation.get(column.name, 1.0) + LEAST_RELATION)


def overview(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """FILE, ROWS, P, ALERT, WHY of each window."""
    return [
        [
            one.file,
            f"{one.rows:,}",
            f"{one.p:.2g}",
            "ALERT" if one.alert else "-",
            reasons(one) or "nothing has changed",
        ]
        for one in verdicts
    ]


def details(verdict: Verdict, relation: Mapping[str, float]) -> list[list[str]]:
    """COLUMN, KIND, EFFECT, TELLS, P, Q, DRIFT of the columns worth a look."""
    notable = [one for one in ranked(verdict.columns, relation) if one.drift or one.q < NOTABLE][:MOST_COLUMNS]
    return [
        [one.name, one.kind, f"{one.effect:.3f}", f"{relation[one.name]:.1%}" if one.name in relation else "",
         f"{one.p:.2g}", f"{one.q:.2g}", "DRIFT" if one.drift else "-"]
        for one in notable
    ]  # fmt: skip


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
        "missing": f"misses {_share(fault.value)} of its cells, {_share(fault.expected)} at the reference",
        "new_category": f"has values never seen: {_list(fault.value)}",
        "type": f"{fault.value}, expected {fault.expected}",
        "range": f"lies in {_list(fault.value)}, the reference in {_list(fault.expected)}",
        "unit": f"looks as if in another unit: {_factor(fault.value)}",
        "constant": f"is always {fault.value}, the reference has {fault.expected}",
    }
    return f"quality: {fault.name} {told[fault.kind]}" + ("  ALERT" if fault.grave else "")


def _factor(value: object) -> str:
    return f"{value:g} times" if isinstance(value, float) else str(value)


def _share(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _list(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _metric(metric: Metric) -> str:
    alert = "  ALERT" if metric.alert else ""
    return f"performance: {metric.name} {metric.reference:.4g} -> {_number(metric.current)} (p = {metric.p:.2g}){alert}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
