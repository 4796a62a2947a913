"""One HTTP request to what the egress rule lets through.

`Idempotency-Key` is the same for every attempt of a step. A 2xx answer is done; 4xx, 429 and 503 are refusals; any
other answer, a redirect included (it is never followed), leaves it unknown whether something happened. Secrets are
named, not written: a run and its journal hold every setting, so `bearer_env` and `bearer_file` are read at the moment
of the call.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from aiops.config import Strict
from aiops.errors import PermanentError
from aiops.outbound import Answer, Request, send
from aiops.respond.effect import ActionContext, ActionOutcome

SHOWN_BYTES = 2_000
REFUSALS = frozenset({429, 503})


class Probe(Strict):
    """A question that changes nothing: did it take effect?"""

    url: str = Field(pattern=r"^https?://")
    expect: tuple[int, ...] = (200,)
    contains: str = ""


class HttpAction:
    """`action: http`."""

    class Config(Strict):
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
        url: str = Field(pattern=r"^https?://")
        headers: dict[str, str] = Field(default_factory=dict)
        body: str | dict[str, Any] | list[Any] | None = None
        expect: tuple[int, ...] = ()
        bearer_env: str = ""
        bearer_file: str = ""
        probe: Probe | None = None

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Send the request."""
        body, kind = _body(config.body)
        headers = {**kind, **config.headers, **_bearer(config), "Idempotency-Key": context.key}
        answer = self._send(config.method, config.url, headers, body, context)
        done = answer.status in config.expect if config.expect else 200 <= answer.status < 300
        refused = 400 <= answer.status < 500 or answer.status in REFUSALS
        status = "ok" if done else "failed" if refused else "unknown"
        return ActionOutcome(status, f"{config.method} {config.url} answered {answer.status}", _shown(answer))

    def probe(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Ask; an answer that says neither yes nor no leaves it unknown."""
        asked = config.probe
        if asked is None:
            return ActionOutcome("unknown", "the step has no `probe`")
        answer = self._send("GET", asked.url, _bearer(config), b"", context)
        if answer.status >= 500:
            return ActionOutcome("unknown", f"GET {asked.url} answered {answer.status}")
        held = answer.status in asked.expect and asked.contains.encode() in answer.body
        return ActionOutcome("ok" if held else "failed", f"GET {asked.url} answered {answer.status}", _shown(answer))

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes, context: ActionContext) -> Answer:
        for name, value in headers.items():
            if not name.isascii() or any(character in name + value for character in "\r\n\0"):
                raise PermanentError(f"the header {name!r} cannot be sent")
        return send(Request(method, url, headers, body, context.timeout_seconds, context.egress.permits))


def _body(body: object) -> tuple[bytes, dict[str, str]]:
    if body is None:
        return b"", {}
    if isinstance(body, str):
        return body.encode(), {"Content-Type": "text/plain; charset=utf-8"}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def _bearer(config: HttpAction.Config) -> dict[str, str]:
    try:
        token = Path(config.bearer_file).read_text(encoding="utf-8") if config.bearer_file else ""
    except OSError as error:
        raise PermanentError(f"bearer_file {config.bearer_file}: {error.strerror}") from error
    if config.bearer_env:
        token = os.environ.get(config.bearer_env, "")
        if not token:
            raise PermanentError(f"bearer_env: the environment variable {config.bearer_env} is not set")
    return {"Authorization": f"Bearer {token.strip()}"} if token else {}


def _shown(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "body": answer.body[:SHOWN_BYTES].decode("utf-8", "replace")}
