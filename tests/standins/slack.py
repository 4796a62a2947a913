"""A Slack of our own: the few methods we call, with their documented limits, and faults on demand.

One message a second and channel (429 with Retry-After), 50 edits and 50 reads a minute, Block Kit's sizes, metadata.
It keeps what was posted, so that a test counts messages instead of believing the client.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

Json = dict[str, Any]
TOKEN = "xoxb-test"
SECRET = "signing-secret"
CHANNEL = "C0TEST"
FAULTS = ("500", "500_accepted", "429", "reset", "drop", "slow", "html", "list")


class Refusal(Exception):
    def __init__(self, error: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.status, self.headers = status, headers or {}
        self.answer: Json = {"ok": False, "error": error, **more}


@dataclass
class Post:
    ts: str
    channel: str
    content: Json
    edits: list[Json] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return json.dumps([self.content.get("text"), self.content.get("blocks")], ensure_ascii=False)


class FakeSlack:
    """Thread-safe; `limits=False` lifts the rates for tests that are not about them."""

    def __init__(self, limits: bool = True) -> None:
        self.posts: list[Post] = []
        self.calls: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.valid = {TOKEN}
        self.scopes = {"chat:write", "channels:history"}
        self.limits = limits
        self._faults: deque[tuple[str, str, float]] = deque()
        self._recent: dict[str, deque[float]] = {}
        self._posted: dict[str, float] = {}
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    @property
    def top(self) -> list[Post]:
        return [post for post in self.posts if not post.content.get("thread_ts")]

    @contextmanager
    def running(self) -> Iterator[FakeSlack]:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def fail(self, kind: str, method: str = "chat.postMessage", seconds: float = 1.0) -> None:
        """Misbehave at the next call of `method`."""
        assert kind in FAULTS
        self._faults.append((kind, method, seconds))

    def delete(self, post: Post) -> None:
        with self._lock:
            self.posts.remove(post)

    def answer(self, method: str, token: str, arguments: Json) -> tuple[int, dict[str, str], Any, str, float]:
        with self._lock:
            kind, seconds = self._strike(method)
            try:
                if kind == "500":
                    raise Refusal("internal_error", 500)
                if kind == "429":
                    raise Refusal("ratelimited", 429, {"Retry-After": "3"})
                if token not in self.valid:
                    raise Refusal("invalid_auth")
                status, headers, answer = 200, {}, {"ok": True, **self._do(method, arguments)}
            except Refusal as refusal:
                status, headers, answer = refusal.status, refusal.headers, refusal.answer
                self.errors.append(str(refusal))
            self.calls.append((method, answer.get("error", "")))
        return status, headers, answer, kind, seconds

    def _strike(self, method: str) -> tuple[str, float]:
        for fault in self._faults:
            if fault[1] == method:
                self._faults.remove(fault)
                return fault[0], fault[2]
        return "", 0.0

    def _do(self, method: str, arguments: Json) -> Json:
        if method == "auth.test":
            return {"team": "test", "user": "aiops"}
        if arguments.get("channel") != CHANNEL:
            raise Refusal("channel_not_found")
        if method == "chat.postMessage":
            return self._post(arguments)
        if method == "chat.update":
            return self._update(arguments)
        if method == "conversations.history":
            return self._history(arguments)
        raise Refusal("unknown_method")

    def _post(self, arguments: Json) -> Json:
        check_content(arguments)
        now = time.monotonic()
        if self.limits and now - self._posted.get(CHANNEL, -9.0) < 1.0:
            raise Refusal("ratelimited", 429, {"Retry-After": "1"})
        self._posted[CHANNEL] = now
        post = Post(f"1700000000.{len(self.posts):06d}", CHANNEL, arguments)
        self.posts.append(post)
        return {"channel": CHANNEL, "ts": post.ts}

    def _update(self, arguments: Json) -> Json:
        self._limit("chat.update")
        post = next((one for one in self.posts if one.ts == arguments.get("ts")), None)
        if post is None:
            raise Refusal("message_not_found")
        if len(str(arguments.get("text", "")).encode()) > 4_000:
            raise Refusal("msg_too_long")
        check_content(arguments)
        post.edits.append(post.content)
        post.content = {"metadata": post.content.get("metadata"), **arguments}
        return {"channel": CHANNEL, "ts": post.ts}

    def _history(self, arguments: Json) -> Json:
        if "channels:history" not in self.scopes:
            raise Refusal("missing_scope")
        self._limit("conversations.history")
        begin, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
        newest_first = self.top[::-1]
        wanted = str(arguments.get("include_all_metadata")).lower() in ("true", "1")
        page = [
            {"ts": one.ts, "text": one.content.get("text"), **({"metadata": one.content["metadata"]} if wanted else {})}
            for one in newest_first[begin : begin + limit]
        ]
        more = len(newest_first) > begin + limit
        return {"messages": page, "response_metadata": {"next_cursor": str(begin + limit) if more else ""}}

    def _limit(self, method: str) -> None:
        recent, now = self._recent.setdefault(method, deque()), time.monotonic()
        while recent and now - recent[0] > 60:
            recent.popleft()
        if self.limits and len(recent) >= 50:
            raise Refusal("ratelimited", 429, {"Retry-After": str(int(61 - now + recent[0]))})
        recent.append(now)


def check_content(arguments: Json) -> None:
    """What Slack refuses in a message."""
    faults = list(block_faults(arguments.get("blocks") or []))
    if faults:
        raise Refusal("invalid_blocks", response_metadata={"messages": faults})
    if _characters(arguments.get("blocks") or []) > 13_000:
        raise Refusal("msg_blocks_too_long")
    if not arguments.get("text"):
        raise Refusal("no_text")
    metadata = arguments.get("metadata")
    if metadata is not None and not (
        isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refusal("invalid_metadata_schema")


def block_faults(blocks: list[Json]) -> Iterator[str]:
    """Each violation of Block Kit's documented limits."""
    if len(blocks) > 50:
        yield "more than 50 blocks"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        yield "block_id is not unique"
    for i, block in enumerate(blocks):
        kind = block.get("type")
        if kind == "header":
            yield from _text(block.get("text"), 150, f"{i}: header", ("plain_text",))
        elif kind == "section":
            yield from _text(block.get("text"), 3_000, f"{i}: section")
        elif kind == "context":
            if not 1 <= len(block.get("elements", [])) <= 10:
                yield f"{i}: context holds 1 to 10 elements"
            for element in block.get("elements", []):
                yield from _text(element, 3_000, f"{i}: context")
        elif kind == "actions":
            yield from _actions(block, i)
        elif kind != "divider":
            yield f"{i}: unsupported type {kind}"


