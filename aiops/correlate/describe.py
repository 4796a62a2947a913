"""What follows from an incident's findings: its causes, the changes to blame, its title and its timeline."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiops.correlate import group, reported
from aiops.correlate.cause import rank
from aiops.correlate.deviation import ODD, Deviation, from_findings, plainness
from aiops.correlate.ledger.fault import Fault
from aiops.correlate.ledger.judge import LOOK_BACK_SECONDS, judge
from aiops.correlate.part import CALM_SECONDS
from aiops.correlate.topology import Topology
from aiops.types import Cause, Change, Finding, Incident

WORLDS = ("it", "model", "llm")
QUOTED = re.compile("“(.+?)”")
"""A log line in the summary of a finding."""
Moves = tuple[tuple[float, str], ...]
"""When an incident was merged or split, and with what."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside an incident's own findings.

    Attributes
    ----------
    evidence : findings that page nobody, near in time and place.
    changes : all that are remembered.
    """

    evidence: Sequence[Finding]
    changes: Sequence[Change]
    topology: Topology


def describe(incident: Incident, known: Known) -> Incident:
    """The incident with all that follows from what it holds, but for its status and timeline."""
    findings, topology = incident.findings, known.topology
    onset = findings[0].started
    known = replace(known, evidence=lasting(known.evidence, onset))
    changes = [one for one in known.changes if onset - LOOK_BACK_SECONDS <= one.timestamp <= onset]
    said = [*findings, *known.evidence]
    own = from_findings([one for one in said if not reported.is_reported(one)])
    deviations = [*own, *reported.deviations(said, topology)]
    causes = rank(deviations, topology, changes)
    judged = judge(changes, _fault(incident, deviations, causes, known))
    ranked = [one.entity for one in causes] or [findings[0].entity]
    about = [one for one in known.evidence if ranked[0] in (one.entity, one.labels.get("peer"))]
    around = {*incident.entities, *(cause.entity for cause in causes)}
    return replace(
        incident,
        title=title([*findings, *about], ranked, incident.entities),
        worlds=tuple(world for world in WORLDS if world in {one.world for one in [*findings, *about]}),
        causes=causes,
        changes=judged.changes,
        none=judged.none,
        edges=tuple(topology.among(around)),
    )


def settled(incident: Incident, moves: Moves) -> Incident:
    """The incident with what follows from which of its findings have ended."""
    findings = incident.findings
    going_on = any(one.ended is None for one in findings)
    told = "acknowledged" if incident.acknowledged_by else "firing"
    renewed = replace(
        incident,
        status=told if going_on else "resolved",
        detected=min(one.detected for one in findings),
        resolved=None if going_on else max(group.end_of(one) for one in findings),
    )
    return replace(renewed, timeline=timeline(renewed, moves))


def _fault(incident: Incident, deviations: Sequence[Deviation], causes: Sequence[Cause], known: Known) -> Fault:
    """What the ledger is told of an incident: it failed with the first finding that paged, whatever came before."""
    earliest = min(incident.findings, key=lambda one: (one.started, one.entity))
    lines = {line for one in (*incident.findings, *known.evidence) for line in QUOTED.findall(one.summary)}
    return Fault(
        noticed=max(one.detected for one in incident.findings),
        departures=deviations,
        topology=known.topology,
        alerted=earliest.entity,
        root=causes[0].entity if causes else "",
        quoted=sorted(lines),
    )


def lasting(evidence: Sequence[Finding], onset: float) -> list[Finding]:
    """Findings that may have to do with what began at `onset`: nothing of an entity that was calm again before.

    What a program said is kept: it was said once, and is true all the same.
    """
    until: dict[str, float] = {}
    for one in evidence:
        end = math.inf if QUOTED.search(one.summary) else group.end_of(one)
        until[one.entity] = max(until.get(one.entity, end), end)
    return [one for one in evidence if until[one.entity] >= onset - CALM_SECONDS]


def title(findings: Sequence[Finding], ranked: Sequence[str], entities: tuple[str, ...]) -> str:
    """One line: what is wrong with the likeliest cause of which more is known than that it is odd; how far it reaches.

    Parameters
    ----------
    ranked : entities, the likeliest cause first.
    """
    told = {entity: found for entity in reversed(ranked) if (found := _telling(findings, entity)) is not None}
    plain = [entity for entity in ranked if entity in told and plainness(told[entity]) < ODD]
    about = next(iter([*plain, *told]), ranked[0])
    others = len([one for one in entities if one != about])
    reach = f"; {others} more affected" if others else ""
    return f"{told[about].summary if about in told else about}{reach}"


def _telling(findings: Sequence[Finding], entity: str) -> Finding | None:
    """What tells best what is wrong with an entity; who tells nothing is known by what others say of calls to it."""
    about = (one for one in findings if entity in (one.entity, one.labels.get("peer")))
    return min(about, key=lambda one: (plainness(one), -one.surprise, group.order(one)), default=None)


def timeline(incident: Incident, moves: Moves = ()) -> tuple[tuple[float, str], ...]:
    """What happened when, oldest first."""
    rows = [
        (one.timestamp, f"{one.kind} {one.id}: {one.summary}") for one in incident.changes if one.probability >= 0.05
    ]
    rows += [(one.started, f"{one.alert}: {one.summary}") for one in incident.findings]
    ended = [(one.ended, one) for one in incident.findings if one.ended is not None]
    rows += [(at, f"{one.alert} on {one.entity} ended{one.reason and ': '}{one.reason}") for at, one in ended]
    rows += moves
    if incident.resolved is not None:
        rows.append((incident.resolved, "all findings ended"))
    return tuple(sorted(rows))
