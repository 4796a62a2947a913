"""For machines that watch us: alive, ready, metrics. No name and no password for the first two."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aiops.web.backend import Person
from aiops.web.site import Site, person, site

router = APIRouter(tags=["status"])
Here = Annotated[Site, Depends(site)]


@router.get("/-/healthy")
async def healthy(here: Here) -> Response:
    """200 while the process works, whatever its sources do. Answered on the loop: no worker thread is needed."""
    fine = here.backend.healthy()
    return JSONResponse({"healthy": fine}, 200 if fine else 503)


@router.get("/-/ready")
def ready(here: Here) -> Response:
    """200 once kernels are compiled, partitions assigned and every source has answered; else 503 and why."""
    fine, detail = here.backend.ready()
    return JSONResponse({**detail, "ready": fine}, 200 if fine else 503)


@router.get("/metrics")
def metrics(here: Here, who: Annotated[Person, Depends(person)]) -> Response:
    """About ourselves, in Prometheus' text format."""
    return PlainTextResponse(here.backend.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")
