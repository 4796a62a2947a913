"""One step of a partition as bytes.

Columns in groups of `GROUP` slots, each compressed by itself, so that the history of one series unpacks a
small part of a frame. Bytes are sorted by significance (all first bytes, all second bytes, ...) and XORed
with the last key frame: a series that stands still costs almost nothing.

float32 for values (7 digits are enough to explain), float16 for surprise (capped at 30 anyway).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zstandard

GROUP = 8192
LEVEL = 1
BYTES_PER_SLOT = 4 + 4 + 2 + 1
_COUNTS = struct.Struct("<II")

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Columns:
    """Arrays of shape (n,); NaN = no value, `gate` says why something surprising did not become a finding."""

    value: npt.NDArray[np.floating]
    expected: npt.NDArray[np.floating]
    surprise: npt.NDArray[np.floating]
    gate: npt.NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.value)

    @classmethod
    def empty(cls) -> Columns:
        none = np.empty(0, np.float32)
        return cls(none, none, none.astype(np.float16), np.empty(0, np.int8))


def raw_groups(series: Columns, slots: Columns) -> list[Bytes]:
    """The shuffled bytes of all groups, series first; what a key frame is remembered by."""
    return [*_shuffled(series), *_shuffled(slots)]


def pack(series: int, slots: int, groups: list[Bytes], key: list[Bytes] | None) -> bytes:
    """The payload of a frame of `series` series and `slots` rule slots; `key` must have equal group sizes."""
    compress = zstandard.ZstdCompressor(level=LEVEL, write_content_size=False).compress
    packed = [compress((a ^ b).data if key else a.data) for a, b in zip(groups, key or groups, strict=True)]
    lengths = struct.pack(f"<{len(packed)}I", *map(len, packed))
    return b"".join((_COUNTS.pack(series, slots), lengths, *packed))


class Payload:
    """A frame's payload, unpacked group by group on demand.

    Parameters
    ----------
    data : from `pack`.
    key : payload of the key frame it was packed with, None for a key frame itself.
    """

    def __init__(self, data: bytes, key: Payload | None = None) -> None:
        self._data, self._key = data, key
        self.series, self.slots = _COUNTS.unpack_from(data)
        self._sizes = [*_sizes(self.series), *_sizes(self.slots)]
        lengths = struct.unpack_from(f"<{len(self._sizes)}I", data, _COUNTS.size)
        start = _COUNTS.size + 4 * len(lengths)
        self._ranges = []
        for length in lengths:
            self._ranges.append((start, start + length))
            start += length

    def columns(self) -> tuple[Columns, Columns]:
        """All series and all rule slots."""
        border = len(_sizes(self.series))
        groups = [self._group(i) for i in range(len(self._sizes))]
        return joined(groups[:border]), joined(groups[border:])

    def one(self, index: int, *, slot: bool) -> tuple[float, float, float, int] | None:
        """Value, expected, surprise, gate of one series (or rule slot); None if there were fewer then."""
        if not 0 <= index < (self.slots if slot else self.series):
            return None
        first = len(_sizes(self.series)) if slot else 0
        columns = self._group(first + index // GROUP)
        i = index % GROUP
        assert columns.gate is not None
        return float(columns.value[i]), float(columns.expected[i]), float(columns.surprise[i]), int(columns.gate[i])

    def raw(self, number: int) -> Bytes:
        """Shuffled bytes of a group."""
        start, end = self._ranges[number]
        size = self._sizes[number] * BYTES_PER_SLOT
        unpacked = zstandard.ZstdDecompressor().decompress(self._data[start:end], max_output_size=size)
        raw = np.frombuffer(unpacked, np.uint8)
        return raw if self._key is None else raw ^ self._key.raw(number)

    def _group(self, number: int) -> Columns:
        return _unshuffled(self.raw(number), self._sizes[number])


def _sizes(n: int) -> list[int]:
    return [min(GROUP, n - start) for start in range(0, n, GROUP)]


def _shuffled(columns: Columns) -> Iterator[Bytes]:
    gate = np.zeros(len(columns), np.int8) if columns.gate is None else columns.gate
    # Values beyond float32 become infinite; that is what they are for a reader of a chart.
    with np.errstate(over="ignore", invalid="ignore"):
        arrays = (
            columns.value.astype(np.float32),
            columns.expected.astype(np.float32),
            columns.surprise.astype(np.float16),
            gate.astype(np.int8),
        )
    for start in range(0, len(columns), GROUP):
        parts = [array[start : start + GROUP] for array in arrays]
        yield np.concatenate([part.view(np.uint8).reshape(len(part), -1).T.ravel() for part in parts])


def _unshuffled(raw: Bytes, n: int) -> Columns:
    def take(first: int, width: int) -> Bytes:
        part = raw[first * n : (first + width) * n]
        return np.ascontiguousarray(part.reshape(width, n).T)

    return Columns(
        take(0, 4).view(np.float32)[:, 0],
        take(4, 4).view(np.float32)[:, 0],
        take(8, 2).view(np.float16)[:, 0],
        take(10, 1).view(np.int8)[:, 0],
    )


def joined(groups: list[Columns]) -> Columns:
    """Columns one after another."""
    if not groups:
        return Columns.empty()
    gates = [group.gate for group in groups if group.gate is not None]
    return Columns(
        np.concatenate([group.value for group in groups]),
        np.concatenate([group.expected for group in groups]),
        np.concatenate([group.surprise for group in groups]),
        np.concatenate(gates),
    )
