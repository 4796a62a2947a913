"""Under which ids incidents were known, and when they were merged or split.

An incident goes on where its earliest finding is, since that gave it its id. So one that swallowed another keeps both
ids, and of two that were one, the one with the earliest finding goes on; the other has its own id, perhaps again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from aiops.correlate import group
from aiops.correlate.describe import Moves
from aiops.types import Incident

MOST_MOVES = 20
"""Of one incident that are remembered, the newest."""


class Lineage(msgspec.Struct):
    """What became of ids: id -> former ids, id -> merges and splits."""

    former: dict[str, tuple[str, ...]] = {}
    moves: dict[str, Moves] = {}

    def pass_on(self, made: Sequence[Incident], went: Sequence[Sequence[Incident]], at: float) -> None:
        """Let incidents inherit, at event time `at`, from those that they go on.

        Parameters
        ----------
        made : all incidents of one cluster.
        went : for each, the earlier ones whose earliest finding it has; empty = it is new.
        """
        before = [one for some in went for one in some]
        heir = {one.id: new.id for new, some in zip(made, went, strict=True) for one in some}
        held = {group.key(finding): heir[one.id] for one in before for finding in one.findings}
        present = {one.id for one in made}
        rows: dict[str, set[tuple[float, str]]] = defaultdict(set)
        for new, some in zip(made, went, strict=True):
            names = {name for one in some for name in (one.id, *self.former.pop(one.id, ()))} - present
            if names:
                self.former[new.id] = tuple(sorted(names))
            rows[new.id] |= {row for one in some for row in self.moves.pop(one.id, ())}
            rows[new.id] |= {(at, f"incident {one.id} merged into this one: one cause") for one in some[1:]}
            origin = next((held[key] for one in new.findings if (key := group.key(one)) in held), "")
            if not some and origin:
                rows[new.id].add((at, f"split off from incident {origin}: another cause"))
                rows[origin].add((at, f"incident {new.id} split off: another cause"))
        self.moves |= {name: tuple(sorted(some)[-MOST_MOVES:]) for name, some in rows.items() if some}

    def forget(self, alive: Collection[str]) -> None:
        """Drop what is about no incident any more."""
        self.former = {new: ids for new, ids in self.former.items() if new in alive}
        self.moves = {name: rows for name, rows in self.moves.items() if name in alive}
