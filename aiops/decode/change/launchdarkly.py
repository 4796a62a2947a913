"""LaunchDarkly's webhook: an entry of its audit log. Flags, segments and their environments steer programs."""

from __future__ import annotations

from aiops.decode.change.field import inside, moment, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json

STEERING = ("flag", "segment", "environment")


def is_mine(payload: Json) -> bool:
    """Whether it is an entry of the audit log."""
    return "titleVerb" in payload and "_id" in payload


def events(payload: Json, now: float) -> list[Change]:
    """The flag or segment that was altered.

    Raises
    ------
    Refused : an entry without an id.
    """
    if text(payload, "kind") not in STEERING:
        return []
    identity, name = text(payload, "_id"), text(payload, "name")
    if not identity:
        raise Refused("invalid_field", "an entry of the audit log without an id")
    verb = text(payload, "titleVerb")
    told = text(payload, "shortDescription", "description", "comment")
    return [
        Change(
            moment(payload.get("date"), now),
            kind="flag",
            id=f"launchdarkly-{identity}",
            summary=f"{name}: {verb}. {told}".strip(),
            author=text(inside(payload, "member"), "email"),
        )
    ]
