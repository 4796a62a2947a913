"""Under which ids incidents were known, when they were merged or split, and what was done about them.

An incident goes on where its earliest finding is, since that gave it its id. So one that swallowed another keeps both
ids, and of two that were one, the one with the earliest finding goes on; the other has its own id, perhaps again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from aiops.correlate import group
from aiops.correlate.describe import Moves
from aiops.correlate.part import Part
from aiops.types import Incident

MOST_MOVES = 20
"""Of one incident that are remembered, the newest."""


class Lineage(msgspec.Struct):
    """What became of ids: id -> former ids, id -> merges and splits."""

    former: dict[str, tuple[str, ...]] = {}
    moves: dict[str, Moves] = {}

    def pass_on(self, made: Sequence[Part], went: Sequence[Sequence[Incident]], at: float) -> None:
        """Let incidents inherit, at event time `at`, from those that they go on.

        Parameters
        ----------
        made : all parts of one cluster, each an incident.
        went : for each, the earlier incidents whose earliest finding it has; empty = it is new.
        """
        ids = [group.identity(one.findings[0]) for one in made]
        if [[new] for new in ids] == [[one.id for one in some] for some in went]:
            return
        before = [one for some in went for one in some]
        heir = {one.id: new for new, some in zip(ids, went, strict=True) for one in some}
        held = {group.key(finding): heir[one.id] for one in before for finding in one.findings}
        rows: dict[str, set[tuple[float, str]]] = defaultdict(set)
        for new, part, some in zip(ids, made, went, strict=True):
            names = {name for one in some for name in (one.id, *self.former.pop(one.id, ()))}.difference(ids)
            if names:
                self.former[new] = tuple(sorted(names))
            rows[new] |= {row for one in some for row in self.moves.pop(one.id, ())}
            rows[new] |= {(at, f"incident {one.id} merged into this one: one cause") for one in some[1:]}
            origin = next((held[key] for one in part.findings if (key := group.key(one)) in held), "")
            if not some and origin:
                rows[new].add((at, f"split off from incident {origin}: another cause"))
                rows[origin].add((at, f"incident {new} split off: another cause"))
        self.moves |= {name: tuple(sorted(some)[-MOST_MOVES:]) for name, some in rows.items() if some}

    def note(self, identity: str, at: float, what: str) -> None:
        """Let the timeline of an incident tell what somebody did about it."""
        rows = {*self.moves.get(identity, ()), (at, what)}
        self.moves[identity] = tuple(sorted(rows)[-MOST_MOVES:])

    def forget(self, alive: Collection[str]) -> None:
        """Drop what is about no incident any more."""
        self.former = {new: ids for new, ids in self.former.items() if new in alive}
        self.moves = {name: rows for name, rows in self.moves.items() if name in alive}
