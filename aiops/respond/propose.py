"""Which runs an incident calls for, and which of them have to wait for others.

A runbook is proposed once an incident, whatever becomes of the proposal; a further run is a person's to ask for. What
acted on a target rests for its cooldown; no runbook acts on more than `max_targets` targets at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from aiops.respond.message import Proposal
from aiops.respond.plan import fits, plan
from aiops.respond.run import ACTIVE, FINAL, Run
from aiops.respond.runbook import Runbook
from aiops.types import Incident


def propose(
    runs: Collection[Run], incidents: Sequence[Incident], runbooks: Mapping[str, Runbook], mode: str, now: float
) -> list[Run]:
    """New runs for the incidents given: those that fire and that nothing mutes.

    Returns
    -------
    runs to be kept, in order of (incident id, runbooks named by a rule first, name); empty with `mode` off.
    """
    if mode == "off":
        return []
    known = {(run.runbook, run.incident_id) for run in runs}
    found: list[Run] = []
    for incident in sorted(incidents, key=lambda one: one.id):
        if incident.status == "resolved":
            continue
        for runbook in _ordered(runbooks, incident):
            if (runbook.name, incident.id) in known or not fits(runbook, incident):
                continue
            run = plan(runbook, incident, mode, now)
            if not _resting(run, (*runs, *found), now):
                found.append(run)
    return found


def held_back(run: Run, runs: Iterable[Run], now: float) -> str:
    """Why `run` must not start now; empty = it may."""
    others = [other for other in runs if other.id != run.id and other.runbook == run.runbook]
    if _resting(run, others, now):
        return f"cooldown: {run.runbook} acted on {run.target} less than {run.cooldown_seconds:g} s ago"
    if any(other.target == run.target and other.state in ACTIVE for other in others):
        return f"{run.runbook} is at work on {run.target}, or in doubt about it"
    # A doubt about one target is no reason to leave another alone.
    targets = {other.target for other in others if other.state in ACTIVE - {"in_doubt"}}
    if len(targets) >= run.max_targets:
        return f"max_targets: {run.runbook} is at work on {', '.join(sorted(targets))}"
    return ""


def renamed(runs: Iterable[Run], aliases: Mapping[str, Sequence[str]]) -> list[Run]:
    """The runs whose incident has a new id, under it; their own ids, and so their idempotency keys, stay."""
    present = {old: new for new, olds in aliases.items() for old in olds if old != new}
    return [replace(run, incident_id=present[run.incident_id]) for run in runs if run.incident_id in present]


def shown(runs: Iterable[Run], incident_id: str) -> tuple[Proposal, ...]:
    """An incident's runs as its message shows them, oldest first."""
    own = sorted((run for run in runs if run.incident_id == incident_id), key=lambda run: (run.proposed_at, run.id))
    return tuple(
        Proposal(run.id, run.runbook, run.state, run.target, run.state == "proposed" and run.need.count > 0)
        for run in own
    )


def _resting(run: Run, others: Iterable[Run], now: float) -> bool:
    return any(
        other.acted_at is not None and now < other.acted_at + run.cooldown_seconds
        for other in others
        if (other.runbook, other.target) == (run.runbook, run.target) and other.id != run.id
    )


def _ordered(runbooks: Mapping[str, Runbook], incident: Incident) -> list[Runbook]:
    named = {finding.runbook for finding in incident.findings if finding.runbook}
    return sorted(runbooks.values(), key=lambda one: (one.name not in named, one.name))


def unfinished(runs: Iterable[Run]) -> list[Run]:
    """Runs that events still mean something to."""
    return [run for run in runs if run.state not in FINAL]
