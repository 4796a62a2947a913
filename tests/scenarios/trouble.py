"""What goes wrong, declared: a scenario is a story, what it does to the carrier, and what a good page says.

Minutes count from the beginning of the trouble; what comes before is negative. Nothing of the expectation is ever
seen by the simulator or the agent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SHARES = frozenset(
    {"errors", "busy", "unresolved", "silent", "cut", "skew", "missing", "stalled", "attacks", "unfounded", "wrong"}
)
"""Quantities that are added to 0; all others multiply 1."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One quantity of one entity, moved to `to`: from minute `at`, at full strength `over` minutes later."""

    entity: str
    quantity: str
    to: float
    at: float = 0.0
    over: float = 1.0
    until: float = math.inf

    def strength(self, minute: float) -> float:
        """0 outside, rising to 1."""
        if not self.at <= minute < self.until:
            return 0.0
        return min(1.0, (minute - self.at + 0.25) / max(self.over, 0.25))


@dataclass(frozen=True, slots=True)
class Altered:
    """A change on record."""

    at: float
    kind: str
    id: str
    entity: str
    summary: str
    diff: str = ""
    files: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What a program says `each` times a step from minute `at`; `{}` is a number."""

    entity: str
    severity: str
    text: str
    at: float = 0.0
    each: int = 4
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class Expected:
    """What an experienced engineer would want of one page.

    Attributes
    ----------
    roots : entities any of which is a right first cause.
    change : id of the change to blame; empty = none of those on record.
    worlds : the incident touches at least these.
    never : entities that suffer only, and must not be named first.
    says : patterns, one of which the page must contain; empty = nothing in particular.
    """

    roots: frozenset[str]
    change: str = ""
    worlds: frozenset[str] = frozenset({"it"})
    never: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story and what becomes of it."""

    name: str
    effects: tuple[Effect, ...]
    pages: tuple[Expected, ...]
    changes: tuple[Altered, ...] = ()
    lines: tuple[Line, ...] = ()
    minutes: float = 18.0
    """How long the trouble is watched."""

    def moved(self, minute: float) -> dict[tuple[str, str], float]:
        """(entity, quantity) -> value, of all that is not as usual."""
        found: dict[tuple[str, str], float] = {}
        for one in self.effects:
            strength = one.strength(minute)
            if strength and one.quantity in SHARES:
                found[one.entity, one.quantity] = found.get((one.entity, one.quantity), 0.0) + one.to * strength
            elif strength:
                was = found.get((one.entity, one.quantity), 1.0)
                found[one.entity, one.quantity] = was * (1.0 + (one.to - 1.0) * strength)
        return found


QUIET = Scenario("nothing happens", effects=(), pages=())
