"""Pushed bodies: unpacked within bounds and refused if they cannot be what they claim.

Whoever pushes learns at once that a body is garbage (400) or a bomb (413); what only decoding can find is
counted later as dropped. The checks are syntax only and cheap: the real decoding happens once, in the route.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import xxhash

from aiops.ingest.unpack import BombError, CorruptError, Unpacker
from aiops.types import Json
from aiops.web.backend import Invalid, Pushed, TooLarge

UNPACKED_BYTES = 64 * 2**20
MOST_CHANGES = 10_000
CHANGE_TEXT = ("id", "entity", "summary", "author", "diff", "before", "after")


class Door:
    """Unpacks and checks; one buffer for all, so a shower of bombs costs the memory of one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._unpacker = Unpacker(UNPACKED_BYTES)

    def open(self, kind: Pushed, body: bytes, headers: Mapping[str, str], now: float) -> bytes:
        """The body as `Backend.ingest` takes it.

        Parameters
        ----------
        headers : lower case.
        now : for changes without a timestamp.

        Raises
        ------
        Invalid, TooLarge
        """
        if kind == "write":
            self._unpack(body, "snappy")  # remote write is snappy by definition; decoding unpacks it again
            return body
        body = self._unpack(body, headers.get("content-encoding", "").strip().lower())
        if not body.strip():
            raise Invalid("the body is empty")
        if kind == "changes":
            return changes(body, now)
        if kind == "alerts":
            return alerts(body)
        if "json" in headers.get("content-type", ""):
            _object(_json(body))
        else:
            require_messages(body)
        return body

    def _unpack(self, body: bytes, encoding: str) -> bytes:
        if encoding in ("", "identity"):
            return body
        try:
            with self._turn:
                return self._unpacker.unpack(body, encoding)
        except BombError as error:
            raise TooLarge(str(error)) from None
        except CorruptError as error:
            raise Invalid(f"cannot be unpacked: {error}") from None


def changes(body: bytes, now: float) -> bytes:
    """One change or an array of them -> a JSON array of the agent's own `change` objects.

    `kind` is required; `timestamp` is filled in with `now`, `id` with a digest of the rest.
    """
    found = _json(body)
    objects = found if isinstance(found, list) else [found]
    if len(objects) > MOST_CHANGES:
        raise TooLarge(f"{len(objects)} changes at once; {MOST_CHANGES} are taken")
    return msgspec.json.encode([_change(_object(one), now) for one in objects])


def _change(one: Json, now: float) -> Json:
    if not isinstance(one.get("kind"), str) or not one["kind"]:
        raise Invalid("a change needs `kind`: deploy, commit, config, flag, scale, prompt, model, price, ...")
    for name in CHANGE_TEXT:
        if not isinstance(one.get(name, ""), str):
            raise Invalid(f"`{name}` of a change is text")
    files = one.get("files", [])
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise Invalid("`files` of a change is an array of names")
    digest = xxhash.xxh3_64_hexdigest(msgspec.json.encode(one, order="deterministic"))
    return {"id": digest, **one, "type": "change", "timestamp": _timestamp(one.get("timestamp", now))}


def _timestamp(given: object) -> float:
    try:
        if isinstance(given, str):
            then = datetime.fromisoformat(given)
            return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
        if isinstance(given, int | float) and not isinstance(given, bool):
            return float(given)
    except (ValueError, OverflowError):
        pass
    raise Invalid("`timestamp` of a change is epoch seconds or ISO 8601")


def alerts(body: bytes) -> bytes:
    """Alertmanager's POST /api/v2/alerts: an array of objects with string labels."""
    found = _json(body)
    if not isinstance(found, list):
        raise Invalid("an array of alerts is expected")
    for one in found:
        labels = _object(one).get("labels")
        if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
            raise Invalid("every alert needs `labels`, names and texts")
        if not labels.get("alertname"):
            raise Invalid("every alert needs the label `alertname`")
    return body


def require_messages(body: bytes) -> None:
    """Refuse what is no OTLP export request: a sequence of fields 1, each a message.

    Raises
    ------
    Invalid
    """
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        size, at = _varint(body, at)
        if tag != 0x0A or at + size > len(body):
            raise Invalid("this is no OTLP export request in protobuf")
        at += size


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(body):
            break
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Invalid("this is no OTLP export request in protobuf")


def _json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(f"this is not JSON: {error}") from None


def _object(found: object) -> Json:
    if not isinstance(found, dict):
        raise Invalid("a JSON object is expected")
    return found
