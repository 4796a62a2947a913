"""Fields of payloads whose form others decide: absent, null and of another type are the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiops.decode.parse import epoch
from aiops.types import Json


def inside(payload: Json, *path: str) -> Json:
    """The object at `path`, empty where there is none."""
    found: Any = payload
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def text(payload: Json, *names: str) -> str:
    """The first of the fields that says something, as text."""
    found = (payload.get(name) for name in names)
    return next(
        (str(one) for one in found if isinstance(one, str | int) and not isinstance(one, bool) and one != ""), ""
    )


def moment(value: Any, now: float) -> float:
    """A time as senders write it, `now` where they do not.

    Raises
    ------
    Refused : `invalid_time`.
    """
    if value is None or value == "":
        return now
    if isinstance(value, str) and " " in value:
        # Ruby's way, "2026-04-28 21:50:00 +0200" or "... UTC".
        for form in ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %Z"):
            try:
                return epoch(datetime.strptime(value.replace("UTC", "+0000"), form).isoformat())
            except ValueError:
                continue
    return epoch(value)


def first_line(message: str) -> str:
    """The subject of a commit."""
    return message.strip().partition("\n")[0]


def paths(commit: Json) -> tuple[str, ...]:
    """Files that a commit of a push added, modified or removed, sorted."""
    lists = (commit.get(name) for name in ("added", "modified", "removed"))
    return tuple(sorted({one for some in lists if isinstance(some, list) for one in some if isinstance(one, str)}))
