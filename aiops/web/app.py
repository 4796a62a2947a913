"""The application: rooms put together, errors turned into answers, the guard around all."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from aiops.config import Web
from aiops.web import api, deeds, pages, probe, push, reference
from aiops.web.answer import refusal
from aiops.web.auth import Doorman, require_closed_door
from aiops.web.backend import Backend, Full, WebError
from aiops.web.body import Door
from aiops.web.form import Forms
from aiops.web.guard import Guard
from aiops.web.site import Site, environment


def build(backend: Backend, settings: Web) -> Guard:
    """The whole application, to be served by `server.serve`.

    Raises
    ------
    ConfigError : it would be open to strangers.
    """
    host = settings.listen.rpartition(":")[0]
    require_closed_door(host, settings)
    app = FastAPI(
        title="aiops",
        description="Incidents across IT, models and LLM applications.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = Site(backend, Doorman(settings), Forms(), Door(), environment())
    for room in (probe, push, reference, api, pages, deeds):
        app.include_router(room.router)
    app.add_api_route("/api/openapi.json", _described, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("aiops.web") / "static"), follow_symlink=False))
    _answer_errors(app)
    return Guard(app, host, settings.external_url, backend.events.close)


def _described(request: Request) -> Response:
    site: Site = request.app.state.site
    site.person(request)
    return api.answer(request.app.openapi())


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(WebError)
    def _ours(request: Request, error: WebError) -> Response:
        headers = {"retry-after": f"{error.retry_after:.0f}"} if isinstance(error, Full) else {}
        return refusal(request.scope, error.status, str(error), headers)

    @app.exception_handler(HTTPException)
    def _theirs(request: Request, error: HTTPException) -> Response:
        return refusal(request.scope, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    def _malformed(request: Request, error: RequestValidationError) -> Response:
        return refusal(request.scope, 400, "; ".join(_place(one) for one in error.errors()[:5]))

    @app.exception_handler(Exception)
    def _broken(request: Request, error: Exception) -> Response:
        # Starlette raises it again after this answer, so that the server logs the trace.
        return refusal(request.scope, 500, "this is a fault of ours; the log says more")


def _place(error: Any) -> str:
    where = ".".join(str(part) for part in error.get("loc", ()))
    return f"{where}: {error.get('msg', 'wrong')}"
