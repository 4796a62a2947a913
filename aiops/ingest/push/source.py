"""Takes what is pushed: OTLP over HTTP, Prometheus remote write, changes and Alertmanager's alerts.

`otlp`, `remote_write` and `webhook` are names of this one source: whoever pushes knows the path, and one port takes
all. With `listen` it opens a port of its own, and the web server hands over to the same `inbox`.
An answer of 2xx means that the body is on disk; it is delivered once, and again after a crash if it was not committed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from aiops.errors import TemporaryError
from aiops.ingest.push.body import PROTOBUF, InvalidError, TooLargeError, checked
from aiops.ingest.push.inbox import FullError, Inbox, Kind
from aiops.ingest.push.listener import Answer, Listener, Request
from aiops.ingest.source import MIB, PartitionStatus, SourceConfig, SourceContext, SourceStatus
from aiops.ingest.unpack import BombError, CorruptError, unpack
from aiops.types import Records

PATHS: Mapping[str, Kind] = {
    "/v1/metrics": "metrics",
    "/v1/logs": "logs",
    "/v1/traces": "traces",
    "/api/v1/write": "write",
    "/api/v1/changes": "changes",
    "/api/v2/alerts": "alerts",
}


class OtlpConfig(SourceConfig):
    """Settings of a push source.

    Attributes
    ----------
    listen : `host:port` of a port of its own; absent = only through the web server.
    allow_remote : listen on an address others can reach, although there is no login here.
    max_body_bytes : of one request, packed and unpacked alike.
    max_waiting_bytes : on disk and not committed yet; beyond it senders are told to come back.
    """

    listen: str | None = None
    allow_remote: bool = False
    max_body_bytes: int = Field(default=8 * MIB, gt=0)
    max_waiting_bytes: int = Field(default=256 * MIB, gt=0)

    @model_validator(mode="after")
    def _is_safe(self) -> OtlpConfig:
        if self.listen is not None and not _is_loopback(_split(self.listen)[0]) and not self.allow_remote:
            raise ValueError(
                "listen is open to others and there is no login: listen on 127.0.0.1, "
                "or set allow_remote: true behind a proxy that checks who comes"
            )
        return self


def _split(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65_535:
        raise ValueError("must be host:port, such as 127.0.0.1:4318")
    return host.strip("[]") or "127.0.0.1", int(port)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class OtlpSource:
    """See `aiops.ingest.source.Source`; partitions are named `<source>/<kind>`, kinds as in `PATHS`."""

    Config: ClassVar[type[OtlpConfig]] = OtlpConfig
    kind: ClassVar[str] = "otlp"

    def __init__(self, name: str, config: OtlpConfig, ctx: SourceContext) -> None:
        self.name, self.config, self._ctx = name, config, ctx
        self.inbox = Inbox(ctx.state_dir / "inbox", name, ctx.clock, config.max_waiting_bytes)
        self._listener: Listener | None = None
        self._opened = False

    @property
    def port(self) -> int | None:
        """Where it listens."""
        return self._listener.port if self._listener else None

    def open(self, positions: Mapping[str, Any]) -> None:
        self.inbox.open(positions)
        if self.config.listen and self._listener is None:
            host, port = _split(self.config.listen)
            self._listener = Listener(host, port, self.handle, self.config.max_body_bytes)
        self._opened = True

    def poll(self, timeout: float) -> list[Records]:
        return self.inbox.take(timeout, self._ctx.limits.poll_bytes)

    def committed(self, positions: Mapping[str, Any]) -> None:
        self.inbox.committed(positions)

    def handle(self, request: Request) -> Answer:
        """Answer one request; from any thread."""
        kind = PATHS.get(request.path)
        if kind is None:
            return Answer(404, f"no such path; POST to one of {', '.join(PATHS)}".encode())
        if request.method != "POST":
            return Answer(405, b"POST only", headers=(("allow", "POST"),))
        content_type = request.headers.get("content-type", "")
        try:
            body = self._unpacked(kind, request)
            self.inbox.offer(kind, checked(kind, body, content_type, self._ctx.clock(), self.config.max_body_bytes))
        except (BombError, TooLargeError) as error:
            return Answer(413, str(error).encode())
        except (CorruptError, InvalidError) as error:
            return Answer(400, str(error).encode("utf-8", "replace"))
        except FullError as error:
            return Answer(503, str(error).encode(), headers=(("retry-after", f"{error.retry_after or 1:.0f}"),))
        return _accepted(kind, content_type)

    def _unpacked(self, kind: Kind, request: Request) -> bytes:
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if kind == "write" and encoding in ("", "snappy"):
            return request.body  # snappy is part of the format and stays
        return unpack(request.body, encoding, self.config.max_body_bytes)

    def status(self) -> SourceStatus:
        partitions = {name: PartitionStatus(count, count == 0) for name, count in self.inbox.waiting().items()}
        return SourceStatus(self._opened, self._opened, "" if self._opened else "not opened", partitions)

    def check(self) -> list[str]:
        if not self.config.listen or self._listener is not None:
            return []
        try:
            Listener(*_split(self.config.listen), self.handle, 0).close()
        except TemporaryError as error:
            return [f"{self.name}: {error}; choose another port"]
        return []

    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        self.inbox.close()
        self._opened = False


def _accepted(kind: Kind, content_type: str) -> Answer:
    if kind == "write":
        return Answer(204)
    if kind == "changes":
        return Answer(202, b'{"accepted":1}', "application/json")  # as the web server does
    if kind in ("metrics", "logs", "traces") and content_type.partition(";")[0].strip().lower() in PROTOBUF:
        return Answer(200, b"", "application/x-protobuf")  # an empty message: everything was taken
    return Answer(200, b"{}", "application/json")
