"""Tells which format a record is in, and nothing else.

Order of suspicion: JSON by its first keys; then protobuf by the fields its outermost messages may have; then
snappy by its declared length; then text. What nothing claims is given to `otlp_metrics`, which refuses it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aiops.decode.kernels.sniff import OTHER, classify
from aiops.types import Ints

FORMATS = (
    "", "agent_json", "otlp_metrics", "otlp_logs", "otlp_spans", "telegraf", "prometheus_json", "cloudevents",
    "alertmanager", "log_line", "remote_write", "recording_csv", "change_webhook",
    "open_inference",
)  # fmt: skip


def sniff_all(buffer: npt.NDArray[np.uint8], start: Ints, stop: Ints) -> npt.NDArray[np.uint8]:
    """Return an index into `FORMATS` for every record, shape (n,); 0 = nothing in it."""
    codes: npt.NDArray[np.uint8] = classify(buffer, start, stop)
    for i in np.flatnonzero(_ambiguous(buffer, start, stop)).tolist():
        if name := _protobuf(buffer[start[i] : stop[i]].tobytes()):
            codes[i] = FORMATS.index(name)
    for i in np.flatnonzero(codes == OTHER).tolist():
        codes[i] = FORMATS.index(_binary(buffer[start[i] : stop[i]].tobytes()))
    return codes


def _ambiguous(buffer: npt.NDArray[np.uint8], start: Ints, stop: Ints) -> npt.NDArray[np.bool_]:
    """Records that begin with a line feed and a bracket: JSON, or field 1 of a message of 91 or 123 bytes."""
    if not len(buffer):
        return np.zeros(len(start), np.bool_)
    second = buffer[np.minimum(start + 1, len(buffer) - 1)]
    first = buffer[np.minimum(start, len(buffer) - 1)]
    found: npt.NDArray[np.bool_] = (stop - start > 2) & (first == 0x0A) & ((second == 0x5B) | (second == 0x7B))
    return found


def sniff(body: bytes) -> str:
    """Return the format of one record, empty = there is nothing in it."""
    one = np.frombuffer(body, np.uint8)
    return FORMATS[sniff_all(one, np.zeros(1, np.int64), np.array([len(body)]))[0]]


def _binary(body: bytes) -> str:
    if name := _protobuf(body):
        return name
    if _is_snappy(body):
        return "remote_write"
    return "log_line" if _is_text(body) else "otlp_metrics"


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Return (value, next position); (-1, at) when there is none."""
    value = shift = 0
    while at < len(body) and shift < 64:
        value |= (body[at] & 127) << shift
        shift += 7
        at += 1
        if body[at - 1] < 128:
            return value, at
    return -1, at


def _inside(body: bytes, at: int, stop: int, field: int) -> tuple[int, int]:
    """Return the extent of the first submessage `field` of a message, (0, 0) when there is none."""
    while at < stop:
        tag, at = _varint(body, at)
        if tag < 0 or tag & 7 != 2:
            return 0, 0
        size, at = _varint(body, at)
        if size < 0 or at + size > stop:
            return 0, 0
        if tag >> 3 == field:
            return at, at + size
        at += size
    return 0, 0


def _protobuf(body: bytes) -> str:
    at, stop = 0, len(body)
    for field in (1, 2, 2):  # request -> resource group -> scope group -> metric, log record or span
        at, stop = _inside(body, at, stop, field)
        if not stop:
            return ""
    if body[at : at + 1] in (b"\x09", b"\x59"):
        return "otlp_logs"  # fixed64 time first
    span = body[at : at + 2] == b"\x0a\x10" and body[at + 18 : at + 20] == b"\x12\x08"
    return "otlp_spans" if span else "otlp_metrics"


def _is_snappy(body: bytes) -> bool:
    """Tell whether a declared size is followed by a literal that begins as a `WriteRequest` does."""
    size, at = _varint(body, 0)
    if size <= 0 or at >= len(body) or body[at] & 3:
        return False
    # The literal's length is in the tag, or, from 60 on, in one to four bytes after it.
    further = max(0, (body[at] >> 2) - 59)
    return body[at + 1 + further : at + 2 + further] in (b"\x0a", b"\x1a")


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    # Colour codes are text; other control characters are not.
    return all(char.isprintable() or char.isspace() or char == "\x1b" for char in text[:256])
