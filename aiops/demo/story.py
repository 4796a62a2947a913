"""The demo as lines: what a person on call would have noticed, in order, once each.

Reads the outcome of each turn and the state of the responder; changes nothing. The live view and the plain
output both tell this story.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiops.pipeline import Outcome
from aiops.respond.responder import Responder
from aiops.types import Incident

STATES = {
    "proposed": "proposed, waits for approval",
    "running": "approved, acts",
    "verifying": "done, verifies",
    "done": "verified: it helped",
    "failed": "failed",
    "rolled_back": "did not help, rolled back",
    "expired": "nobody approved it",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that came to be known; `kind` is change, finding, incident, cause, page, runbook or resolved."""

    at: float
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{clock(self.at)}  {self.kind:<9} {self.text}"


@dataclass(slots=True)
class Story:
    """Remembers what was told."""

    _causes: dict[str, str] = field(default_factory=dict)
    _status: dict[str, str] = field(default_factory=dict)
    _runs: dict[str, str] = field(default_factory=dict)
    pages: dict[str, float] = field(default_factory=dict)
    """Incident -> when it was first told of."""

    def tell(self, outcome: Outcome, responder: Responder, now: float) -> list[Line]:
        """Lines of one turn, oldest first."""
        lines: list[Line] = []
        changes = [*outcome.announced, *(one for closed in outcome.closed for one in closed.changes)]
        lines += [Line(now, "change", f"{one.kind} {one.id} on {one.entity}") for one in changes]
        for closed in outcome.closed:
            paging = [one for one in closed.fired if one.severity == "page"]
            lines += [Line(now, "finding", f"{one.summary} (surprise {one.surprise:.0f})") for one in paging]
        for moved in outcome.moved:
            for new, former in moved.renamed.items():
                self._rename(new, former)
            lines += [line for one in moved.incidents for line in self._incident(one, now)]
        lines += self._told(responder)
        lines += self._run_lines(responder, now)
        return lines

    def _rename(self, new: str, former: Iterable[str]) -> None:
        memories: tuple[dict[str, Any], ...] = (self._causes, self._status, self.pages)
        for old in former:
            for known in memories:
                if old in known:
                    known[new] = known.pop(old)

    def _incident(self, incident: Incident, at: float) -> list[Line]:
        lines = []
        before = self._status.get(incident.id)
        if before is None:
            lines.append(Line(at, "incident", f"{incident.id} opens"))
        first = incident.causes[0] if incident.causes else None
        if first and self._causes.get(incident.id) != first.entity:
            self._causes[incident.id] = first.entity
            why = f": {first.evidence[0]}" if first.evidence else ""
            lines.append(Line(at, "cause", f"{first.entity} {first.probability:.0%}{why}"))
        if incident.status == "resolved" and before != "resolved":
            lines.append(Line(at, "resolved", f"{incident.id} after {len(incident.findings)} findings"))
        self._status[incident.id] = incident.status
        return lines

    def _told(self, responder: Responder) -> list[Line]:
        lines = []
        for identity, told in sorted(responder.told.items()):
            sent = [one for one in told if one.action == "open" and not one.suppressed_by]
            if sent and identity not in self.pages:
                self.pages[identity] = sent[0].at
                lines.append(Line(sent[0].at, "page", f"{identity} to {sent[0].receiver}"))
        return lines

    def _run_lines(self, responder: Responder, now: float) -> list[Line]:
        lines = []
        for run in sorted(responder.runs.values(), key=lambda one: (one.proposed_at, one.id)):
            if self._runs.get(run.id) != run.state:
                self._runs[run.id] = run.state
                said = STATES.get(run.state, run.state)
                lines.append(Line(now, "runbook", f"{run.runbook} on {run.target}: {said}"))
        return lines


def clock(at: float) -> str:
    """Time of the simulated day."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %H:%M")
