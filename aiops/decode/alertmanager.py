"""Alerts of others, as Alertmanager's API v2 and its webhook spell them."""

from __future__ import annotations

from typing import Any

import msgspec

from aiops.decode.parse import parse, timestamp
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Alert, Labels

NEVER = "0001-01-01"


class Told(msgspec.Struct, rename="camel", gc=False):
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: str = ""
    ends_at: str = ""
    status: Any = ""
    """`firing` or `resolved` in a webhook; `{"state": ...}` in the API."""


class Webhook(msgspec.Struct, gc=False):
    alerts: list[msgspec.Raw]


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read a list of alerts, a webhook message, or one alert.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    if body.lstrip()[:1] == b"[":
        parts = parse(body, list[msgspec.Raw])
    else:
        found = parse(body, dict[str, msgspec.Raw])
        parts = parse(found["alerts"], list[msgspec.Raw]) if "alerts" in found else [body]
    for part in parts:
        sink.attempt(record, _put, record, part, sink)


def _put(record: int, part: bytes | msgspec.Raw, sink: Sink) -> None:
    sink.event(record, _alert(parse(part, Told), sink.now))


def _alert(told: Told, now: float) -> Alert:
    labels = Labels.of("", told.labels)
    name = told.labels.get("alertname", "")
    if not name:
        raise Refused("invalid_field", "an alert without alertname")
    start = timestamp(told.starts_at) if told.starts_at else now
    # Senders of the API announce an end in the future while an alert still fires.
    end = timestamp(told.ends_at) if told.ends_at and not told.ends_at.startswith(NEVER) else None
    resolved = told.status == "resolved" or (told.status != "firing" and end is not None and end <= now)
    return Alert(
        timestamp=end if resolved and end is not None and end <= now else start,
        entity=labels.entity,
        name=name,
        direction=told.labels.get("direction", told.annotations.get("direction", "")),
        host=labels.host,
        severity=told.labels.get("severity", ""),
        peer=told.labels.get("peer", ""),
        status="resolved" if resolved else "firing",
        labels=dict(told.labels),
    )
