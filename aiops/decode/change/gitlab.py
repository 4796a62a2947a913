"""GitLab's webhooks: deployment, push and feature flag events."""

from __future__ import annotations

from aiops.decode.change.field import first_line, inside, moment, paths, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json


def is_mine(payload: Json) -> bool:
    """Whether GitLab writes like this."""
    return isinstance(payload.get("object_kind"), str)


def events(payload: Json, now: float) -> list[Change]:
    """A deployment that succeeded, the commits of a push, or a flag that was switched.

    Raises
    ------
    Refused : a deployment, commit or flag without an id.
    """
    kind = payload["object_kind"]
    if kind == "deployment":
        return [_deployment(payload, now)] if text(payload, "status") == "success" else []
    if kind == "feature_flag":
        return [_flag(payload, now)]
    commits = payload.get("commits") if kind == "push" else None
    return [_commit(one, now) for one in commits if isinstance(one, dict)] if isinstance(commits, list) else []


def _deployment(payload: Json, now: float) -> Change:
    identity = text(payload, "deployment_id", "deployable_id")
    if not identity:
        raise Refused("invalid_field", "a deployment without an id")
    # Only the address of the commit names it in full.
    sha = text(payload, "commit_url").rstrip("/").rpartition("/")[2] or text(payload, "short_sha")
    return Change(
        moment(payload.get("status_changed_at"), now),
        kind="deploy",
        id=f"gitlab-deployment-{identity}",
        entity=text(inside(payload, "project"), "name"),
        summary=f"deploy to {text(payload, 'environment')}: {first_line(text(payload, 'commit_title'))}",
        author=text(inside(payload, "user"), "username", "name"),
        after=sha,
    )


def _flag(payload: Json, now: float) -> Change:
    told = inside(payload, "object_attributes")
    name = text(told, "name")
    if not name:
        raise Refused("invalid_field", "a feature flag without a name")
    state = "on" if told.get("active") else "off"
    return Change(
        now,
        kind="flag",
        id=f"gitlab-flag-{text(told, 'id') or name}-{state}-{now:.0f}",
        entity=text(inside(payload, "project"), "name"),
        summary=f"{name}: {state}. {text(told, 'description')}".strip(),
        author=text(inside(payload, "user"), "username", "name"),
        after=state,
    )


def _commit(told: Json, now: float) -> Change:
    if not text(told, "id"):
        raise Refused("invalid_field", "a commit without an id")
    return Change(
        moment(told.get("timestamp"), now),
        kind="commit",
        id=text(told, "id"),
        summary=text(told, "title") or first_line(text(told, "message")),
        author=text(inside(told, "author"), "name"),
        files=paths(told),
    )
