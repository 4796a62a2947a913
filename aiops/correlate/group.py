"""What is known of findings by themselves: their order, their identity, and the incident that a few of them make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import xxhash

from aiops.types import Finding, Incident

Place = tuple[int, str]
"""What a finding is about: its fingerprint and partition."""
Key = tuple[int, str, float]
"""One stretch of trouble: its place, and when it began."""


def identity(finding: Finding) -> str:
    """Id of an incident whose earliest finding this is."""
    return xxhash.xxh3_64_hexdigest(f"{finding.rule_id}\x00{finding.entity}\x00{finding.started:.0f}".encode())[:12]


def place(finding: Finding) -> Place:
    """Of which series a finding tells."""
    return (finding.fingerprint, finding.partition)


def key(finding: Finding) -> Key:
    """Of which stretch of trouble a finding tells; its end has the key of its beginning."""
    return (finding.fingerprint, finding.partition, finding.started)


def order(finding: Finding) -> tuple[float, str, str, int, str]:
    """Canonical order of findings, earliest first."""
    return (finding.started, finding.rule_id, finding.entity, finding.fingerprint, finding.partition)


def end_of(finding: Finding) -> float:
    """When it ended; inf while it has not."""
    return math.inf if finding.ended is None else finding.ended


def renewed(old: Finding, finding: Finding) -> Finding:
    """`finding` in place of `old`: the end keeps the time of detection and the evidence around the onset."""
    return replace(
        finding,
        detected=old.detected,
        window=old.window or finding.window,
        threshold=old.threshold,
        asked_by=old.asked_by,
    )


def incident(findings: Sequence[Finding], before: Sequence[Incident]) -> Incident:
    """The incident of `findings`, in canonical order, with what people said of those that it goes on."""
    first = findings[0]
    went = sorted(before, key=lambda one: (one.started, one.id))
    return Incident(
        id=identity(first),
        title=first.summary,
        severity=went[0].severity if went else first.severity,
        status="firing",
        started=first.started,
        detected=first.detected,
        worlds=(first.world,),
        entities=tuple(sorted({one.entity for one in findings})),
        findings=tuple(findings),
        acknowledged_by=next((one.acknowledged_by for one in went if one.acknowledged_by), ""),
        feedback=next((one.feedback for one in went if one.feedback), ""),
        updated=max((one.updated for one in went), default=0.0),
    )
