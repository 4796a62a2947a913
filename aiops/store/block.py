"""Framing of a ring file: blocks that are complete or not there.

A header holds magic, kind, length, checksum, step and base; the payload follows. What stands after the last
complete block is a torn write: readers stop there, a writer cuts it off.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

import xxhash

MAGIC = b"ARG1"
HEADER = struct.Struct("<4sB3xIdQQ")  # magic, kind, payload length, step, base, checksum
KEY_FRAME, FRAME, SERIES_LABELS, SLOT_LABELS = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block is and what it is.

    Attributes
    ----------
    base : of a frame: offset of its key frame; of labels: index of the first one (0 = all anew).
    """

    kind: int
    at: float
    base: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        return self.offset + HEADER.size + self.length


def encode(kind: int, at: float, base: int, payload: bytes) -> bytes:
    """Header and payload."""
    return HEADER.pack(MAGIC, kind, len(payload), at, base, _checksum(kind, at, base, payload)) + payload


def scan(fd: int, start: int = 0) -> list[Block]:
    """All blocks that seem complete, in file order; payloads are not read."""
    size = os.fstat(fd).st_size
    blocks: list[Block] = []
    while (block := _header(fd, start)) is not None and block.end <= size:
        blocks.append(block)
        start = block.end
    return blocks


def read(fd: int, block: Block) -> bytes | None:
    """The payload, None if it is not what was written."""
    raw = os.pread(fd, HEADER.size + block.length, block.offset)
    if len(raw) < HEADER.size + block.length:
        return None
    checksum: int = HEADER.unpack_from(raw)[-1]
    payload = raw[HEADER.size :]
    return payload if checksum == _checksum(block.kind, block.at, block.base, payload) else None


def block_at(fd: int, offset: int) -> Block | None:
    """The block that begins there, if one does."""
    return _header(fd, offset)


def _header(fd: int, offset: int) -> Block | None:
    raw = os.pread(fd, HEADER.size, offset)
    if len(raw) < HEADER.size:
        return None
    magic, kind, length, at, base, _ = HEADER.unpack(raw)
    return Block(kind, at, base, offset, length) if magic == MAGIC else None


def _checksum(kind: int, at: float, base: int, payload: bytes) -> int:
    digest = xxhash.xxh64(struct.pack("<BdQ", kind, at, base))
    digest.update(payload)
    return digest.intdigest()
