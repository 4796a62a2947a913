"""What is known of changes: which of two that are one stands, and what became normal after one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiops.types import OBSERVED, Change, Finding

LOOK_BACK_SECONDS = 3_600.0
ANNOUNCED_SECONDS = 1_800.0
"""How far what is announced and what is seen of one change may be apart: a rollout takes its time."""


def taken(changes: Sequence[Change], change: Change) -> list[Change]:
    """The known changes with one more. What is merely seen yields to what was announced of the same entity and kind."""
    if change.author != OBSERVED:
        return [*(one for one in changes if not _is_seen_of(one, change)), change]
    again = any(one.author == OBSERVED and one.id == change.id and _are_near(one, change) for one in changes)
    return [*changes] if again or any(_is_seen_of(change, one) for one in changes) else [*changes, change]


def _is_seen_of(seen: Change, announced: Change) -> bool:
    """Whether a change is only the sight of another that was announced."""
    return (
        seen.author == OBSERVED != announced.author
        and seen.kind == announced.kind
        and announced.entity in ("", seen.entity)
        and _are_near(seen, announced)
    )


def _are_near(one: Change, other: Change) -> bool:
    return abs(one.timestamp - other.timestamp) <= ANNOUNCED_SECONDS


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
