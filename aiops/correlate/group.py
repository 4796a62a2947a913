"""Which findings are one incident: those that touch in time and topology, and all that they touch in turn.

Two incidents that touch are one. Uniting only ever makes an incident longer and wider, so whatever touches goes on
touching, and the outcome does not depend on which finding comes first. The id is that of the earliest finding.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import xxhash

from aiops.types import Finding, Incident

GAP_SECONDS = 600.0
"""Findings this close in time belong together; more than it takes a finding to end once it is calm."""


def identity(finding: Finding) -> str:
    """Id of an incident whose earliest finding this is."""
    return xxhash.xxh3_64_hexdigest(f"{finding.rule_id}\x00{finding.entity}\x00{finding.started:.0f}".encode())[:12]


def opened(finding: Finding) -> Incident:
    """An incident of one finding."""
    return Incident(
        id=identity(finding),
        title=finding.summary,
        severity=finding.severity,
        status="resolved" if finding.ended is not None else "firing",
        started=finding.started,
        detected=finding.detected,
        worlds=(finding.world,),
        entities=(finding.entity,),
        findings=(finding,),
    )


def united(incidents: Sequence[Incident], finding: Finding | None = None) -> Incident:
    """All of `incidents` as one, with `finding` in it if given; what people said about any of them is kept."""
    findings = [one for incident in incidents for one in incident.findings]
    if finding is not None:
        findings = upsert(findings, finding)
    findings.sort(key=order)
    first = min(incidents, key=lambda one: (one.started, one.id))
    return replace(
        first,
        id=identity(findings[0]),
        findings=tuple(findings),
        entities=tuple(sorted({one.entity for one in findings})),
        started=findings[0].started,
        acknowledged_by=next((one.acknowledged_by for one in incidents if one.acknowledged_by), ""),
        feedback=next((one.feedback for one in incidents if one.feedback), ""),
    )


def order(finding: Finding) -> tuple[float, str, str, int, str]:
    """Canonical order of findings, earliest first."""
    return (finding.started, finding.rule_id, finding.entity, finding.fingerprint, finding.partition)


def same(one: Finding, other: Finding) -> bool:
    """Whether both tell of one and the same stretch of trouble."""
    return (one.fingerprint, one.partition, one.started) == (other.fingerprint, other.partition, other.started)


def upsert(findings: list[Finding], finding: Finding) -> list[Finding]:
    """Add a finding, or put its end in place of its beginning."""
    old = next((one for one in findings if same(one, finding)), None)
    if old is None:
        return [*findings, finding]
    # The end keeps the time of detection and the evidence around the onset.
    merged = replace(
        finding,
        detected=old.detected,
        window=old.window or finding.window,
        threshold=old.threshold,
        asked_by=old.asked_by,
    )
    return [merged if one is old else one for one in findings]


def holds(incident: Incident, finding: Finding) -> bool:
    """Whether `finding` is known to be part of `incident`."""
    return finding.entity in incident.entities and any(same(finding, one) for one in incident.findings)


def touch(one: Incident, other: Incident, near: Collection[str]) -> bool:
    """Whether incidents are close in time, and `other` has an entity in `near`, the neighbourhood of `one`."""
    if not any(entity in near for entity in other.entities):
        return False
    (start, end), (begin, stop) = _span(one), _span(other)
    return start <= stop + GAP_SECONDS and begin <= end + GAP_SECONDS


def _span(incident: Incident) -> tuple[float, float]:
    ends = [math.inf if one.ended is None else one.ended for one in incident.findings]
    return incident.findings[0].started, max(ends)
