"""Alertmanager's route tree: which receivers hear of an incident, how soon, how often again.

A node without a value of its own inherits its parent's. The first child that matches takes the incident, unless it
says `continue`; a node none of whose children match takes it itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiops.respond.matcher import Matcher, incident_labels, matches
from aiops.types import Incident


@dataclass(frozen=True, slots=True)
class RouteNode:
    """One node as the user wrote it; None = the parent's value.

    Attributes
    ----------
    receiver : name under `receivers`.
    group_wait_seconds : how long an incident may grow before it is told.
    repeat_interval_seconds : how long a firing incident stays unsaid before it is said again; 0 = never again.
    matchers : all must hold; the root's are ignored, it takes everything.
    goes_on : `continue: true`.
    """

    receiver: str | None = None
    group_wait_seconds: float | None = None
    repeat_interval_seconds: float | None = None
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    routes: tuple[RouteNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """Where an incident goes, everything inherited."""

    receiver: str
    group_wait_seconds: float = 20.0
    repeat_interval_seconds: float = 4 * 3_600.0

    @property
    def reminds_never(self) -> bool:
        return self.repeat_interval_seconds <= 0


def ways(route: RouteNode, incident: Incident) -> tuple[Way, ...]:
    """Every receiver that shall hear of `incident`, in the order of the tree, each once (the first way wins)."""
    start = Way(route.receiver or "")
    found = _descend(route, start, incident_labels(incident))
    return tuple({way.receiver: way for way in reversed(found) if way.receiver}.values())[::-1]


def receivers(route: RouteNode) -> tuple[str, ...]:
    """All receivers that the tree names, so that a configuration can be checked against those that exist."""
    own = (route.receiver,) if route.receiver else ()
    below = tuple(name for child in route.routes for name in receivers(child))
    return tuple(dict.fromkeys(own + below))


def match_all(match: Mapping[str, str | Sequence[str]]) -> tuple[Matcher, ...]:
    """`match: {world: llm, severity: [page, warn]}` as matchers; a list means any of its values.

    >>> match_all({"world": "llm", "entity": ["a", "b"]})
    (('world', '=', 'llm'), ('entity', '=~', 'a|b'))
    """
    return tuple((label, *_any_of(value)) for label, value in match.items())


def _any_of(value: str | Sequence[str]) -> tuple[str, str]:
    if isinstance(value, str):
        return "=", value
    return "=~", "|".join(re.escape(each) for each in value)


def _descend(node: RouteNode, inherited: Way, labels: Mapping[str, Sequence[str]]) -> list[Way]:
    here = _inherit(node, inherited)
    found: list[Way] = []
    for child in node.routes:
        if matches(child.matchers, labels):
            found += _descend(child, here, labels)
            if not child.goes_on:
                break
    return found or [here]


def _inherit(node: RouteNode, parent: Way) -> Way:
    wait, repeat = node.group_wait_seconds, node.repeat_interval_seconds
    return Way(
        node.receiver or parent.receiver,
        parent.group_wait_seconds if wait is None else wait,
        parent.repeat_interval_seconds if repeat is None else repeat,
    )
