"""Which JSON a record is, by the keys of its outermost object, stopping at the first that decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from aiops.decode.kernels.load import Base, Bytes, base, byte
from aiops.decode.kernels.text import (
    BACKSLASH,
    CLOSE,
    CLOSE_LIST,
    COLON,
    COMMA,
    OPEN,
    OPEN_LIST,
    QUOTE,
    packed,
    short,
    skip,
    step,
)  # fmt: skip
from aiops.types import Ints

NOTHING, AGENT, METRICS, LOGS, SPANS, TELEGRAF, PROMETHEUS, CLOUDEVENTS, ALERTMANAGER, LINE = range(10)
CHANGE = 12
OTHER = 255  # no JSON

_TYPES = np.array([packed(name) for name in ("metric", "alert", "log", "span", "change", "predicti", "llm")])
_BODY = np.array([packed(name) for name in ("message", "msg", "log", "body", "MESSAGE")])
_RESOURCE, _METRICS, _LOGS, _SPANS = map(packed, ("resource", "Metrics", "Logs", "Spans"))
_TYPE, _SPECVERS, _METRIC_LIST, _ALERTS = map(packed, ("type", "specvers", "metrics", "alerts"))
_FIELDS, _NAME, _DATA, _STATUS = map(packed, ("fields", "name", "data", "status"))
_LABELS, _VALUE, _TIMESTAM, _STARTSAT = map(packed, ("labels", "value", "timestam", "startsAt"))
_OBJECT_K, _TITLEVER, _ACTION = map(packed, ("object_k", "titleVer", "action"))
_DEPLOYME, _PUSHER, _INVOLVED, _REGARDIN = map(packed, ("deployme", "pusher", "involved", "regardin"))

FIELDS, NAME, DATA, STATUS, LABELS, VALUE, TIMESTAMP, STARTS, BODY, TYPE, SENDER, ACTION = (1 << i for i in range(12))
SAMPLE = LABELS | VALUE | TIMESTAMP


@njit(cache=True)
def _string_end(buffer: Base, at: int, stop: int) -> int:
    """Return the position after the string whose opening quote is at `at`, `stop` when it does not end."""
    at += 1
    while at < stop:
        if byte(buffer, at) == BACKSLASH:
            at += 2
        elif byte(buffer, at) == QUOTE:
            return at + 1
        else:
            at += 1
    return stop


@njit(cache=True)
def _value_end(buffer: Base, at: int, stop: int) -> int:
    """Return the position after the value at `at`, nested ones included; never beyond `stop`."""
    depth = 0
    while at < stop:
        found = byte(buffer, at)
        if found == QUOTE:
            at = _string_end(buffer, at, stop)
            if depth == 0:
                return at
            continue
        if found == CLOSE or found == CLOSE_LIST:
            depth -= 1
            if depth <= 0:
                return at + 1 if depth == 0 else at
        elif found == OPEN or found == OPEN_LIST:
            depth += 1
        elif found == COMMA and depth == 0:
            return at
        at += 1
    return stop


@njit(cache=True)
def _key(buffer: Base, at: int, end: int, stop: int) -> tuple[int, int]:
    """Return (format the key decides, what it adds to the evidence)."""
    found = short(buffer, at, min(end - at, 8), stop)
    rest = short(buffer, at + 8, min(end - at - 8, 8), stop)
    if found == _RESOURCE:
        return (METRICS if rest == _METRICS else LOGS if rest == _LOGS else SPANS if rest == _SPANS else 0), 0
    if found == _SPECVERS:
        return CLOUDEVENTS, 0
    if found == _METRIC_LIST:
        return TELEGRAF, 0
    if found == _ALERTS:
        return ALERTMANAGER, 0
    if found == _TYPE:
        return 0, TYPE
    if found == _FIELDS:
        return 0, FIELDS
    if found == _NAME:
        return 0, NAME
    if found == _DATA:
        return 0, DATA
    if found == _STATUS:
        return 0, STATUS
    if found == _LABELS:
        return 0, LABELS
    if found == _VALUE:
        return 0, VALUE
    if found == _TIMESTAM:
        return 0, TIMESTAMP
    if found == _STARTSAT:
        return 0, STARTS
    if found == _OBJECT_K or found == _TITLEVER:
        return CHANGE, 0
    if found == _ACTION:
        return 0, ACTION
    for body in _BODY:
        if found == body:
            return 0, BODY
    if found == _DEPLOYME or found == _PUSHER:
        return 0, SENDER
    if found == _INVOLVED or found == _REGARDIN:
        return 0, SENDER | ACTION
    return 0, 0


@njit(cache=True)
def _is_own(buffer: Base, at: int, end: int, stop: int) -> bool:
    """Tell whether the string in [at, end) is a type of the agent's own JSON."""
    found = short(buffer, at, min(end - at, 8), stop)
    for name in _TYPES:
        if found == name:
            return True
    return False


@njit(cache=True)
def _judge(seen: int, listed: bool) -> int:
    if (seen & FIELDS) and (seen & NAME):
        return TELEGRAF
    if ((seen & DATA) and (seen & STATUS)) or (seen & SAMPLE) == SAMPLE:
        return PROMETHEUS
    if ((seen & SENDER) or ((seen & ACTION) and (seen & DATA))) and not (seen & (TYPE | BODY)):
        return CHANGE
    if (seen & LABELS) and (listed or (seen & STARTS)):
        return ALERTMANAGER
    return LINE if (seen & BODY) and not (seen & TYPE) else AGENT


@njit(cache=True)
def _object(buffer: Base, at: int, stop: int, listed: bool) -> int:
    seen = 0
    at = step(buffer, at, stop, OPEN)
    while 0 <= at < stop and byte(buffer, at) == QUOTE:
        end = _string_end(buffer, at, stop)
        decided, more = _key(buffer, at + 1, end - 1, stop)
        if decided:
            return decided
        seen |= more
        at = step(buffer, end, stop, COLON)
        if at < 0 or at >= stop:
            break
        if (
            more == TYPE
            and byte(buffer, at) == QUOTE
            and _is_own(buffer, at + 1, _string_end(buffer, at, stop) - 1, stop)
        ):
            return AGENT
        if more & SENDER and byte(buffer, at) != OPEN:
            seen &= ~SENDER  # a name, where GitHub and Kubernetes have an object
        elif more == SENDER | ACTION:
            return CHANGE
        # A matrix is large: do not step over it only to learn what is known.
        if (seen & DATA) and (seen & STATUS):
            return PROMETHEUS
        at = step(buffer, _value_end(buffer, at, stop), stop, COMMA)
    return _judge(seen, listed)


CLASSIFY: Any = types.uint8[::1](types.Array(types.uint8, 1, "C", readonly=True), types.int64[::1], types.int64[::1])


@njit(CLASSIFY, cache=True)
def classify(data: Bytes, start: Ints, stop: Ints) -> npt.NDArray[np.uint8]:
    """Return one of the codes above for every record, shape (n,)."""
    out = np.empty(len(start), np.uint8)
    buffer = base(data)
    for i in range(len(start)):
        at = skip(buffer, start[i], stop[i])
        listed = at < stop[i] and byte(buffer, at) == OPEN_LIST
        inside = skip(buffer, at + 1, stop[i]) if listed else at
        if at >= stop[i]:
            out[i] = NOTHING
        elif inside < stop[i] and byte(buffer, inside) == OPEN:
            out[i] = _object(buffer, inside, stop[i], listed)
        else:
            out[i] = AGENT if listed else OTHER
    return out
