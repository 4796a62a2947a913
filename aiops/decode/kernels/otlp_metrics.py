"""Walk of ExportMetricsServiceRequest: gauges, sums and histograms.

Exponential histograms and summaries are rare and intricate: their metric is handed out as one row with
`where[WHICH] == WHOLE`, to be read by the slow path, without slowing down what surrounds it. Damage, repeated
singular fields and scattered attributes make the record "not mine".
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from aiops.decode.kernels.columns import SCAN, Columns
from aiops.decode.kernels.load import Base, Secret, base, blend, byte, digest, word
from aiops.decode.kernels.protobuf import double, field, integer

RESOURCE_METRICS = 0x0A
RESOURCE, SCOPE_METRICS = 0x0A, 0x12
METRIC = 0x12
NAME, UNIT, GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY = 0x0A, 0x1A, 0x2A, 0x3A, 0x4A, 0x52, 0x5A
POINT, TEMPORALITY, MONOTONIC = 0x0A, 0x10, 0x18
TIME, AS_DOUBLE, AS_INT, ATTRIBUTE, FLAGS = 0x19, 0x21, 0x31, 0x3A, 0x40
H_COUNT, H_SUM, H_BUCKETS, H_BOUNDS, H_ATTRIBUTE, H_FLAGS = 0x21, 0x29, 0x32, 0x3A, 0x4A, 0x50
DELTA = 2 - 1

WIDTH = 11
RESOURCE_AT, NAME_AT, UNIT_AT, ATTRIBUTES_AT, WHICH, PART, BOUND_AT = 0, 2, 4, 6, 8, 9, 10
PLAIN, BUCKET, TOTAL, COUNT = range(4)
WHOLE = 255
"""`where[WHICH]` is the tag of the metric's type, + 256 when monotonic, + 512 when delta."""

Extent = tuple[int, int]
Key = tuple[np.uint64, np.uint64]


@njit(cache=True)
def _resource(buffer: Base, at: int, stop: int) -> tuple[int, int, int]:
    """Return (how many resources a group has, -1 = damage; begin and end of the first)."""
    count, first, last = 0, 0, 0
    while at < stop:
        tag, begin, end = field(buffer, at, stop)
        if tag < 0:
            return -1, 0, 0
        if tag == RESOURCE:
            count, first, last = count + 1, begin, end
        at = end
    return count, first, last


@njit(cache=True)
def _metric(buffer: Base, at: int, stop: int) -> tuple[int, Extent, Extent, Extent]:
    """Return (tag of the type or -1 = not mine, extents of name, unit and data)."""
    none = (0, 0)
    name, unit, data, which, names, units = none, none, none, 0, 0, 0
    while at < stop:
        tag, begin, end = field(buffer, at, stop)
        if tag == NAME:
            name, names = (begin, end), names + 1
        elif tag == UNIT:
            unit, units = (begin, end), units + 1
        elif tag == GAUGE or tag == SUM or tag == HISTOGRAM or tag == EXPONENTIAL or tag == SUMMARY:
            which = tag if which == 0 else -1
            data = (begin, end)
        if tag < 0 or which < 0:
            return -1, none, none, none
        at = end
    if names != 1 or units > 1 or which == 0 or name[0] == name[1]:
        return -1, none, none, none
    return which, name, unit, data


@njit(cache=True)
def _nature(buffer: Base, at: int, stop: int, which: int) -> int:
    """Return the tag of the type with what the data says of monotony and temporality; -1 = damage."""
    monotonic, delta = 0, 0
    while at < stop:
        tag, begin, end = field(buffer, at, stop)
        if tag < 0:
            return -1
        if tag == TEMPORALITY and which != GAUGE:
            delta = 512 if integer(buffer, begin, end) == DELTA else 0
        elif tag == MONOTONIC and which == SUM:
            monotonic = 256 if integer(buffer, begin, end) != 0 else 0
        at = end
    return which + monotonic + delta


