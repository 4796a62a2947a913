"""What every request has to pass before the application sees it, and what every answer carries.

Host: on a loopback, only names of this machine (or `web.external_url`), because a page of somebody else's may
have its own name resolve to 127.0.0.1 (DNS rebinding). Origin: a request that changes something and comes from
another site's page is refused. Body: read whole, with a deadline, a limit each and a limit in all, before any
handler runs; so no handler ever waits for a slow client. Headers: nothing loads from anywhere but here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aiops.web.answer import refusal
from aiops.web.auth import is_loopback

BODY_BYTES = 32 * 2**20
BODIES_BYTES = 192 * 2**20
"""All bodies being read or handled at once."""
BODY_SECONDS = 30.0
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED = "/slack/interactions"
"""Comes through somebody else's tunnel with another Host; its signature is what counts."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


class Refused(Exception):
    """The request is answered here."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class Guard:
    """ASGI middleware, the outermost.

    Parameters
    ----------
    host : the address that is listened on.
    external_url : what people call it by, if it is behind a proxy; empty = nothing.
    leave : ends answers that would go on for ever; the server calls it before it stops.
    """

    def __init__(self, app: ASGIApp, host: str, external_url: str, leave: Callable[[], None]) -> None:
        self._app, self.leave = app, leave
        external = urlsplit(external_url).netloc.lower()
        names = {
            "localhost",
            "127.0.0.1",
            "::1",
            host.strip("[]").lower(),
            urlsplit(external_url).hostname or "localhost",
        }
        self._names: frozenset[str] | None = frozenset(names) if is_loopback(host) else None
        self._origins = frozenset({external} - {""})
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        armed = _with_headers(send)
        held = [0]
        try:
            self._check_origin(scope)
            if scope["method"] not in SAFE:
                body = await self._body(scope, receive, held)
                receive = _replay(body, receive)
            await self._app(scope, receive, armed)
        except Refused as error:
            headers = {**error.headers, "connection": "close"}
            await refusal(scope, error.status, error.message, headers)(scope, receive, armed)
        finally:
            self._held_bytes -= held[0]

    def _check_origin(self, scope: Scope) -> None:
        if scope["path"] == SIGNED:
            return
        host = _header(scope, b"host").lower()
        if self._names is not None and _hostname(host) not in self._names:
            raise Refused(421, "this server answers to localhost only; set web.external_url for other names")
        if scope["method"] in SAFE:
            return
        origin = _header(scope, b"origin").lower()
        if origin and urlsplit(origin).netloc not in {host, *self._origins}:
            raise Refused(403, "a page of another origin may not do this")
        if _header(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
            raise Refused(403, "a page of another site may not do this")

    async def _body(self, scope: Scope, receive: Receive, held: list[int]) -> bytes:
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > BODY_BYTES:
            raise Refused(413, f"a body may have {BODY_BYTES} bytes at most")
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_SECONDS):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(400, "the client went away")
                    pieces.append(message.get("body", b""))
                    self._hold(len(pieces[-1]), held)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Refused(408, f"the body did not arrive within {BODY_SECONDS:.0f} s") from None
        return b"".join(pieces)

    def _hold(self, size: int, held: list[int]) -> None:
        held[0] += size
        self._held_bytes += size
        if held[0] > BODY_BYTES:
            raise Refused(413, f"a body may have {BODY_BYTES} bytes at most")
        if self._held_bytes > BODIES_BYTES:
            raise Refused(503, "too much is being sent at once", **{"retry-after": "5"})


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body in one message, then whatever the client does next."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(send: Send) -> Send:
    async def armed(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [pair for pair in _HEADERS if pair[0] not in present]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return armed


def _header(scope: Scope, name: bytes) -> str:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def _hostname(host: str) -> str:
    """Without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host
