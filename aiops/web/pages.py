"""The pages people look at; every one of them works without a script."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from aiops.web import view
from aiops.web.backend import Invalid, NotFound, Person, SeriesQuery
from aiops.web.charts import WIDE
from aiops.web.site import Site, person, site

router = APIRouter(include_in_schema=False)
Here = Annotated[Site, Depends(site)]
Who = Annotated[Person, Depends(person)]

SHOWN = 100
LATELY = 5
STATUSES = ("open", "resolved", "all")


@router.get("/")
def incidents(request: Request, here: Here, who: Who, status: str = "open") -> Response:
    chosen = status if status in STATUSES else "open"
    found = here.backend.incidents(None if chosen == "all" else chosen, SHOWN)
    now = here.backend.now()
    rows = [view.row(one, now) for one in found]
    lately = [view.row(one, now) for one in here.backend.incidents("resolved", LATELY)] if chosen == "open" else []
    open_count = len(rows) if chosen == "open" else len(here.backend.incidents("open", SHOWN))
    values: dict[str, Any] = {"rows": rows, "lately": lately, "status": chosen, "open_count": open_count}
    values["report"] = here.backend.status()
    return here.page(request, "incidents.html", who, **values)


@router.get("/incidents/{id}")
def incident(request: Request, here: Here, who: Who, id: str) -> Response:
    document = here.backend.incident(id)
    if document is None:
        raise NotFound(f"there is no incident {id}")
    if document["id"] != id:  # a former id, or the beginning of one
        return RedirectResponse(f"/incidents/{document['id']}", 302)
    now = here.backend.now()
    runs = here.backend.runs(document["id"])
    curves = here.backend.series(SeriesQuery(incident=document["id"])) or view.window_curves(
        document.get("findings") or []
    )
    values: dict[str, Any] = {
        "incident": view.headline(document, now),
        "causes": document.get("causes") or [],
        "none": document.get("none"),
        "changes": document.get("changes") or [],
        "findings": view.findings(document),
        "figures": view.figures(curves, now),
        "topology": view.topology(document),
        "timeline": view.timeline(document, runs),
        "runs": [view.run(one) for one in runs],
        "runbooks": here.backend.runbooks(),
    }
    return here.page(request, "incident.html", who, **values)


@router.get("/series")
def series(
    request: Request,
    here: Here,
    who: Who,
    selector: Annotated[str, Query(max_length=2_000)] = "",
    start: float | None = None,
    end: float | None = None,
) -> Response:
    curves, problem = [], ""
    if selector.strip():
        try:
            curves = here.backend.series(SeriesQuery(selector=selector.strip(), start=start, end=end))
        except (Invalid, NotFound) as error:
            problem = str(error)
    figures = view.figures(curves, here.backend.now(), WIDE)
    return here.page(request, "series.html", who, selector=selector, figures=figures, problem=problem)


@router.get("/rules")
def rules(request: Request, here: Here, who: Who) -> Response:
    worlds: dict[str, list[Any]] = {}
    for rule in here.backend.rules():
        worlds.setdefault(rule.get("world", ""), []).append(rule)
    return here.page(request, "rules.html", who, worlds=worlds)


@router.get("/runbooks")
def runbooks(request: Request, here: Here, who: Who) -> Response:
    runs = [view.run(one) for one in here.backend.runs()[:SHOWN]]
    return here.page(request, "runbooks.html", who, runbooks=here.backend.runbooks(), runs=runs)


@router.get("/silences")
def silences(
    request: Request, here: Here, who: Who, matchers: Annotated[str, Query(max_length=2_000)] = ""
) -> Response:
    now = here.backend.now()
    found = here.backend.silences()
    values: dict[str, Any] = {
        "active": [one for one in found if one["ends_at"] > now],
        "expired": [one for one in found if one["ends_at"] <= now][:20],
        "matchers": matchers,
    }
    return here.page(request, "silences.html", who, **values)


@router.get("/status")
def status(request: Request, here: Here, who: Who) -> Response:
    ready, detail = here.backend.ready()
    return here.page(request, "status.html", who, report=here.backend.status(), is_ready=ready, detail=detail)
