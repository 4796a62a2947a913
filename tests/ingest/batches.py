"""Record batches of every compression, made without a broker."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence

import cramjam
import xxhash
import zstandard
from crc32c import crc32c
from kafka.record.memory_records import MemoryRecordsBuilder

XERIAL_HEADER = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"


def xerial(data: bytes) -> bytes:
    """Snappy as Java's client frames it."""
    blocks = [bytes(cramjam.snappy.compress_raw(data[at : at + 32768])) for at in range(0, len(data), 32768)]
    return XERIAL_HEADER + b"".join(struct.pack(">i", len(block)) + block for block in blocks)


def lz4(data: bytes) -> bytes:
    """An LZ4 frame of independent blocks, the only kind a broker takes."""
    flags = b"\x60\x40"
    frame = b"\x04\x22\x4d\x18" + flags + bytes([xxhash.xxh32(flags).intdigest() >> 8 & 0xFF])
    for at in range(0, len(data), 65536):
        block = bytes(cramjam.lz4.compress_block(data[at : at + 65536], store_size=False))
        # A block that does not get smaller is stored as it is, which the highest bit of its length says.
        stored = len(block) >= len(data[at : at + 65536])
        block = data[at : at + 65536] if stored else block
        frame += struct.pack("<I", len(block) | (stored << 31)) + block
    return frame + bytes(4)


PACK: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (1, gzip.compress),
    "snappy": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "xerial": (2, xerial),
    "lz4": (3, lz4),
    "zstd": (4, zstandard.compress),
}


def batch(
    values: Sequence[bytes | None], base: int = 0, codec: str = "", *, producer: int = -1, transactional: bool = False
) -> bytes:
    """One record batch of format 2, its records at `base` and on, as a broker would send it."""
    builder = MemoryRecordsBuilder(
        2, 0, 2**30, transactional=transactional, producer_id=producer, producer_epoch=0, base_sequence=0
    )
    for value in values:
        builder.append(timestamp=1_700_000_000_000, key=None, value=value, headers=[("h", b"x")])
    builder.close()
    return rebuilt(bytes(builder.buffer()), base, codec)


def rebuilt(plain: bytes, base: int, codec: str = "", attributes: int = 0, body: bytes | None = None) -> bytes:
    """The batch with another base offset, compression and attributes, its length and checksum made right."""
    number, pack = PACK[codec] if codec else (0, bytes)
    packed = pack(plain[61:]) if body is None else body
    old = struct.unpack(">h", plain[21:23])[0]
    head = struct.pack(">h", old | number | attributes) + plain[23:61]
    checked = head + packed
    return struct.pack(">qi", base, len(checked) + 9) + plain[12:17] + struct.pack(">I", crc32c(checked)) + checked


def legacy(values: Sequence[bytes], magic: int, codec: int = 0) -> bytes:
    """A message set of format 0 or 1."""
    builder = MemoryRecordsBuilder(magic, codec, 2**20)
    for value in values:
        builder.append(timestamp=1_700_000_000_000, key=b"k", value=value)
    builder.close()
    made = bytes(builder.buffer())
    # A broker gives a compressed message of format 1 the offset of its last inner one.
    return made if codec == 0 or magic == 0 else (len(values) - 1).to_bytes(8, "big") + made[8:]
