"""Lines that are JSON objects: the message, by the names that loggers give it, is what templates are made of."""

from __future__ import annotations

import msgspec
import numpy as np

from aiops.decode.log_line import said
from aiops.logfile.header import SAMPLE
from aiops.types import Ints

MOST = 0.5
"""Share of the sample's lines that must have a message for the file to be taken as JSON."""


def is_json(buffer: bytes, start: Ints, stop: Ints) -> bool:
    """Whether most of the first lines are objects with a message."""
    filled = np.flatnonzero(stop > start)[:SAMPLE]
    known = sum(_message(buffer[start[i] : stop[i]]) is not None for i in filled)
    return known > MOST * len(filled)


def messages(buffer: bytes, start: Ints, stop: Ints) -> tuple[bytes, Ints, Ints]:
    """What lines say, one after another, and where each begins and ends; a line without a message is its own."""
    told = []
    for a, b in zip(start.tolist(), stop.tolist(), strict=True):
        line = buffer[a:b]
        message = _message(line)
        told.append(line if message is None else message)
    end = np.cumsum([len(one) for one in told], dtype=np.int64)
    return b"".join(told), end - np.asarray([len(one) for one in told], np.int64), end


def _message(line: bytes) -> bytes | None:
    if line[:1] != b"{":
        return None
    try:
        found = msgspec.json.decode(line, type=dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return said(found).encode("utf-8", "surrogatepass") or None
