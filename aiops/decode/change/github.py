"""GitHub's webhooks `deployment`, `deployment_status` and `push`."""

from __future__ import annotations

from aiops.decode.change.field import first_line, inside, moment, paths, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json

LIVE = ("success",)


def is_mine(payload: Json) -> bool:
    """Whether GitHub writes like this; a ping (`zen`) is its as well."""
    told = payload.get("deployment"), payload.get("pusher"), payload.get("zen")
    return (isinstance(payload.get("repository"), dict) and any(told)) or ("zen" in payload and "hook_id" in payload)


def events(payload: Json, now: float) -> list[Change]:
    """A deployment once it is requested and again when it succeeded, under one id; the commits of a push.

    Raises
    ------
    Refused : a deployment without an id.
    """
    if payload.get("deployment"):
        return _deployment(payload, now)
    commits = payload.get("commits")
    return [_commit(one, now) for one in commits if isinstance(one, dict)] if isinstance(commits, list) else []


def _deployment(payload: Json, now: float) -> list[Change]:
    told, status = inside(payload, "deployment"), inside(payload, "deployment_status")
    if not text(told, "id"):
        raise Refused("invalid_field", "a deployment without an id")
    if status and text(status, "state") not in LIVE:
        return []
    extra = inside(told, "payload")
    entity = text(extra, "service", "app", "entity") or text(inside(payload, "repository"), "name")
    what = first_line(text(told, "description")) or text(told, "ref")
    return [
        Change(
            moment(status.get("created_at") or told.get("created_at"), now),
            kind="deploy",
            id=f"github-deployment-{text(told, 'id')}",
            entity=entity,
            summary=f"deploy {what} to {text(told, 'environment')}".strip(),
            author=text(inside(told, "creator"), "login"),
            after=text(told, "sha"),
        )
    ]


def _commit(told: Json, now: float) -> Change:
    if not text(told, "id"):
        raise Refused("invalid_field", "a commit without an id")
    author = inside(told, "author")
    return Change(
        moment(told.get("timestamp"), now),
        kind="commit",
        id=text(told, "id"),
        summary=first_line(text(told, "message")),
        author=text(author, "username", "name"),
        files=paths(told),
    )
