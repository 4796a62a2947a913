"""What the buttons of the pages do: a form in, a deed done, the page again (303)."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from aiops.errors import ConfigError
from aiops.respond import matcher
from aiops.types import Json
from aiops.web.backend import Action, Invalid, Person
from aiops.web.site import Site, person, site

router = APIRouter(include_in_schema=False)
Here = Annotated[Site, Depends(site)]
Who = Annotated[Person, Depends(person)]

LONGEST_SILENCE_SECONDS = 366 * 86_400.0
LONGEST_TEXT = 2_000


async def form(request: Request, here: Here) -> dict[str, str]:
    """The fields of a form of ours; a dependency."""
    return here.forms.read(request, await request.body())


Fields = Annotated[dict[str, str], Depends(form)]


@router.post("/incidents/{id}/{action}")
async def incident(here: Here, who: Who, fields: Fields, id: str, action: str) -> Response:
    arguments: Json = {}
    if action == "feedback":
        arguments = {"right": _yes_or_no(fields.get("right", ""))}
    elif action == "run":
        await _do(here, who, "run", fields.get("runbook", ""), {"incident_id": id})
        return _back(f"/incidents/{id}")
    elif action not in ("ack", "resolve"):
        raise Invalid(f"an incident knows no {action}")
    await _do(here, who, action, id, arguments)  # type: ignore[arg-type]
    return _back(f"/incidents/{id}")


@router.post("/silences")
async def silence(here: Here, who: Who, fields: Fields) -> Response:
    arguments = silence_arguments(fields.get("matchers", ""), hours(fields.get("hours", "")), fields.get("comment", ""))
    await _do(here, who, "silence", "", arguments)
    return _back("/silences")


@router.post("/silences/{id}/expire")
async def expire(here: Here, who: Who, fields: Fields, id: str) -> Response:
    await _do(here, who, "expire", id, {})
    return _back("/silences")


@router.post("/runs/{action}")
async def run(here: Here, who: Who, fields: Fields, action: str) -> Response:
    if action not in ("approve", "abort", "decide"):
        raise Invalid(f"a run knows no {action}")
    arguments: Json = {"happened": _yes_or_no(fields.get("happened", ""))} if action == "decide" else {}
    await _do(here, who, action, fields.get("run", ""), arguments)  # type: ignore[arg-type]
    incident_id = fields.get("incident", "")
    return _back(f"/incidents/{incident_id}" if incident_id.isalnum() else "/runbooks")


def silence_arguments(matchers: str, seconds: float, comment: str) -> Json:
    """Arguments of a `silence` command.

    Raises
    ------
    Invalid : matchers that cannot be read, a length that makes no sense.
    """
    try:
        parsed = matcher.parse(matchers)
    except ConfigError as error:
        raise Invalid(str(error)) from None
    if not math.isfinite(seconds) or not 0 < seconds <= LONGEST_SILENCE_SECONDS:
        raise Invalid("a silence lasts more than nothing and at most a year")
    return {"matchers": [list(one) for one in parsed], "seconds": seconds, "comment": comment[:LONGEST_TEXT]}


def hours(given: str) -> float:
    """Hours in words of a form, as seconds."""
    try:
        return float(given) * 3_600
    except ValueError:
        raise Invalid(f"{given!r} is no number of hours") from None


async def _do(here: Site, who: Person, action: Action, target: str, arguments: Json) -> Json:
    return await run_in_threadpool(here.act, who, action, target, arguments)


def _yes_or_no(given: str) -> bool:
    if given not in ("true", "false"):
        raise Invalid("true or false is expected")
    return given == "true"


def _back(path: str) -> Response:
    return RedirectResponse(path, 303)
