"""The explain record: value, expected, surprise and gate of everything at every step, for a day.

`<state_dir>/explain/<partition>/<hour>.ring`: a file per partition and hour of event time, so that expiry is
unlinking. It is no part of the transaction: frames are appended before the commit, and a crash leaves steps
that are written again identically, so of two frames of a step the last one counts. Power loss may take the
newest frames; `explain` then says that they are not kept, and nothing else depends on them.

One process appends; any number read meanwhile, without a lock (`block`: complete or not there).
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from aiops.store import block
from aiops.store.block import FRAME, KEY_FRAME, SERIES_LABELS, SLOT_LABELS, Block
from aiops.store.frame import Bytes, Columns, Payload, pack, raw_groups
from aiops.types import Json, Labels

HOUR_SECONDS = 3600
KEY_EVERY = 20
"""A frame needs its key frame to be read: further apart is smaller, but a damaged one takes more with it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of one partition.

    Attributes
    ----------
    at : event time of the step, seconds.
    series : of shape (n,), by series slot.
    slots : of shape (m,), by rule slot, with `gate`.
    series_labels, slot_labels : what the slots are; at least n and m long. A slot's document is the caller's,
        such as `{"rule": ..., "labels": {...}, "series": [...]}`.
    """

    at: float
    series: Columns
    slots: Columns
    series_labels: Sequence[Labels]
    slot_labels: Sequence[Json]


@dataclass(frozen=True, slots=True)
class History:
    """One series or rule slot over time, arrays of shape (steps,), ascending; NaN = nothing known."""

    at: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    surprise: npt.NDArray[np.float64]
    gate: npt.NDArray[np.int8]


class Ring:
    """The explain record of a state directory.

    Parameters
    ----------
    keep_seconds : how long an hour file stays after its end.
    """

    def __init__(self, state_dir: str | Path, keep_seconds: float = 86_400.0) -> None:
        self._folder = Path(state_dir) / "explain"
        self._keep_seconds = keep_seconds
        self._open: dict[str, _Writer] = {}

    def append(self, partition: str, frame: Frame, generation: int = 0) -> None:
        """Write one step.

        Labels must only grow between calls of equal `generation`: then only new ones are written.

        Raises
        ------
        OSError : the disk is full or fails; the file stays readable.
        """
        path = self._path(partition, frame.at)
        writer = self._open.get(partition)
        if writer is None or writer.path != path:
            # Out of the way first: a file that cannot be opened must not leave one that is closed twice.
            if (former := self._open.pop(partition, None)) is not None:
                former.close()
            writer = self._open[partition] = _Writer(path)
        writer.append(frame, generation)

    def read(self, partition: str, at: float) -> Frame | None:
        """The last step at or before `at` (looking back one hour file at most); None = not kept."""
        for moment in (at, at - HOUR_SECONDS):
            with _opened(self._path(partition, moment)) as fd:
                if fd is not None and (found := _read(fd, at)) is not None:
                    return found
        return None

    def newest(self, partition: str) -> Frame | None:
        """The last step that is kept; None = there is none."""
        hours = [int(path.stem) for path in self._path(partition, 0.0).parent.glob("*.ring") if path.stem.isdigit()]
        return self.read(partition, (max(hours) + 1) * HOUR_SECONDS - 1e-3) if hours else None

    def history(self, partition: str, target: Labels | Json, start: float, end: float) -> History:
        """One series (`Labels`), or the first rule slot whose document holds all items of `target`.

        Steps in [start, end]; those not kept are absent.
        """
        rows: dict[float, tuple[float, float, float, int]] = {}
        for hour in range(int(start // HOUR_SECONDS), int(end // HOUR_SECONDS) + 1):
            with _opened(self._path(partition, hour * HOUR_SECONDS)) as fd:
                if fd is not None:
                    rows |= _follow(fd, target, start, end)
        columns = list(zip(*(rows[at] for at in sorted(rows)), strict=True)) or [(), (), (), ()]
        value, expected, surprise = (np.array(column, np.float64) for column in columns[:3])
        return History(np.array(sorted(rows)), value, expected, surprise, np.array(columns[3], np.int8))

    def expire(self, now: float) -> int:
        """Remove hour files that ended more than `keep_seconds` before `now`; return how many."""
        removed = 0
        for path in sorted(self._folder.glob("*/*.ring")):
            hour = int(path.stem) if path.stem.lstrip("-").isdigit() else None
            if hour is not None and (hour + 1) * HOUR_SECONDS < now - self._keep_seconds:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def close(self) -> None:
        """Close the files being written."""
        for writer in self._open.values():
            writer.close()
        self._open.clear()

    def _path(self, partition: str, at: float) -> Path:
        # `.` as well: a partition named `..` must not become a way out of the folder.
        name = urllib.parse.quote(partition, safe="").replace(".", "%2E")
        return self._folder / name / f"{int(at // HOUR_SECONDS)}.ring"


class _Writer:
    """Appends to one hour file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._end = self._cut()
        self._key: list[Bytes] | None = None
        self._key_offset, self._since_key = 0, 0
        self._written = (0, 0)
        self._generation: int | None = None

    def close(self) -> None:
        os.close(self._fd)

    def append(self, frame: Frame, generation: int) -> None:
        known = self._written if generation == self._generation else (0, 0)
        total = (len(frame.series), len(frame.slots))
        pairs = [list(labels.pairs) for labels in frame.series_labels[known[0] : total[0]]]
        documents = list(frame.slot_labels[known[1] : total[1]])
        anew = generation != self._generation
        if pairs or anew:
            self._write(SERIES_LABELS, frame.at, known[0], _squeeze(pairs))
        if documents or anew:
            self._write(SLOT_LABELS, frame.at, known[1], _squeeze(documents))
        self._written, self._generation = total, generation
        self._frame(frame)

    def _frame(self, frame: Frame) -> None:
        groups = raw_groups(frame.series, frame.slots)
        sizes = [len(group) for group in groups]
        if self._key is None or self._since_key >= KEY_EVERY or [len(group) for group in self._key] != sizes:
            self._key_offset, self._since_key = self._end, 0
            payload = pack(len(frame.series), len(frame.slots), groups, None)
            self._write(KEY_FRAME, frame.at, self._end, payload)
            self._key = groups
        else:
            payload = pack(len(frame.series), len(frame.slots), groups, self._key)
            self._write(FRAME, frame.at, self._key_offset, payload)
        self._since_key += 1

    def _write(self, kind: int, at: float, base: int, payload: bytes) -> None:
        data = block.encode(kind, at, base, payload)
        try:
            if os.write(self._fd, data) != len(data):
                raise OSError(f"short write to {self.path}")
        except OSError:
            os.ftruncate(self._fd, self._end)
            self._key, self._generation = None, None
            raise
        self._end += len(data)

    def _cut(self) -> int:
        """Remove a torn tail; return where the file ends now."""
        blocks = block.scan(self._fd)
        while blocks and block.read(self._fd, blocks[-1]) is None:
            blocks.pop()
        end = blocks[-1].end if blocks else 0
        os.ftruncate(self._fd, end)
        return end


