"""An append-only journal of pushed bodies: what `sync` returned for is on disk and survives kill -9.

Positions are byte offsets that only grow, over segment files named by the position they begin at, as Kafka's log does.
A frame carries a checksum; whatever follows the first bad one is what a crash tore, was never acknowledged, and is cut
off. Threads that wait for the disk share one fsync. Nothing is interpreted here.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FRAME = struct.Struct("<4sBIdI")
"""magic, kind, length of the body, when it arrived, crc32 of all of that and the body."""
MAGIC = b"aio1"
SEGMENT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One pushed body.

    Attributes
    ----------
    begin, end : positions; `end` is what to commit once it is dealt with.
    kind : a small number of the caller's.
    arrived : wall clock, epoch seconds.
    """

    begin: int
    end: int
    kind: int
    arrived: float

    @property
    def body_bytes(self) -> int:
        return self.end - self.begin - FRAME.size


class Journal:
    """One folder of segments. `append`, `trim` and `close` under one lock of the caller's; `sync` from any thread.

    Parameters
    ----------
    folder : made if it is not there.
    at_least : the first position of a journal that is empty or behind, such as the highest one ever committed:
        a position is never used twice, even if somebody removed the folder.
    segment_bytes : a segment that has grown past this is followed by a new one.
    """

    def __init__(self, folder: Path, at_least: int = 0, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._segment_bytes = folder, segment_bytes
        self._sync_lock = threading.Lock()
        self._segments = sorted(int(path.stem) for path in folder.glob("*.log"))
        self._synced = 0
        end = self._recover()
        if not self._segments or end < at_least:
            end = max(end, at_least)
            self._segments.append(end)
        self._file = self._path(self._segments[-1]).open("ab", buffering=0)
        self._end = self._synced = end
        _sync_folder(folder)

    def _path(self, base: int) -> Path:
        return self._folder / f"{base:020d}.log"

    def _recover(self) -> int:
        """Cut a torn tail off the last segment; return the position after the last whole frame."""
        if not self._segments:
            return 0
        base = self._segments[-1]
        end = base
        for frame in self._frames(base):
            end = frame.end
        with self._path(base).open("r+b") as file:
            file.truncate(end - base)
            os.fsync(file.fileno())
        return end

    @property
    def end(self) -> int:
        """Position after the last frame."""
        return self._end

    @property
    def held_bytes(self) -> int:
        """On disk, trimmed or not yet."""
        return self._end - self._segments[0]

    def append(self, kind: int, arrived: float, body: bytes) -> Frame:
        """Write one frame; it is durable once `sync(frame.end)` has returned.

        Raises
        ------
        OSError : the disk is full or broken; nothing was kept.
        """
        head = FRAME.pack(MAGIC, kind, len(body), arrived, 0)[:-4]
        data = head + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body
        if self._end - self._segments[-1] >= self._segment_bytes:
            self._roll()
        begin = self._end
        self._write(data)
        self._end = begin + len(data)
        return Frame(begin, self._end, kind, arrived)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            os.ftruncate(self._file.fileno(), self._end - self._segments[-1])
            raise

    def _roll(self) -> None:
        """Begin a new segment; the old one is whole on disk first."""
        with self._sync_lock:
            os.fsync(self._file.fileno())
            self._synced = self._end
            self._file.close()
            self._segments.append(self._end)
            self._file = self._path(self._end).open("ab", buffering=0)
            _sync_folder(self._folder)

    @property
    def durable(self) -> int:
        """Everything before this position is on disk."""
        return self._synced

    def sync(self, upto: int) -> None:
        """Return once everything before `upto` is on disk; whoever waits shares the next fsync."""
        with self._sync_lock:
            if self._synced >= upto:
                return
            written = self._end
            os.fsync(self._file.fileno())
            self._synced = written

    def frames(self) -> Iterator[Frame]:
        """Every frame that is still held, in order."""
        for base in list(self._segments):
            yield from self._frames(base)

    def _frames(self, base: int) -> Iterator[Frame]:
        with self._path(base).open("rb") as file:
            at = base
            while len(head := file.read(FRAME.size)) == FRAME.size:
                magic, kind, length, arrived, checksum = FRAME.unpack(head)
                body = file.read(length) if magic == MAGIC else b""
                if magic != MAGIC or len(body) != length or zlib.crc32(body, zlib.crc32(head[:-4])) != checksum:
                    return
                yield Frame(at, at + FRAME.size + length, kind, arrived)
                at += FRAME.size + length

    def body(self, frame: Frame) -> bytes:
        """The bytes that were appended."""
        base = max(base for base in self._segments if base <= frame.begin)
        with self._path(base).open("rb") as file:
            return os.pread(file.fileno(), frame.body_bytes, frame.begin - base + FRAME.size)

    def trim(self, upto: int) -> None:
        """Delete segments that lie wholly before `upto`; the one being written stays."""
        while len(self._segments) > 1 and self._segments[1] <= upto:
            self._path(self._segments.pop(0)).unlink(missing_ok=True)

    def close(self) -> None:
        self._file.close()


def _sync_folder(folder: Path) -> None:
    """A new file is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
