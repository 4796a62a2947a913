"""Loops over the bytes of Kafka record batches (message format v2), compiled; no Python object per record.

Every read is checked against the end of what holds it: the bytes come from strangers. A batch that lies about itself is
reported, never followed. Format: https://kafka.apache.org/documentation/#messageformat
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types

POSITION, END, BASE, NEXT, MAGIC, ATTRIBUTES, COUNT, PRODUCER, CRC, EPOCH = range(10)
COLUMNS = 10
OVERHEAD = 12
"""Base offset and length, before what `length` counts."""
HEADER = 61
CRC_FROM = 21
"""The checksum covers everything from here on."""
LEGACY_HEADER = 26

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_TABLE = int64[:, ::1]


@njit(cache=True, inline="always")
def _big_endian(data: npt.NDArray[np.uint8], at: int, width: int) -> Any:
    value = np.int64(0)
    for i in range(width):
        value = (value << 8) | np.int64(data[at + i])
    shift = 64 - 8 * width
    return (value << shift) >> shift


@njit(int64(_BYTES, int64, _TABLE), cache=True)
def scan(data: npt.NDArray[np.uint8], at: int, out: npt.NDArray[np.int64]) -> int:
    """Read batch headers from `at` into the rows of `out` until either ends; return how many.

    A batch whose framing is impossible gets magic -1 and swallows the rest; one that is cut off ends the scan, as
    brokers cut the last batch of an answer at the size limit.
    """
    rows = 0
    size = len(data)
    while rows < len(out) and size - at >= OVERHEAD + 5:
        length = _big_endian(data, at + 8, 4)
        magic = np.int64(data[at + 16])
        end = at + OVERHEAD + length
        row = out[rows]
        row[POSITION], row[BASE] = at, _big_endian(data, at, 8)
        if length < (HEADER if magic == 2 else LEGACY_HEADER) - OVERHEAD or magic > 2 or row[BASE] < 0:
            row[MAGIC], row[END], row[COUNT], row[NEXT] = -1, size, 1, row[BASE] + 1
            return rows + 1
        if end > size:
            return rows
        row[END], row[MAGIC], row[COUNT], row[NEXT], row[EPOCH] = end, magic, 1, row[BASE] + 1, -1
        if magic == 2:
            row[EPOCH] = _big_endian(data, at + 12, 4)
            row[CRC] = _big_endian(data, at + 17, 4) & 0xFFFFFFFF
            row[ATTRIBUTES] = _big_endian(data, at + 21, 2)
            row[NEXT] = row[BASE] + max(_big_endian(data, at + 23, 4), 0) + 1
            row[PRODUCER] = _big_endian(data, at + 43, 8)
            row[COUNT] = max(_big_endian(data, at + 57, 4), 0)
        at = end
        rows += 1
    return rows


@njit(cache=True, inline="always")
def _varint(data: npt.NDArray[np.uint8], at: int, end: int) -> Any:
    """(zig-zag value, position after it); position -1 when it does not end in time."""
    value = np.uint64(0)
    shift = np.uint64(0)
    while at < end and shift < 64:
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < 128:
            return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), at
        shift += np.uint64(7)
    return np.int64(0), np.int64(-1)


@njit(cache=True, inline="always")
def _record(data: npt.NDArray[np.uint8], at: int, end: int, out: npt.NDArray[np.int64]) -> int:
    """Read one record into out = (offset delta, value start, value stop); return where it ends, -1 = malformed."""
    length, at = _varint(data, at, end)
    if at < 0 or length < 1 or length > end - at:
        return -1
    stop = at + length
    _, at = _varint(data, at + 1, stop)  # timestamp; the byte before it holds attributes, unused
    if at < 0:
        return -1
    out[0], at = _varint(data, at, stop)
    if at < 0:
        return -1
    key, at = _varint(data, at, stop)
    if at < 0 or key > stop - at:
        return -1
    value, at = _varint(data, at + max(key, 0), stop)
    if at < 0 or value > stop - at:
        return -1
    out[1], out[2] = at, at + max(value, 0)
    return int(stop)


@njit(int64(_BYTES, _TABLE, int64, int64[::1], int64[::1], int64[::1], boolean[::1]), cache=True)
def walk(
    data: npt.NDArray[np.uint8],
    spans: npt.NDArray[np.int64],
    floor: int,
    start: npt.NDArray[np.int64],
    stop: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    broken: npt.NDArray[np.bool_],
) -> int:
    """Find every record's value.

    Parameters
    ----------
    data : record bytes, already unpacked.
    spans : shape (b, 4), per batch: from, to, base offset, number of records.
    floor : records below this offset were read before and are left out.
    start, stop, offsets : filled; as long as the sum of the spans' numbers.
    broken : shape (b,), set where a batch is malformed; none of its records is kept.

    Returns
    -------
    number of records found.
    """
    rows = 0
    found = np.zeros(3, np.int64)
    for i in range(len(spans)):
        at, end, base, count = spans[i]
        first = rows
        for _ in range(count):
            at = _record(data, at, end, found)
            if at < 0:
                break
            if base + found[0] < floor:
                continue
            offsets[rows], start[rows], stop[rows] = base + found[0], found[1], found[2]
            rows += 1
        broken[i] = at != end
        if broken[i]:
            rows = first
    return rows
