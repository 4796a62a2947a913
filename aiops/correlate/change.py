"""Which recorded change may be to blame: close before the onset, on or below what failed first.

A change after the onset is never to blame. What is left over is `none`, the probability that no recorded
change caused the incident.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from aiops.correlate.topology import Topology
from aiops.types import Cause, Change, Finding, SuspectChange

LOOK_BACK_SECONDS = 3_600.0
HALF_LIFE_SECONDS = 600.0
WEIGHT_NONE = 0.6
"""Weight of "no change": a change on the first cause, minutes before, weighs 3."""
HARMLESS = ("scale",)
KEEP = 5


def suspects(
    changes: Sequence[Change], onset: float, causes: Sequence[Cause], topology: Topology
) -> tuple[tuple[SuspectChange, ...], float]:
    """Rank changes.

    Parameters
    ----------
    changes : recorded so far.
    onset : event time at which the first finding began.
    causes : best first.

    Returns
    -------
    changes with probability and evidence, best first, and the probability of none.
    """
    weighed = []
    for change in changes:
        before = onset - change.timestamp
        if not 0 <= before <= LOOK_BACK_SECONDS:
            continue
        place, why = _place(change, causes, topology)
        weight = place * 0.5 ** (before / HALF_LIFE_SECONDS) * (0.3 if change.kind in HARMLESS else 1.0)
        weighed.append((weight, change, (f"{change.kind} {_ago(before)} before the onset", why)))
    weighed.sort(key=lambda one: (-one[0], one[1].timestamp, one[1].id))
    total = WEIGHT_NONE + math.fsum(weight for weight, _, _ in weighed)
    ranked = tuple(_suspect(change, weight / total, why) for weight, change, why in weighed[:KEEP])
    return ranked, WEIGHT_NONE / total


def after_change(finding: Finding, changes: Sequence[Change]) -> Finding:
    """A finding that ended as the new normal, with the newest change on its entity before it began, if there is one."""
    if not finding.reason:
        return finding
    found = [
        one
        for one in changes
        if one.entity == finding.entity and 0 <= finding.started - one.timestamp <= LOOK_BACK_SECONDS
    ]
    newest = max(found, key=lambda one: (one.timestamp, one.id), default=None)
    return finding if newest is None else replace(finding, reason=f"{finding.reason}, after {newest.kind} {newest.id}")


def _place(change: Change, causes: Sequence[Cause], topology: Topology) -> tuple[float, str]:
    first = causes[0].entity if causes else ""
    if not change.entity:
        return 0.3, "names no entity"
    if change.entity == first:
        return 3.0, f"on {first}, the first cause"
    if first and change.entity in topology.dependencies(first):
        return 1.0, f"{first} depends on {change.entity}"
    for cause in causes[1:]:
        if cause.entity == change.entity:
            return cause.probability, f"on {change.entity}, which is affected"
    return 0.05, f"{change.entity} shows nothing unusual"


def _suspect(change: Change, probability: float, evidence: tuple[str, ...]) -> SuspectChange:
    return SuspectChange(
        id=change.id,
        probability=round(probability, 4),
        evidence=evidence,
        kind=change.kind,
        entity=change.entity,
        summary=change.summary,
        timestamp=change.timestamp,
    )


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
