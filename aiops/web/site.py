"""What all handlers share: the backend, who may do what, and how pages are filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import jinja2
from fastapi import HTTPException, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from aiops.types import Json
from aiops.web import charts, text
from aiops.web.auth import Doorman
from aiops.web.backend import Action, Backend, Command, Denied, Person
from aiops.web.body import Door
from aiops.web.form import Forms

OPERATOR: frozenset[str] = frozenset(
    {"ack", "resolve", "feedback", "silence", "expire", "run", "approve", "abort", "decide"}
)
"""All deeds: a viewer only looks. Whether an approval counts is the runbook's to say (`respond.approval`)."""


@dataclass(frozen=True, slots=True)
class Site:
    """One per application, in `app.state.site`."""

    backend: Backend
    doorman: Doorman
    forms: Forms
    door: Door
    templates: jinja2.Environment

    def person(self, request: Request) -> Person:
        """Who asks.

        Raises
        ------
        HTTPException : 401, nobody we know.
        """
        found = self.doorman.person(request.headers.get("authorization", ""))
        if found is None:
            raise HTTPException(
                401, "say who you are: bearer token, or name and password", {"WWW-Authenticate": "Basic"}
            )
        return found

    def act(self, by: Person, action: Action, target: str, arguments: Json | None = None) -> Json:
        """Have a deed done.

        Raises
        ------
        Denied : for viewers; and whatever `Backend.command` raises.
        """
        if action in OPERATOR and "operator" not in by.roles:
            raise Denied(f"{by.name} may look, but not do this: it needs the role operator")
        return self.backend.command(Command(action, target, by, arguments or {}))

    def page(self, request: Request, name: str, person: Person, **values: Any) -> Response:
        """Fill in a template."""
        cookie = self.forms.cookie(request)
        now = self.backend.now()
        shared = {
            "person": person,
            "may_act": "operator" in person.roles,
            "form_token": self.forms.token(cookie),
            "now": now,
            "path": request.url.path,
            "ready": self.backend.ready()[0],
            "moment": lambda at: text.moment(at, now),
            "ago": lambda at: text.ago(at, now),
        }
        html = self.templates.get_template(name).render(**shared, **values)
        response = HTMLResponse(html)
        self.forms.keep(request, response, cookie)
        return response


def site(request: Request) -> Site:
    """The site of this application; a dependency."""
    return cast(Site, request.app.state.site)


def person(request: Request) -> Person:
    """Who asks; a dependency that refuses strangers."""
    return site(request).person(request)


def environment() -> jinja2.Environment:
    """Templates of this package: everything escaped, a missing value is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("aiops.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "number": text.number,
        "span": text.span,
        "iso": text.iso,
        "percent": text.percent,
        "blanks": _blanks,
        "bar": lambda share: Markup(charts.bar(share or 0.0)),
    }
    made.filters.update(filters)
    return made


def _blanks(template: str) -> Markup:
    """A sentence with `{{ name }}` to be filled in, the names set apart."""
    return Markup(re.sub(r"\{\{\s*([\w.]+)\s*\}\}", r"<var>\1</var>", str(escape(template))))