@njit(cache=True)
def _numbers(buffer: Base, data: Extent, told: tuple[Key, Secret, int], used: int, columns: Columns) -> int:
    """Write the points of a gauge or sum; returns the next row, -1 = not mine, -2 = no room."""
    keys, times, values, records, where = columns
    key, secret, index = told
    at = data[0]
    while at < data[1]:
        tag, place, at = field(buffer, at, data[1])
        if tag != POINT:
            continue
        if used == len(keys):
            return -2
        time, value, first, last, missing = np.uint64(0), math.nan, 0, 0, False
        stop = at
        while place < stop:
            start = place
            tag, begin, place = field(buffer, place, stop)
            if tag == TIME:
                time = word(buffer, begin)
            elif tag == AS_DOUBLE:
                value = double(buffer, begin)
            elif tag == AS_INT:
                value = np.float64(np.int64(word(buffer, begin)))
            elif tag == ATTRIBUTE:
                if first and start != last:
                    return -1
                first, last = first or start, place
            elif tag == FLAGS:
                missing = (integer(buffer, begin, place) & 1) != 0
            elif tag < 0:
                return -1
        keys[used] = digest(buffer, first, last, secret, key[0], key[1])
        times[used], values[used] = np.float64(time) / 1e9, math.nan if missing else value
        records[used] = index
        where[used, ATTRIBUTES_AT], where[used, ATTRIBUTES_AT + 1], where[used, PART] = first, last, PLAIN
        used += 1
    return used


@njit(cache=True)
def _histogram_point(
    buffer: Base, place: int, stop: int
) -> tuple[int, tuple[np.uint64, np.uint64, float], tuple[Extent, Extent, Extent]]:
    """Return (1 = it has a sum, + 2 = no value; -1 = not mine), (time, count, sum), (attributes, buckets, bounds)."""
    time, count, total, first, last, said = np.uint64(0), np.uint64(0), 0.0, 0, 0, 0
    buckets, bounds = (0, 0), (0, 0)
    while place < stop:
        start = place
        tag, begin, place = field(buffer, place, stop)
        if tag == TIME:
            time = word(buffer, begin)
        elif tag == H_COUNT:
            count = word(buffer, begin)
        elif tag == H_SUM:
            total, said = double(buffer, begin), said | 1
        elif tag == H_BUCKETS:
            if buckets[1]:
                return -1, (time, count, total), ((0, 0), (0, 0), (0, 0))
            buckets = (begin, place)
        elif tag == H_BOUNDS:
            if bounds[1]:
                return -1, (time, count, total), ((0, 0), (0, 0), (0, 0))
            bounds = (begin, place)
        elif tag == H_ATTRIBUTE and (first == 0 or start == last):
            first, last = first or start, place
        elif tag == H_FLAGS:
            said = (said & 1) | (2 if integer(buffer, begin, place) & 1 else 0)
        elif (
            tag < 0 or tag == H_ATTRIBUTE or tag == H_BUCKETS - 1 or tag == H_BOUNDS - 1
        ):  # damage, scattered, unpacked
            return -1, (time, count, total), ((0, 0), (0, 0), (0, 0))
    return said, (time, count, total), ((first, last), buckets, bounds)


@njit(cache=True)
def _histograms(buffer: Base, data: Extent, told: tuple[Key, Secret, int], used: int, columns: Columns) -> int:
    """Write the points of a histogram as cumulative buckets, sum and count; results as `_numbers`."""
    keys, times, values, records, where = columns
    key, secret, index = told
    at = data[0]
    while at < data[1]:
        tag, place, at = field(buffer, at, data[1])
        if tag != POINT:
            continue
        said, numbers, extents = _histogram_point(buffer, place, at)
        attributes, buckets, bounds = extents
        size = buckets[1] - buckets[0]
        if said < 0 or (size and size != bounds[1] - bounds[0] + 8) or size & 7:
            return -1
        rows = (size >> 3) + 1 + (said & 1)
        if used + rows > len(keys):
            return -2
        high, low = digest(buffer, attributes[0], attributes[1], secret, key[0], key[1])
        below = np.uint64(0)
        for row in range(rows):
            part = BUCKET if row < size >> 3 else COUNT if row == rows - 1 else TOTAL
            bound = 0
            if part == BUCKET:
                before = below
                below += word(buffer, buckets[0] + 8 * row)
                if below < before:  # more than 64 bits hold: nonsense, but not ours to wrap
                    return -1
                bound = bounds[0] + 8 * row if 8 * row + 8 < size else 0
            mark = word(buffer, bound) if bound else np.uint64(part)
            keys[used] = blend(np.uint64(part), secret, *blend(mark, secret, high, low))
            value = np.float64(below) if part == BUCKET else numbers[2] if part == TOTAL else np.float64(numbers[1])
            times[used], values[used] = np.float64(numbers[0]) / 1e9, math.nan if said & 2 else value
            records[used] = index
            where[used, ATTRIBUTES_AT], where[used, ATTRIBUTES_AT + 1] = attributes
            where[used, PART], where[used, BOUND_AT] = part, bound
            used += 1
    return used


