"""The ways in for other programs, and for Slack."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from aiops.web.backend import Denied, Person, Pushed, plain
from aiops.web.site import Site, person, site

router = APIRouter(tags=["push"])
Here = Annotated[Site, Depends(site)]
Who = Annotated[Person, Depends(person)]

PROTOBUF = "application/x-protobuf"
_BODY = {"requestBody": {"required": True, "content": {PROTOBUF: {}, "application/json": {}}}}


async def _take(request: Request, here: Site, who: Person, kind: Pushed) -> int:
    if "operator" not in who.roles:
        raise Denied(f"{who.name} may look, but not push: it needs the role operator")
    body, headers = await request.body(), plain(request.headers)

    def take() -> int:
        opened = here.door.open(kind, body, headers, here.backend.now())
        return here.backend.ingest(kind, opened, headers)

    return await run_in_threadpool(take)


@router.post("/v1/{kind}", openapi_extra=_BODY, summary="OTLP/HTTP, protobuf or JSON")
async def otlp(request: Request, here: Here, who: Who, kind: Literal["metrics", "logs", "traces"]) -> Response:
    """Metrics, logs or traces as OpenTelemetry exporters send them; gzip, deflate and zstd are unpacked."""
    await _take(request, here, who, kind)
    if "json" in request.headers.get("content-type", ""):
        return JSONResponse({})
    return Response(b"", 200, media_type=PROTOBUF)


@router.post("/api/v1/write", openapi_extra=_BODY, status_code=204, summary="Prometheus remote write 1.0")
async def write(request: Request, here: Here, who: Who) -> Response:
    """A snappy block around a WriteRequest, as `remote_write` of Prometheus sends it."""
    await _take(request, here, who, "write")
    return Response(status_code=204)


@router.post("/api/v1/changes", openapi_extra=_BODY, status_code=202, summary="Tell of a change")
async def changes(request: Request, here: Here, who: Who) -> Response:
    """A deploy, config, flag, prompt, model, price, ...: one object or an array. `kind` is required; `timestamp`
    (epoch seconds or ISO 8601) and `id` are filled in. Webhooks of GitHub, GitLab, Argo CD (`{{toJson .app}}`),
    LaunchDarkly, MLflow and Kubernetes events are taken as they are."""
    return JSONResponse({"accepted": await _take(request, here, who, "changes")}, 202)


@router.post("/api/v2/alerts", openapi_extra=_BODY, summary="Alerts, as Alertmanager takes them")
async def alerts(request: Request, here: Here, who: Who) -> Response:
    """An array of alerts with `labels` (among them `alertname`), `annotations`, `startsAt`, `endsAt`."""
    return JSONResponse({"accepted": await _take(request, here, who, "alerts")})


@router.post("/slack/interactions", summary="Buttons pressed in Slack")
async def slack(request: Request, here: Here) -> Response:
    """Slack's signature is the authentication; a wrong, old or repeated one gets 401."""
    body, headers = await request.body(), plain(request.headers)
    status, answer = await run_in_threadpool(here.backend.interaction, body, headers)
    return JSONResponse(answer, status)