def _squeeze(labels: list[Any]) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(labels))


_decode_pairs = msgspec.json.Decoder(list[tuple[tuple[str, str], ...]]).decode
_decode_documents = msgspec.json.Decoder(list[Json]).decode


def _labels(fd: int, one: Block) -> list[Any] | None:
    """Pairs of series, or documents of rule slots; None if damaged."""
    payload = block.read(fd, one)
    if payload is None:
        return None
    unpacked = zstandard.ZstdDecompressor().decompress(payload)
    return _decode_pairs(unpacked) if one.kind == SERIES_LABELS else _decode_documents(unpacked)


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield fd
    finally:
        os.close(fd)


def _payload(fd: int, one: Block) -> Payload | None:
    data = block.read(fd, one)
    if data is None or one.kind == KEY_FRAME:
        return None if data is None else Payload(data)
    base = block.block_at(fd, one.base)
    key = block.read(fd, base) if base is not None and base.kind == KEY_FRAME else None
    return None if key is None else Payload(data, Payload(key))


def _read(fd: int, at: float) -> Frame | None:
    blocks = block.scan(fd)
    frames = [one for one in blocks if one.kind in (KEY_FRAME, FRAME) and one.at <= at]
    # The latest step, and of its duplicates the last one.
    for one in sorted(frames, key=lambda one: (one.at, one.offset), reverse=True)[:1]:
        payload = _payload(fd, one)
        if payload is None:
            return None
        known: dict[int, list[Any]] = {SERIES_LABELS: [], SLOT_LABELS: []}
        for other in (other for other in blocks if other.kind in known and other.offset < one.offset):
            found = _labels(fd, other)
            if found is None:
                return None  # a frame without its names would be told of the wrong series
            known[other.kind][other.base :] = found
        series, slots = payload.columns()
        labels = [Labels(pairs) for pairs in known[SERIES_LABELS][: len(series)]]
        return Frame(one.at, series, slots, labels, known[SLOT_LABELS][: len(slots)])
    return None


def _follow(fd: int, target: Labels | Json, start: float, end: float) -> dict[float, tuple[float, float, float, int]]:
    """Step -> row of `target` in one file; later frames of a step replace earlier ones."""
    slot = not isinstance(target, Labels)
    kind = SLOT_LABELS if slot else SERIES_LABELS
    rows: dict[float, tuple[float, float, float, int]] = {}
    index = -1
    for one in block.scan(fd):
        if one.kind == kind:
            found = _find(_labels(fd, one) or [], target)
            if found >= 0 or one.base == 0:
                index = found + one.base if found >= 0 else -1
        elif one.kind in (KEY_FRAME, FRAME) and start <= one.at <= end and index >= 0:
            payload = _payload(fd, one)
            if payload is not None and (row := payload.one(index, slot=slot)) is not None:
                rows[one.at] = row
    return rows


def _find(labels: list[Any], target: Labels | Json) -> int:
    if isinstance(target, Labels):
        return labels.index(target.pairs) if target.pairs in labels else -1
    return next((i for i, document in enumerate(labels) if target.items() <= document.items()), -1)
