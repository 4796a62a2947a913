"""A change that somebody made on an entity is a known break of its series: what stays after it is sooner normal.

A deploy may well move a level for good, and may as well be the fault. So for the first quarter of an hour nothing is
different; and as long as any rule that may page is in doubt about the entity, nothing is different either. Only then
does what has stayed surprising count fourfold towards being the new normal. No surprise is ever lowered by a change.
Changes count where their records travel with the series' own: one partition knows nothing of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from aiops.types import Change

GRACE_SECONDS, REACH_SECONDS = 900.0, 7_200.0
HASTE = 4


class Breakable(Protocol):
    """A bank, as far as a break concerns it."""

    def troubled(self, entity: str) -> bool:
        """Whether a rule that may page is pending or fires for the entity."""

    def hasten(self, entity: str, times: int) -> None:
        """Let what stays surprising about the entity count several times in this column."""


class Breaks:
    """Changes of late.

    Parameters
    ----------
    step_seconds : length of a column.
    """

    def __init__(self, step_seconds: float) -> None:
        self._grace, self._reach = (round(one / step_seconds) for one in (GRACE_SECONDS, REACH_SECONDS))
        self._at: dict[str, int] = {}

    def note(self, changes: Iterable[Change], at: int) -> None:
        """Remember the entities that were changed in column `at`."""
        self._at |= dict.fromkeys(sorted(one.entity for one in changes if one.entity), at)
        self._at = {entity: then for entity, then in self._at.items() if at - then <= self._reach}

    def apply(self, banks: Iterable[Breakable], at: int) -> None:
        """Hasten what the breaks of late explain; after the banks have stepped to column `at`."""
        for entity, then in self._at.items():
            if self._grace < at - then <= self._reach:
                concerned = list(banks)
                if not any(bank.troubled(entity) for bank in concerned):
                    for bank in concerned:
                        bank.hasten(entity, HASTE)

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._at)

    def restore(self, data: bytes) -> None:
        """The inverse."""
        self._at = msgspec.msgpack.decode(data, type=dict[str, int])
