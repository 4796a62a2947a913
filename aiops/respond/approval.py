"""Whether a run may act: the mode of the whole, the runbook's own rule, and who has agreed so far.

`auto` never overrides a runbook that wants to be asked; `approve` asks for every one; `dry_run` and `off` never act.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiops.respond.runbook import Approval

MODES = ("off", "dry_run", "approve", "auto")


@dataclass(frozen=True, slots=True)
class Need:
    """What a run waits for; fixed when it is proposed, so that a reload changes nothing about it.

    Attributes
    ----------
    count : different people who have to agree; 0 = nobody.
    roles : each of them needs one of these; empty = any.
    expires_seconds : after it the proposal lapses, daemon's clock.
    """

    count: int = 1
    roles: tuple[str, ...] = ()
    expires_seconds: float = 900.0


def need(approval: Approval, mode: str) -> Need:
    """What a runbook's run needs under `mode` (approve or auto)."""
    asked = approval.needed or mode != "auto"
    return Need(approval.count if asked else 0, approval.roles, approval.expires)


def refusal(wanted: Need, user: str, roles: Iterable[str], given: Iterable[str]) -> str:
    """Why this person's approval does not count; empty = it does."""
    if wanted.roles and not set(wanted.roles) & set(roles):
        return f"{user} has none of the roles {', '.join(wanted.roles)}"
    if user in given:
        return f"{user} has approved already"
    return ""


def granted(wanted: Need, given: Iterable[str]) -> bool:
    """Tell whether enough different people agreed."""
    return len(set(given)) >= wanted.count
