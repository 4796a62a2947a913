"""Fetched bytes of one partition -> chunks of records; a pure function of the bytes, without a broker or a client.

Batches of message format v2 are checked, unpacked under a cap and walked by compiled loops; uncompressed ones are not
even copied. What cannot be used is skipped and counted, and its neighbours are not harmed. Aborted transactions and
control records never come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from crc32c import crc32c
from kafka.record.default_records import DefaultRecordBatch

from aiops.ingest.kafka import kernels
from aiops.ingest.kafka.kernels import ATTRIBUTES, BASE, COUNT, CRC, END, EPOCH, MAGIC, NEXT, POSITION, PRODUCER
from aiops.ingest.kafka.legacy import messages
from aiops.ingest.unpack import BombError, CorruptError, Unpacker
from aiops.types import Ints

CODECS = ("", "gzip", "snappy", "lz4", "zstd")
CODEC_MASK, TRANSACTIONAL, CONTROL = 0x07, 0x10, 0x20
CHUNK_BYTES = 1024 * 1024
"""A chunk ends with the batch that passes this size; it is the least that a turn of the daemon takes in at once."""
RECORDS_PER_BATCH = 1_000_000
"""More are a bomb: each costs us 24 bytes of index and its sender next to nothing."""
SCANNED = 4096

Row = list[int]


class ChecksumError(Exception):
    """A batch does not match its checksum; `offset` is its first, `partition` is told by whoever knows it."""

    def __init__(self, offset: int, partition: Any = None) -> None:
        super().__init__(f"record batch at offset {offset} fails its checksum")
        self.offset, self.partition = offset, partition


@dataclass(frozen=True, slots=True)
class Skipped:
    """A run of offsets that could not be used."""

    first: int
    next: int
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of consecutive batches.

    Attributes
    ----------
    start, stop, offsets : shape (n,); record i is `buffer[start[i]:stop[i]]`.
    next_offset : where reading goes on.
    epoch : leader epoch of the last batch, -1 = not told.
    """

    buffer: bytes
    start: Ints
    stop: Ints
    offsets: Ints
    next_offset: int
    epoch: int = -1
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.start)

    @property
    def dropped(self) -> dict[str, int]:
        """Reason -> records refused."""
        total: Counter[str] = Counter()
        for run in self.skipped:
            total[run.reason] += run.records
        return dict(total)


@dataclass(slots=True)
class _Gathered:
    """What a chunk will be made of: spans into the fetched bytes, or into pieces that were unpacked."""

    next_offset: int
    epoch: int = -1
    rows: list[Row] = field(default_factory=list)
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)
    pieces: list[bytes | memoryview] = field(default_factory=list)
    bytes: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, row: Row, begin: int, end: int) -> None:
        self.rows.append(row)
        self.spans.append((begin, end, row[BASE], row[COUNT]))
        self.bytes += end - begin

    def skip(self, row: Row, reason: str) -> None:
        self.skipped.append(Skipped(row[BASE], row[NEXT], reason, max(row[COUNT], 1)))


