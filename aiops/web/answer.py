"""Refusals: JSON for programs, a plain page for people; the same words for both."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

API_PATHS = ("/api/", "/v1/", "/slack/", "/-/", "/metrics")


def is_api(scope: Mapping[str, Any]) -> bool:
    """Whether the request comes from a program, by its path or by what it accepts."""
    if str(scope["path"]).startswith(API_PATHS) and scope["path"] != "/api/docs":
        return True
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"application/json" in accept and b"text/html" not in accept


def refusal(scope: Mapping[str, Any], status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong."""
    if is_api(scope):
        return JSONResponse({"error": message, "status": status}, status, dict(headers or {}))
    title = HTTPStatus(status).phrase
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="stylesheet" href="/static/aiops.css">'
        f'<main class="refusal"><p class="code">{status}</p><h1>{title}</h1><p>{escape(message)}</p>'
        '<p><a href="/">All incidents</a></p></main></html>'
    )
    return HTMLResponse(page, status, dict(headers or {}))
