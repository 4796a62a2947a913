"""`/api/v1`: what the pages show and do, for programs. Described at /api/openapi.json and /api/docs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from aiops.types import Json
from aiops.web import document
from aiops.web.backend import Full, NotFound, Person, SeriesQuery
from aiops.web.deeds import silence_arguments
from aiops.web.live import Crowded, stream
from aiops.web.site import Site, person, site

router = APIRouter(prefix="/api/v1", responses={code: {"model": document.Error} for code in (400, 401, 403, 404)})
Here = Annotated[Site, Depends(site)]
Who = Annotated[Person, Depends(person)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Status = Literal["open", "firing", "acknowledged", "resolved"]
At = Annotated[float | None, Query(description="event time, epoch seconds")]


def answer(found: Any, status: int = 200) -> Response:
    """JSON; NaN and infinities become null."""
    return Response(msgspec.json.encode(found), status, media_type="application/json")


def described(model: Any) -> dict[int | str, dict[str, Any]]:
    """What a 200 holds, for the description only: documents are passed on as they are."""
    return {200: {"model": model}}


@router.get("/incidents", tags=["incidents"], responses=described(list[document.Incident]))
def incidents(here: Here, who: Who, status: Status | None = None, limit: Limit = 100) -> Response:
    """Incidents, newest first."""
    return answer(here.backend.incidents(status, limit))


@router.get("/incidents/{id}", tags=["incidents"], responses=described(document.Incident))
def incident(here: Here, who: Who, id: str) -> Response:
    """One incident, by id, former id, or the beginning of an id that no other begins with."""
    return answer(_incident(here, id))


@router.get("/incidents/{id}/series", tags=["incidents"], responses=described(list[document.Curve]))
def incident_series(here: Here, who: Who, id: str, start: At = None, end: At = None) -> Response:
    """The curves of an incident's findings: value, expected and surprise over time."""
    query = SeriesQuery(incident=_incident(here, id)["id"], start=start, end=end)
    return answer([asdict(curve) for curve in here.backend.series(query)])


@router.post("/incidents/{id}/ack", tags=["incidents"])
def ack(here: Here, who: Who, id: str) -> Response:
    """Somebody looks after it: no more repeats."""
    return answer(here.act(who, "ack", id))


@router.post("/incidents/{id}/resolve", tags=["incidents"])
def resolve(here: Here, who: Who, id: str) -> Response:
    """It is over, whatever the series say."""
    return answer(here.act(who, "resolve", id))


@router.post("/incidents/{id}/feedback", tags=["incidents"])
def feedback(here: Here, who: Who, id: str, body: document.Feedback) -> Response:
    """Whether the page was right; false pages count against the budget."""
    return answer(here.act(who, "feedback", id, {"right": body.right}))


@router.post("/incidents/{id}/runs", tags=["runbooks"], status_code=202)
def propose(here: Here, who: Who, id: str, body: document.Propose) -> Response:
    """Propose a runbook for an incident."""
    return answer(here.act(who, "run", body.runbook, {"incident_id": id}), 202)


@router.get("/series", tags=["series"], responses=described(list[document.Curve]))
def series(
    here: Here, who: Who, selector: Annotated[str, Query(max_length=2_000)], start: At = None, end: At = None
) -> Response:
    """Watched series that match a selector such as `up{service_name="web"}`, and why they did or did not page."""
    return answer(
        [asdict(curve) for curve in here.backend.series(SeriesQuery(selector=selector, start=start, end=end))]
    )


@router.get("/silences", tags=["silences"], responses=described(list[document.Silence]))
def silences(here: Here, who: Who) -> Response:
    """All silences, expired ones included."""
    return answer(here.backend.silences())


@router.post("/silences", tags=["silences"], status_code=201)
def silence(here: Here, who: Who, body: document.NewSilence) -> Response:
    """Mute incidents whose labels match."""
    return answer(here.act(who, "silence", "", silence_arguments(body.matchers, body.seconds, body.comment)), 201)


@router.delete("/silences/{id}", tags=["silences"])
def expire(here: Here, who: Who, id: str) -> Response:
    """End a silence now."""
    return answer(here.act(who, "expire", id))


@router.get("/rules", tags=["rules"])
def rules(here: Here, who: Who) -> Response:
    """What is watched and why."""
    return answer(here.backend.rules())


@router.get("/runbooks", tags=["runbooks"])
def runbooks(here: Here, who: Who) -> Response:
    """The catalogue."""
    return answer(here.backend.runbooks())


@router.get("/runs", tags=["runbooks"])
def runs(here: Here, who: Who, incident: str | None = None) -> Response:
    """Runs of runbooks, newest first."""
    return answer(here.backend.runs(incident))


@router.post("/runs/{id:path}/approve", tags=["runbooks"])
def approve(here: Here, who: Who, id: str) -> Response:
    """Agree to a proposed run."""
    return answer(here.act(who, "approve", id))


@router.post("/runs/{id:path}/abort", tags=["runbooks"])
def abort(here: Here, who: Who, id: str) -> Response:
    """Stop before the next step."""
    return answer(here.act(who, "abort", id))


@router.post("/runs/{id:path}/decide", tags=["runbooks"])
def decide(here: Here, who: Who, id: str, body: document.Decide) -> Response:
    """A person's word on a step in doubt: did it happen?"""
    return answer(here.act(who, "decide", id, {"happened": body.happened}))


@router.get("/status", tags=["status"])
def status(here: Here, who: Who) -> Response:
    """Sources, lag, budget, receivers."""
    return answer(here.backend.status())


@router.get("/events", tags=["status"], response_class=StreamingResponse)
async def events(here: Here, who: Who) -> Response:
    """Server-sent events: `change` with the topic and id of what changed."""
    # Registered before the answer begins, so that a crowd is told 429 and not an empty stream.
    stack = ExitStack()
    try:
        queue = stack.enter_context(here.backend.events.listening())
    except Crowded as error:
        raise Full(str(error), 30.0) from None

    async def told() -> AsyncIterator[str]:
        with stack:
            async for piece in stream(queue):
                yield piece

    return StreamingResponse(told(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _incident(here: Site, id: str) -> Json:
    found = here.backend.incident(id)
    if found is None:
        raise NotFound(f"there is no incident {id}")
    return found
