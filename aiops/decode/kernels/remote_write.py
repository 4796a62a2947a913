"""Walk of prompb.WriteRequest: samples of series whose labels come first and together, as every client writes them.

`extents[i, 3]` becomes 1 for "not mine" (histograms, odd orders, damage) and 2 for "read, but there is metadata".
"""

from __future__ import annotations

import numpy as np
from numba import njit

from aiops.decode.kernels.columns import SCAN
from aiops.decode.kernels.load import Base, base, digest
from aiops.decode.kernels.protobuf import double, field, integer

SERIES, METADATA = 0x0A, 0x1A
LABEL, SAMPLE, EXEMPLAR, HISTOGRAM = 0x0A, 0x12, 0x1A, 0x22
VALUE, TIMESTAMP = 0x09, 0x10
WIDTH = 2


@njit(cache=True)
def _labels(buffer: Base, at: int, stop: int) -> int:
    """Return the end of the labels a series begins with; -1 = there are none, or damage."""
    begin = at
    while at < stop:
        tag, _, end = field(buffer, at, stop)
        if tag < 0:
            return -1
        if tag != LABEL:
            break
        at = end
    return at if at > begin else -1


@njit(cache=True)
def _sample(buffer: Base, at: int, stop: int) -> tuple[bool, float, float]:
    timestamp, value = 0, 0.0
    while at < stop:
        tag, begin, end = field(buffer, at, stop)
        if tag == VALUE:
            value = double(buffer, begin)
        elif tag == TIMESTAMP:
            timestamp = integer(buffer, begin, end)
        else:
            return False, 0.0, 0.0
        at = end
    return True, timestamp / 1_000, value


@njit(cache=True)
def _count(buffer: Base, at: int, stop: int) -> int:
    """Return how many samples follow the labels; -1 = something else is there."""
    count = 0
    while at < stop:
        tag, _, end = field(buffer, at, stop)
        if tag == SAMPLE:
            count += 1
        elif tag != EXEMPLAR:
            return -1
        at = end
    return count


@njit(SCAN, cache=True)
def scan(data, extents, secret, progress, columns):  # type: ignore[no-untyped-def]
    """Scan requests from `progress[0]` on; see `columns`."""
    keys, times, values, records, where = columns
    buffer = base(data)
    for i in range(progress[0], len(extents)):
        used, at, stop, verdict = progress[1], extents[i, 0], extents[i, 1], 0
        while at < stop and verdict != 1:
            tag, begin, at = field(buffer, at, stop)
            if tag == METADATA:
                verdict = 2
                continue
            labels = _labels(buffer, begin, at) if tag == SERIES else -1
            count = _count(buffer, labels, at) if labels > 0 else -1
            if count < 0:
                verdict = 1
                break
            if used + count > len(keys):
                return
            high, low = digest(buffer, begin, labels, secret, np.uint64(1), np.uint64(0))
            place = labels
            while place < at:
                tag, first, place = field(buffer, place, at)
                if tag != SAMPLE:
                    continue
                fine, times[used], values[used] = _sample(buffer, first, place)
                if not fine:
                    verdict = 1
                    break
                keys[used, 0], keys[used, 1], records[used] = high, low, extents[i, 2]
                where[used, 0], where[used, 1] = begin, labels
                used += 1
        extents[i, 3] = verdict
        progress[0] = i + 1
        if verdict != 1:
            progress[1] = used
