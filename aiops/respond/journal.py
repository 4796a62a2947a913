"""What was intended, what was done, what came of it: one append-only record a transition.

The run holds the present (its open intent is what recovery reads); the journal holds the past, for people and for
`explain`. Both are written in the commit that precedes the act.
"""

from __future__ import annotations

from aiops.respond.run import Event, Outcome, Run
from aiops.types import Json


def entries(before: Run | None, after: Run, event: Event | None, now: float) -> list[Json]:
    """Records of one transition, oldest first.

    Returns
    -------
    objects with `run_id`, `at`, `kind` (`outcome`, `note`, `intent`), and for intents and outcomes `key`, `step`,
    `act` (act, rollback, probe), `attempt`.
    """
    base: Json = {"run_id": after.id, "incident_id": after.incident_id, "at": now}
    found: list[Json] = []
    answered = before.intent if before else None
    if answered is not None and isinstance(event, Outcome) and after is not before:
        what = {"key": answered.key, "step": answered.step, "act": answered.kind, "attempt": answered.attempt}
        found.append({**base, "kind": "outcome", **what, "status": event.status, "detail": event.detail})
    for _, text in after.log[len(before.log) if before else 0 :]:
        found.append({**base, "kind": "note", "state": after.state, "text": text})
    intent = after.intent
    if intent is not None and intent != answered:
        what = {"key": intent.key, "step": intent.step, "act": intent.kind, "attempt": intent.attempt}
        found.append({**base, "kind": "intent", **what, "action": intent.action, "with": intent.config})
    return found
