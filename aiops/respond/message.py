"""An incident as what a person is shown: plain data that every receiver renders in its own way.

Text in it is data from logs, labels and prompts; a receiver escapes it for its own medium. Numbers are rounded before
they are compared, so that a message is edited when its meaning changes and not at every sample: `digest` covers what
is shown and nothing else.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from aiops.types import Incident

MOST_CAUSES = 3
MOST_EVIDENCE = 4
MOST_FINDINGS = 10
MOST_CHANGES = 3
MOST_EVENTS = 8
MOST_RUNS = 5
MOST_QUESTIONS = 2
WORDS = {"firing": "Firing", "acknowledged": "Acknowledged", "resolved": "Resolved", "summary": "This week"}


@dataclass(frozen=True, slots=True)
class Button:
    """Something a person may press; `value` comes back with the press."""

    action: str
    """One of `command.INCIDENT_ACTIONS` or `RUN_ACTIONS`."""
    label: str
    value: str
    style: str = ""
    """primary, danger or empty."""
    confirm: str = ""
    """A question asked before it counts; empty = none."""


@dataclass(frozen=True, slots=True)
class CauseLine:
    entity: str
    percent: int
    what: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Times are event time, epoch seconds; numbers are rounded text."""

    alert: str
    entity: str
    summary: str
    value: str
    expected: str
    severity: str
    world: str
    started: float
    ended: float | None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeLine:
    id: str
    percent: int
    what: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A runbook's run as the message shows it."""

    run_id: str
    runbook: str
    state: str
    target: str = ""
    waits: bool = False
    """True while it waits for somebody's approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is shown of one incident.

    Attributes
    ----------
    reference : the id under which receivers were first told of the incident; it stays when the incident's id changes,
        and is what a message's metadata carries and `find` looks for.
    headline : one line, with the first cause's entity.
    more_findings : how many are not listed.
    notes : who acknowledged, what a person judged, which silence holds it back.
    """

    reference: str
    incident_id: str
    status: str
    severity: str
    headline: str
    started: float
    detected: float
    resolved: float | None = None
    worlds: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    causes: tuple[CauseLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    findings: tuple[FindingLine, ...] = ()
    more_findings: int = 0
    timeline: tuple[tuple[float, str], ...] = ()
    notes: tuple[str, ...] = ()
    runbooks: tuple[Proposal, ...] = ()
    buttons: tuple[Button, ...] = ()
    link: str = ""

    @property
    def digest(self) -> str:
        """Of what is shown: equal digests need no edit. The ids behind the buttons count, the reference does not."""
        return hashlib.sha256(msgspec.json.encode(replace(self, reference=""), order="deterministic")).hexdigest()[:24]

    @property
    def text(self) -> str:
        """The whole in one plain line, for notifications on a telephone and for receivers without layout."""
        return f"{WORDS.get(self.status, self.status)}: {self.headline}"


def compose(
    incident: Incident, *, link: str = "", proposals: Sequence[Proposal] = (), notes: Sequence[str] = ()
) -> Message:
    """Turn an incident into what is shown of it.

    Parameters
    ----------
    link : address of the incident's page, empty = none.
    proposals : runs of runbooks for this incident, newest last.
    notes : further lines, such as `silenced by 17`.
    """
    incident = _sendable(incident)
    ordered = sorted(incident.findings, key=lambda f: (f.ended is not None, f.started, f.alert, f.entity))
    shown = ordered[:MOST_FINDINGS]
    return Message(
        reference=incident.id,
        incident_id=incident.id,
        status=incident.status,
        severity=incident.severity,
        headline=_headline(incident),
        started=incident.started,
        detected=incident.detected,
        resolved=incident.resolved,
        worlds=incident.worlds,
        entities=incident.entities,
        causes=tuple(
            CauseLine(c.entity, percent(c.probability), _cause_kind(c.kind, c.metric), c.evidence[:MOST_EVIDENCE])
            for c in incident.causes[:MOST_CAUSES]
        ),
        changes=tuple(
            ChangeLine(c.id, percent(c.probability), _joined(c.kind, c.entity, c.summary), c.evidence[:MOST_EVIDENCE])
            for c in incident.changes[:MOST_CHANGES]
        ),
        findings=tuple(
            FindingLine(
                f.alert, f.entity, f"{f.summary}{f.reason and '; '}{f.reason}", number(f.value, f.unit),
                number(f.expected, f.unit),
                f.severity, f.world, f.started, f.ended, tuple(sorted(f.labels.items())),
            )
            for f in shown
        ),
        more_findings=len(ordered) - len(shown),
        timeline=incident.timeline[-MOST_EVENTS:],
        notes=(*_judgements(incident), *notes),
        runbooks=tuple(proposals[-MOST_RUNS:]),
        buttons=_buttons(incident, proposals),
        link=link,
    )  # fmt: skip


def _sendable(incident: Incident) -> Incident:
    """A log line may hold half a character (a lone surrogate), which no JSON over HTTP can carry."""
    try:
        msgspec.json.encode(incident)
    except UnicodeEncodeError:
        return msgspec.convert(_whole(msgspec.to_builtins(incident)), Incident)
    return incident


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def number(value: float | None, unit: str = "") -> str:
    """Three significant digits; empty for nothing.

    >>> number(0.123456), number(1234567.0), number(None), number(2.0, "seconds")
    ('0.123', '1.23e+06', '', '2 s')
    """
    if value is None or not math.isfinite(value):
        return ""
    short = {"seconds": " s", "bytes": " B", "ratio": "", "percent": " %"}
    return f"{value:.3g}{short.get(unit, f' {unit}' if unit else '')}"


def percent(probability: float) -> int:
    """Rounded to steps of five: a cause's probability says nothing finer, and each step is an edit.

    >>> percent(0.834)
    85
    """
    return 5 * round(20 * min(1.0, max(0.0, probability)))


def _headline(incident: Incident) -> str:
    entity = incident.causes[0].entity if incident.causes else next(iter(incident.entities), "")
    named = incident.title if entity in incident.title else f"{entity}: {incident.title}"
    return " ".join(named.split())


def _cause_kind(kind: str, metric: str | None) -> str:
    return _joined(kind, metric or "")


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _judgements(incident: Incident) -> tuple[str, ...]:
    said = []
    if incident.acknowledged_by:
        said.append(f"Acknowledged by {incident.acknowledged_by}")
    if incident.feedback:
        said.append("Judged a true page" if incident.feedback == "true" else "Judged a false page")
    return tuple(said)


def _buttons(incident: Incident, proposals: Sequence[Proposal]) -> tuple[Button, ...]:
    found: list[Button] = []
    for run in [one for one in proposals if one.waits][:MOST_QUESTIONS]:
        question = f"Run {run.runbook} on {run.target or 'its target'}?"
        found.append(Button("approve", f"Run {run.runbook}", run.run_id, "primary", question))
        found.append(Button("abort", f"Do not run {run.runbook}", run.run_id))
    for run in [one for one in proposals if one.state == "in_doubt"][:MOST_QUESTIONS]:
        found.append(Button("happened", f"{run.runbook} took effect", run.run_id))
        found.append(Button("did_not_happen", f"{run.runbook} did not", run.run_id))
    if incident.status == "firing":
        found.append(Button("ack", "Acknowledge", incident.id, "" if found else "primary"))
    if incident.status != "resolved":
        found.append(Button("resolve", "Resolve", incident.id))
        found.append(Button("silence", "Silence 2 h", incident.id))
    found.append(Button("feedback_true", "True page", incident.id))
    found.append(Button("feedback_false", "False page", incident.id, "danger"))
    return tuple(found)