@njit(cache=True)
def _points(
    buffer: Base, at: int, stop: int, told: tuple[Key, Secret, int, Extent], used: int, columns: Columns
) -> int:
    """Write all points of the metric in [at, stop); results as `_numbers`."""
    keys, times, values, records, where = columns
    key, secret, index, resource = told
    which, name, unit, data = _metric(buffer, at, stop)
    if which < 0:
        return -1
    before = used
    nature = WHOLE
    if which == EXPONENTIAL or which == SUMMARY:
        if used == len(keys):
            return -2
        times[used], values[used], records[used] = math.nan, math.nan, index
        keys[used] = 0
        name = (at, stop)
        used += 1
    else:
        nature = _nature(buffer, data[0], data[1], which)
        if nature < 0:
            return -1
        high, low = digest(buffer, name[0], name[1], secret, key[0], key[1])
        high, low = digest(buffer, unit[0], unit[1], secret, high, low)
        inner = (blend(np.uint64(nature), secret, high, low), secret, index)
        if which == HISTOGRAM:
            used = _histograms(buffer, data, inner, used, columns)
        else:
            used = _numbers(buffer, data, inner, used, columns)
    for row in range(before, used):
        where[row, RESOURCE_AT], where[row, RESOURCE_AT + 1] = resource
        where[row, NAME_AT], where[row, NAME_AT + 1] = name
        where[row, UNIT_AT], where[row, UNIT_AT + 1] = unit
        where[row, WHICH] = nature
    return used


@njit(cache=True)
def _group(buffer: Base, at: int, stop: int, told: tuple[Secret, int], used: int, columns: Columns) -> int:
    """Write all metrics of one resource; results as `_numbers`."""
    secret, index = told
    count, first, last = _resource(buffer, at, stop)
    if count < 0 or count > 1:
        return -1
    key = digest(buffer, first, last, secret, np.uint64(2), np.uint64(0))
    while at < stop and used >= 0:
        tag, place, at = field(buffer, at, stop)
        if tag != SCOPE_METRICS:
            continue
        scope = at
        while place < scope and used >= 0:
            tag, begin, place = field(buffer, place, scope)
            if tag < 0:
                return -1
            if tag == METRIC:
                used = _points(buffer, begin, place, (key, secret, index, (first, last)), used, columns)
    return used


@njit(SCAN, cache=True)
def scan(data, extents, secret, progress, columns):  # type: ignore[no-untyped-def]
    """Scan requests from `progress[0]` on; see `columns`."""
    buffer = base(data)
    for i in range(progress[0], len(extents)):
        used, at, stop = progress[1], extents[i, 0], extents[i, 1]
        # JSON, which shares the topic, begins with a brace or white space: no tag of this message.
        mine = at < stop and byte(buffer, at) == RESOURCE_METRICS
        while at < stop and used >= 0 and mine:
            tag, begin, at = field(buffer, at, stop)
            if tag != RESOURCE_METRICS:
                mine = False
            else:
                used = _group(buffer, begin, at, (secret, extents[i, 2]), used, columns)
        if used == -2:
            return
        extents[i, 3] = 1 if used < 0 or not mine else 0
        progress[0] = i + 1
        if extents[i, 3] == 0:
            progress[1] = used