class BatchReader:
    """Hands out the records of one fetch answer, chunk by chunk; `bool(reader)` tells whether there is more.

    Parameters
    ----------
    data : the record batches as the broker sent them.
    offset : the first offset wanted; earlier records of the first batch are left out.
    unpacker : bounds what a batch may unpack to.
    aborted : (first offset, producer id) of the aborted transactions the broker named.
    forgiven : base offsets whose checksum failed before, so that reading anew did not help.
    """

    def __init__(
        self,
        data: bytes,
        offset: int,
        unpacker: Unpacker,
        aborted: Iterable[tuple[int, int]] = (),
        forgiven: frozenset[int] = frozenset(),
    ) -> None:
        self._data = bytes(data)
        self._floor = offset
        self._unpacker = unpacker
        self._forgiven = forgiven
        self._aborted = sorted(aborted)
        self._aborting: set[int] = set()
        self._rows = self._scan()
        self._pending: Row | None = next(self._rows, None)

    def _scan(self) -> Iterator[Row]:
        array = np.frombuffer(self._data, np.uint8)
        out = np.zeros((SCANNED, kernels.COLUMNS), np.int64)
        at = 0
        while found := kernels.scan(array, at, out):
            rows: list[Row] = out[:found].tolist()
            yield from rows
            at = rows[-1][END]

    def __bool__(self) -> bool:
        return self._pending is not None

    def read(self) -> Chunk:
        """Return the next chunk.

        Raises
        ------
        ChecksumError : the next batch is damaged and not forgiven; nothing was consumed.
        """
        if self._pending is not None and self._pending[MAGIC] in (0, 1):
            return self._read_legacy()
        gathered = _Gathered(self._floor)
        while (row := self._pending) is not None and gathered.bytes < CHUNK_BYTES:
            packed = row[MAGIC] == 2 and row[ATTRIBUTES] & CODEC_MASK
            # Uncompressed batches are read where they lie; the first compressed one begins a chunk of copies.
            if row[MAGIC] in (0, 1) or (packed and gathered.spans and not gathered.pieces):
                break
            try:
                self._take(row, gathered)
            except ChecksumError:
                if gathered.rows or gathered.skipped:
                    break  # hand out what is good first; the error comes with the next call
                raise
            gathered.next_offset, gathered.epoch = max(gathered.next_offset, row[NEXT]), row[EPOCH]
            self._pending = next(self._rows, None)
        chunk = self._walk(gathered)
        self._floor = chunk.next_offset
        return chunk

    def _take(self, row: Row, gathered: _Gathered) -> None:
        """Add one batch to what is gathered, or say why not."""
        if row[MAGIC] >= 0 and row[NEXT] <= self._floor:
            return
        if row[MAGIC] < 0:
            # Nothing in a header of impossible length can be believed: step over one offset and see.
            row[BASE], row[NEXT] = gathered.next_offset, gathered.next_offset + 1
            gathered.skip(row, "corrupt")
            return
        body = memoryview(self._data)[row[POSITION] : row[END]]
        if crc32c(body[kernels.CRC_FROM :]) != row[CRC]:
            if row[BASE] not in self._forgiven:
                raise ChecksumError(row[BASE])
            if row[NEXT] - row[BASE] > row[END] - row[POSITION]:
                row[NEXT] = row[BASE] + 1  # the damage may be in this very number
            gathered.skip(row, "corrupt")
        elif self._is_aborted(row, body) or row[ATTRIBUTES] & CONTROL:
            return
        elif row[COUNT] > RECORDS_PER_BATCH:
            gathered.skip(row, "bomb")
        elif not row[ATTRIBUTES] & CODEC_MASK and not gathered.pieces:
            gathered.add(row, row[POSITION] + kernels.HEADER, row[END])
        else:
            self._take_packed(row, body[kernels.HEADER :], gathered)

    def _take_packed(self, row: Row, body: memoryview, gathered: _Gathered) -> None:
        codec = row[ATTRIBUTES] & CODEC_MASK
        try:
            piece = self._unpacker.unpack(body, CODECS[codec] if codec < len(CODECS) else f"number {codec}")
        except BombError:
            gathered.skip(row, "bomb")
        except CorruptError:
            gathered.skip(row, "corrupt")
        else:
            gathered.pieces.append(piece)
            gathered.add(row, gathered.bytes, gathered.bytes + len(piece))

    def _is_aborted(self, row: Row, body: memoryview) -> bool:
        producer = row[PRODUCER]
        if producer < 0 or not (self._aborted or self._aborting):
            return False
        while self._aborted and self._aborted[0][0] < row[NEXT]:
            self._aborting.add(self._aborted.pop(0)[1])
        if row[ATTRIBUTES] & CONTROL:
            if next(iter(DefaultRecordBatch(body))).abort:
                self._aborting.discard(producer)
            return True
        return bool(row[ATTRIBUTES] & TRANSACTIONAL) and producer in self._aborting

    def _walk(self, gathered: _Gathered) -> Chunk:
        buffer = b"".join(gathered.pieces) if gathered.pieces else self._data
        spans = np.array(gathered.spans, np.int64).reshape(-1, 4)
        start, stop, offsets = np.empty((3, int(spans[:, 3].sum())), np.int64)
        broken = np.zeros(len(spans), np.bool_)
        found = kernels.walk(np.frombuffer(buffer, np.uint8), spans, self._floor, start, stop, offsets, broken)
        for i in np.flatnonzero(broken):
            gathered.skip(gathered.rows[i], "corrupt")
        skipped = tuple(sorted(gathered.skipped, key=lambda run: run.first))
        return Chunk(
            buffer, start[:found], stop[:found], offsets[:found], gathered.next_offset, gathered.epoch, skipped
        )

    def _read_legacy(self) -> Chunk:
        found: list[tuple[int, bytes]] = []
        skipped = []
        following = self._floor
        size = 0
        while (row := self._pending) is not None and row[MAGIC] in (0, 1) and size < CHUNK_BYTES:
            try:
                inner = messages(self._data[row[POSITION] : row[END]], self._unpacker)
                found += [(offset, value) for offset, value in inner if offset >= self._floor]
                size += sum(len(value) for _, value in inner)
            except (BombError, CorruptError) as error:
                reason = "bomb" if isinstance(error, BombError) else "corrupt"
                skipped.append(Skipped(row[BASE], row[NEXT], reason, 1))
            following = max(following, row[NEXT])
            self._pending = next(self._rows, None)
        stop = np.cumsum([len(value) for _, value in found], dtype=np.int64)
        start = np.concatenate((np.zeros(1, np.int64), stop))[:-1]
        offsets = np.array([offset for offset, _ in found], np.int64)
        self._floor = following
        buffer = b"".join(value for _, value in found)
        return Chunk(buffer, start, stop, offsets, following, skipped=tuple(skipped))
