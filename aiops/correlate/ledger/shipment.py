"""When and where a change went live: a commit stands with the deploy that ships it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiops.types import Change

SHORT = 7
"""Characters from which on the start of a commit's id names it."""
RELATED, ELSEWHERE, NOT_SHIPPED = -0.5, -2.5, -4.0
"""Nats of a commit that a deploy took along without naming it, and of one that no recorded deploy ships."""
PIECE = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True)
class Shipment:
    """A change as it went live.

    Attributes
    ----------
    change : what is blamed.
    at : when it went live, epoch seconds.
    entity : where; empty = not known.
    by : id of the deploy that shipped it, empty if it is live by itself.
    weight : nats for having gone live in this way at all.
    """

    change: Change
    at: float
    entity: str
    by: str = ""
    weight: float = 0.0

    @property
    def sentence(self) -> str:
        if self.by:
            how = "named by" if self.weight == 0.0 else "taken along by"
            return f"{how} {self.by}, which went live on {self.entity or 'an unnamed entity'}"
        return "no recorded deploy ships it" if self.weight == NOT_SHIPPED else ""


def shipments(changes: Sequence[Change]) -> list[Shipment]:
    """Every way in which a change went live, in order of time."""
    commits = [one for one in changes if one.kind == "commit"]
    deploys = sorted((one for one in changes if one.kind == "deploy"), key=lambda one: (one.timestamp, one.id))
    found, named = [], set()
    for i, deploy in enumerate(deploys):
        head = next((one for one in commits if _names(deploy, one)), None)
        if head is None:
            found.append(Shipment(deploy, deploy.timestamp, deploy.entity))
            continue
        named.add(head.id)
        found.append(Shipment(head, deploy.timestamp, deploy.entity, deploy.id))
        since = max((one.timestamp for one in deploys[:i] if one.entity == deploy.entity), default=float("-inf"))
        for commit in commits:
            if commit.id != head.id and since < commit.timestamp <= head.timestamp:
                weight = RELATED if related(commit.files, deploy.entity, head.files) else ELSEWHERE
                found.append(Shipment(commit, deploy.timestamp, deploy.entity, deploy.id, weight))
    taken = {one.change.id for one in found}
    alone = 0.0 if not deploys else NOT_SHIPPED
    for change in changes:
        if change.kind == "commit" and change.id not in taken:
            found.append(Shipment(change, change.timestamp, change.entity, weight=alone))
        elif change.kind not in ("commit", "deploy"):
            found.append(Shipment(change, change.timestamp, change.entity))
    return sorted(found, key=lambda one: (one.at, one.change.id, one.by))


def _names(deploy: Change, commit: Change) -> bool:
    short, long = sorted((deploy.after, commit.id), key=len)
    return len(short) >= SHORT and long.startswith(short)


def related(files: Sequence[str], entity: str, beside: Sequence[str] = ()) -> bool:
    """Whether files belong to an entity by the names of their folders, or are files that its deploy names."""
    if set(files) & set(beside):
        return True
    flat = entity.lower().replace("-", "").replace("_", "")
    folders = {piece for file in files for part in file.lower().split("/")[:-1] for piece in PIECE.findall(part)}
    return any(folder in flat for folder in folders if folder not in ("service", "services"))
