"""Documents of the store as the pages show them: defaults filled in, things put side by side.

Pure functions. A document may be of an older format or half known, so nothing here insists on a field that is
not vital (`id`, `status`, `started`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from aiops.correlate.role import MEANING, roles
from aiops.types import Json
from aiops.web.backend import Curve
from aiops.web.charts import WIDTH, chart, sparkline
from aiops.web.sketch import sketch
from aiops.web.text import number, percent, span, unit_of

MOST_CHARTS = 12
ENDED_RUNS = frozenset({"done", "failed", "rolled_back", "expired", "aborted", "refused", "dry_run"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline; `kind` picks its mark."""

    at: float
    kind: str
    text: str


def row(incident: Json, now: float) -> Json:
    """An incident in a list."""
    causes = incident.get("causes") or [{}]
    findings = incident.get("findings") or []
    curves = window_curves(findings[:1])
    return {
        **headline(incident, now),
        "cause": causes[0].get("entity", ""),
        "probability": causes[0].get("probability", 0.0),
        "findings": len(findings),
        "spark": Markup(sparkline(curves[0])) if curves else "",
    }


def headline(incident: Json, now: float) -> Json:
    """What stands at the top of an incident."""
    ended = incident.get("resolved")
    return {
        "id": incident["id"],
        "title": incident.get("title") or "Untitled incident",
        "status": incident["status"],
        "severity": incident.get("severity", ""),
        "started": incident["started"],
        "detected": incident.get("detected"),
        "resolved": ended,
        "seconds": (ended if ended is not None else now) - incident["started"],
        "worlds": incident.get("worlds") or [],
        "entities": incident.get("entities") or [],
        "acknowledged_by": incident.get("acknowledged_by") or "",
        "feedback": incident.get("feedback") or "",
        "silenced_by": incident.get("silenced_by") or "",
    }


def findings(incident: Json) -> list[Json]:
    """Rows of the table of findings, as they began."""
    rows = []
    for one in sorted(
        incident.get("findings") or [], key=lambda one: (one.get("started") or 0.0, one.get("alert", ""))
    ):
        unit = one.get("unit") or unit_of(metric_of(one))
        rows.append(
            {
                "alert": one.get("alert", ""),
                "entity": one.get("entity", ""),
                "world": one.get("world", ""),
                "severity": one.get("severity", ""),
                "started": one.get("started"),
                "ended": one.get("ended"),
                "value": number(one.get("value"), unit),
                "expected": number(one.get("expected"), unit),
                "surprise": one.get("surprise") or 0.0,
                "labels": {k: v for k, v in sorted((one.get("labels") or {}).items()) if k != "alertname"},
                "summary": one.get("summary", ""),
                "signal": one.get("signal", ""),
            }
        )
    return rows


def metric_of(finding: Json) -> str:
    """The metric a finding is about, as well as its labels or its signal tell."""
    labels = finding.get("labels") or {}
    return str(labels.get("__name__") or finding.get("signal", "").partition("{")[0].rpartition("(")[2].strip())


def window_curves(findings: Iterable[Json]) -> list[Curve]:
    """Curves of the evidence that stays with an incident, when nothing longer is kept."""
    return [
        Curve(
            title=str(one.get("summary") or one.get("alert", "")),
            points=tuple((point[0], point[1], point[2], point[3]) for point in one.get("window") or ()),
            entity=one.get("entity", ""),
            rule=one.get("alert", ""),
            unit=one.get("unit") or unit_of(metric_of(one)),
            started=one.get("started"),
            ended=one.get("ended"),
        )
        for one in findings
        if len(one.get("window") or ()) > 1
    ]


def figures(curves: Iterable[Curve], now: float, width: float = WIDTH) -> list[Json]:
    """Charts with their captions."""
    return [{"curve": curve, "svg": Markup(chart(curve, now, width))} for curve in list(curves)[:MOST_CHARTS]]


