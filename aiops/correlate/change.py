"""What became normal after somebody changed something: a finding that ended so names the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiops.types import Change, Finding

LOOK_BACK_SECONDS = 3_600.0


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
