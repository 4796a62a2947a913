"""Once a week: what was promised of false pages, what became of it, and what another budget would have meant.

A message of its own kind to the default receiver. It is no page: it has no buttons, opens nothing, and is told once.
"""

from __future__ import annotations

from aiops.correlate.allowance import Allowance
from aiops.detect.budget import WEEK_SECONDS
from aiops.respond.message import Message

STATUS = "summary"
NOISIEST = 3
OTHER_BUDGETS = (0.5, 0.1)
"""Shares of the stated budget of which it is told how many pages they would have left."""
DEAF = ("alertmanager",)
"""Types of receivers that know alerts only."""


def reference(end: float) -> str:
    """Name of the conversation about the week that ends then."""
    return f"week-{end:.0f}"


def is_summary(key: str) -> bool:
    """Whether a notification's key is that of a summary."""
    return key.rpartition("/")[0].rpartition("/")[2].startswith("week-")


def summary(allowance: Allowance, end: float) -> Message:
    """The week before `end`, event time."""
    begin = end - WEEK_SECONDS
    pages, false, right = allowance.counts(begin, end)
    found, stated = allowance.estimate(end), allowance.pages_per_week
    interval = f"{found.mean:.1f} a week (90 %: {found.lower:.1f} to {found.upper:.1f})"
    headline = f"Budget {stated:g} false pages a week: {_count(pages, 'page')}, {false} judged false, {right} right"
    notes = [f"False pages, over four weeks as judged and expected: {interval}"]
    for rule, count, wrong in allowance.noisiest(begin, end)[:NOISIEST]:
        notes.append(f"Noisiest: {rule}, {_count(count, 'page')}, {wrong} false")
    if pages:
        left = [f"{stated * share:g} a week: {allowance.left(share, begin, end)}" for share in OTHER_BUDGETS]
        notes.append(f"Of these pages a smaller budget would have left: {'; '.join(left)}")
    if pages > false + right:
        notes.append(f"{pages - false - right} not judged yet: `aiops incident feedback ID true|false`")
    name = reference(end)
    return Message(
        reference=name,
        incident_id=name,
        status=STATUS,
        severity="info",
        headline=headline,
        started=begin,
        detected=end,
        resolved=end,
        notes=tuple(notes),
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