def _actions(block: Json, i: int) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield f"{i}: actions holds 1 to 25 elements"
    names = [element.get("action_id") for element in elements]
    if len(names) != len(set(names)):
        yield f"{i}: action_id is not unique"
    for element in elements:
        yield from _text(element.get("text"), 75, f"{i}: button", ("plain_text",))
        if len(element.get("value", "")) > 2_000 or len(element.get("action_id", "")) > 255:
            yield f"{i}: value or action_id is too long"
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"{i}: unknown style"
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            if "confirm" in element:
                yield from _text(element["confirm"].get(name), most, f"{i}: confirm")


def _text(node: Any, most: int, at: str, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(node, dict) or node.get("type") not in kinds:
        yield f"{at}: no text object of {kinds}"
    elif not 1 <= len(node.get("text", "")) <= most:
        yield f"{at}: {len(node.get('text', ''))} characters, 1 to {most} are allowed"


def _characters(node: Any) -> int:
    if isinstance(node, dict):
        own = len(node["text"]) if isinstance(node.get("text"), str) else 0
        return own + sum(map(_characters, node.values()))
    return sum(map(_characters, node)) if isinstance(node, list) else 0


def press(
    action_id: str, value: str, now: float, secret: str = SECRET, stamp: str | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of one press, as Slack would sign them."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ada"},
        "actions": [{"type": "button", "action_id": action_id, "value": value}],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(now)) if stamp is None else stamp
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    return body, {"X-Slack-Signature": f"v0={mac.hexdigest()}", "X-Slack-Request-Timestamp": stamp}


def _handler(slack: FakeSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type") or ""
            arguments = json.loads(body or b"{}") if "json" in kind else dict(parse_qsl(body.decode()))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            method = self.path.rpartition("/")[2]
            status, headers, answer, fault, seconds = slack.answer(method, token, arguments)
            if fault == "slow":
                time.sleep(seconds)
            if fault in ("reset", "drop"):
                if fault == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            if fault == "html":
                self._say(200, b"<html>down</html>", "text/html", {})
                return
            if fault == "list":
                answer = ["what?"]
            if fault == "500_accepted":
                status, answer = 500, {"ok": False, "error": "internal_error"}
            self._say(status, json.dumps(answer).encode(), "application/json", headers)

        def _say(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

    return Handler
