"""Payloads of deployment tools, forges and registries, on Kafka: what they say is `decode.change`'s business."""

from __future__ import annotations

from typing import Any

import msgspec

from aiops.decode.change import read as read_change
from aiops.decode.parse import parse
from aiops.decode.sink import Refused, Run, Sink


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one payload, or an array of them.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    parts: list[Any] = parse(body, list[msgspec.Raw]) if body.lstrip()[:1] == b"[" else [body]
    for part in parts:
        sink.attempt(record, _put, record, part, sink)


def _put(record: int, part: bytes | msgspec.Raw, sink: Sink) -> None:
    found = read_change(parse(part, dict[str, Any]), sink.now)
    if found is None:
        raise Refused("unknown_type", "no sender of changes writes like this")
    for event in found:
        sink.event(record, event)
