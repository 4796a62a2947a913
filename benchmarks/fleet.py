"""A made-up fleet whose agents push remote writes: eight series an instance, any number of instances.

Labels are encoded once; a step writes times and values into the bytes in place, so that the fleet costs a few
milliseconds where the daemon under test shall be what is measured.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import cramjam
import numpy as np
import numpy.typing as npt

from aiops.types import Records

SERIES_A_REQUEST = 2_000
COUNTER, GAUGE, CONSTANT, SPARSE = range(4)
METRICS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("process_resident_memory_bytes", {}, GAUGE),
    ("process_cpu_seconds_total", {}, COUNTER),
    ("http_requests_total", {"code": "500"}, SPARSE),
    ("grpc_server_handled_total", {"grpc_code": "Internal"}, SPARSE),
    ("up", {}, CONSTANT),
    ("pg_stat_activity_count", {"state": "active"}, GAUGE),
    ("go_goroutines", {}, GAUGE),
    ("depth", {}, GAUGE),
)
"""The series of one instance: most of them are watched, each instance for itself."""
_TAIL = struct.Struct("<2sBdB6s")
"""Field 2 of 16 bytes: a double, a time of six bytes as any time in milliseconds between 2005 and 2109 has."""


class Fleet:
    """Bodies of remote writes, a step at a time.

    Parameters
    ----------
    series : how many; a multiple of eight makes whole instances.
    seed : of the values.
    """

    def __init__(self, series: int, seed: int = 0) -> None:
        self.series = series
        self._rng = np.random.default_rng(seed)
        self._kind = np.asarray([METRICS[i % len(METRICS)][2] for i in range(series)])
        self._value = np.where(self._kind == CONSTANT, 1.0, 1e6 * (self._kind != SPARSE))
        self._parts = [
            _Part(first, min(series, first + SERIES_A_REQUEST)) for first in range(0, series, SERIES_A_REQUEST)
        ]

    def _values(self) -> npt.NDArray[np.float64]:
        noise = self._rng.standard_normal(self.series)
        np.add(self._value, 15.0 + noise, out=self._value, where=self._kind == COUNTER)
        np.add(self._value, noise > 3.0, out=self._value, where=self._kind == SPARSE)
        return np.where(self._kind == GAUGE, self._value * (1.0 + 0.02 * noise), self._value)

    def scrape(self, at: float) -> Iterator[bytes]:
        """All series once, at `at` in epoch seconds, as snappy bodies of 2,000 series each."""
        values, time = self._values(), _varint(int(at * 1000))
        for part in self._parts:
            yield part.body(values, time)

    def records(self, at: float) -> Records:
        """The same as records of one partition."""
        return Records.many("push/write", list(self.scrape(at)), format="remote_write")


class _Part:
    """The series [first, last) as one request, and where in it values and times stand."""

    def __init__(self, first: int, last: int) -> None:
        self._slice = slice(first, last)
        data, ends = bytearray(), []
        for i in range(first, last):
            series = _labels(i) + _TAIL.pack(b"\x12\x10", 0x09, 0.0, 0x10, bytes(6))
            data += b"\x0a" + _varint(len(series)) + series
            ends.append(len(data))
        self._data = np.frombuffer(data, np.uint8).copy()
        at = np.asarray(ends)[:, None]
        self._value_at, self._time_at = at - 15 + np.arange(8), at - 6 + np.arange(6)

    def body(self, values: npt.NDArray[np.float64], time: bytes) -> bytes:
        self._data[self._value_at] = values[self._slice].view(np.uint8).reshape(-1, 8)
        self._data[self._time_at] = np.frombuffer(time, np.uint8)
        return bytes(cramjam.snappy.compress_raw(self._data.tobytes()))


def _labels(i: int) -> bytes:
    (metric, more, _), one = METRICS[i % len(METRICS)], i // len(METRICS)
    instance = f"10.{one // 62_500}.{one // 250 % 250}.{one % 250}:8080"
    labels = {"__name__": metric, "instance": instance, "job": "shop", "zone": "a", **more}
    fields = [_field(b"\x0a", name) + _field(b"\x12", value) for name, value in sorted(labels.items())]
    return b"".join(b"\x0a" + _varint(len(field)) + field for field in fields)


def _field(tag: bytes, text: str) -> bytes:
    data = text.encode()
    return tag + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