def topology(incident: Json) -> Json | None:
    """The sketch around an incident and the roles in it: first cause, who suffers since when, what lies between."""
    cause: Json = (incident.get("causes") or [{}])[0]
    links = [(edge["source"], edge["target"], edge.get("kind", "calls")) for edge in incident.get("edges") or []]
    notes = _since(incident)
    first = cause.get("entity", "")
    parts = roles(first, {*(incident.get("entities") or []), first} - {""}, notes.keys(), links)
    for name in parts:
        known = notes.get(name) or "tells nothing itself"
        notes[name] = " · ".join(filter(None, (percent(cause.get("probability")) if name == first else "", known)))
    drawn = sketch(links, parts, notes)
    legend = [(role, told) for role, told in MEANING.items() if role in parts.values()]
    return {"svg": Markup(drawn), "legend": legend} if drawn else None


def _since(incident: Json) -> dict[str, str]:
    """Entity -> how long after the onset it began, and with what."""
    notes: dict[str, str] = {}
    for one in sorted(
        incident.get("findings") or [], key=lambda one: (one.get("started") or 0.0, one.get("alert", ""))
    ):
        after = (one.get("started") or 0.0) - incident["started"]
        began = "first" if after <= 0 else f"+{span(after)}"
        notes.setdefault(one.get("entity", ""), f"{began} {one.get('alert', '')}".strip())
    return notes


def timeline(incident: Json, runs: Iterable[Json]) -> list[Entry]:
    """Everything that happened, oldest first."""
    entries = [Entry(at, _kind(what), what) for at, what in incident.get("timeline") or []]
    for change in incident.get("changes") or []:
        if change.get("timestamp"):
            said = change.get("summary") or change.get("id", "")
            entries.append(Entry(change["timestamp"], "change", f"{change.get('kind') or 'change'}: {said}"))
    for sent in incident.get("notifications") or []:
        held = f", held back by {sent['suppressed_by']}" if sent.get("suppressed_by") else ""
        entries.append(
            Entry(sent.get("at", 0.0), "sent", f"{sent.get('receiver', '')} told: {sent.get('action', '')}{held}")
        )
    for run in runs:
        entries += [Entry(at, "run", f"{run.get('runbook', '')}: {what}") for at, what in run.get("log") or []]
    return sorted(entries, key=lambda entry: entry.at)


def _kind(what: str) -> str:
    lower = what.lower()
    if "resolved" in lower:
        return "good"
    if any(word in lower for word in ("acknowledged", "feedback", "silence")):
        return "person"
    return "bad"


def run(document: Json) -> Json:
    """A runbook run: what it waits for, what it would do."""
    need = document.get("need") or {}
    given = document.get("approved_by") or []
    at = document.get("step", 0)
    state = document.get("state", "")
    return {
        "id": document["id"],
        "runbook": document.get("runbook", ""),
        "incident_id": document.get("incident_id", ""),
        "target": document.get("target", ""),
        "state": state,
        "ended": state in ENDED_RUNS,
        "parameters": document.get("parameters") or {},
        "needed": max(0, int(need.get("count", 0)) - len(set(given))),
        "roles": need.get("roles") or [],
        "expires_at": document.get("proposed_at", 0.0) + need.get("expires_seconds", 0.0),
        "approved_by": given,
        "failed_with": document.get("failed_with", ""),
        "steps": [_step(step, i, at, state) for i, step in enumerate(document.get("steps") or [])],
        "log": [Entry(when, "run", what) for when, what in document.get("log") or []],
    }


def _step(step: Json, i: int, at: int, state: str) -> Json:
    call: Json = step.get("call") or {}
    settings: dict[str, Any] = call.get("config") or {}
    told = " ".join(str(settings[key]) for key in ("method", "url", "command", "topic", "name") if settings.get(key))
    done = i < at or state == "done"
    mark = (
        "skipped" if step.get("skipped") else "done" if done else "now" if i == at and state != "proposed" else "next"
    )
    return {
        "name": step.get("name") or call.get("action", ""),
        "action": call.get("action", ""),
        "told": told,
        "mark": mark,
    }
