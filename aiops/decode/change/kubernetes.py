"""Kubernetes events (`v1` and `events.k8s.io`), bare or as a watch or an exporter wraps them.

A replica set that is scaled is a change; any other event is what the cluster says of an object, and stays a log line.
"""

from __future__ import annotations

import re

from aiops.decode.change.field import inside, moment, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json, LogRecord

SCALED = re.compile(r"Scaled (up|down) replica set (\S+)(?: from (\d+))? to (\d+)(?: from (\d+))?")


def is_mine(payload: Json) -> bool:
    """Whether it is an event about an object."""
    told = _event(payload)
    return bool(_about(told)) and isinstance(told.get("reason"), str)


def events(payload: Json, now: float) -> list[Change | LogRecord]:
    """The change that the event tells of, or its message as a log line.

    Raises
    ------
    Refused : the object has no name.
    """
    told = _event(payload)
    about, meta = _about(told), inside(told, "metadata")
    name, said, reason = text(about, "name"), text(told, "message", "note"), text(told, "reason")
    if not name:
        raise Refused("invalid_field", "an event about an object without a name")
    stamps = (told.get(key) for key in ("lastTimestamp", "eventTime", "deprecatedLastTimestamp", "firstTimestamp"))
    at = moment(next((one for one in stamps if one), meta.get("creationTimestamp")), now)
    host = text(inside(told, "source"), "host")
    scaled = SCALED.search(said)
    if reason != "ScalingReplicaSet" or scaled is None:
        severity = "WARN" if text(told, "type") == "Warning" else "INFO"
        return [LogRecord(at, entity=name, body=f"{reason}: {said}", severity=severity, host=host)]
    _, replica_set, before, after, then = scaled.groups()
    identity = f"k8s-{text(meta, 'uid') or f'{replica_set}-{after}-{at:.0f}'}"
    return [Change(at, kind="scale", id=identity, entity=name, summary=said, before=before or then or "", after=after)]


def _event(payload: Json) -> Json:
    """The event itself: a watch puts it under `object`, an exporter under `event`."""
    return next((one for one in (inside(payload, "object"), inside(payload, "event")) if _about(one)), payload)


def _about(told: Json) -> Json:
    return inside(told, "involvedObject") or inside(told, "regarding")
