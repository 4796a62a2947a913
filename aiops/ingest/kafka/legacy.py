"""Message formats 0 and 1 of Kafka before 0.11, through kafka-python's parser, but unpacked under our cap."""

from __future__ import annotations

from kafka.errors import KafkaError
from kafka.record.memory_records import MemoryRecords

from aiops.ingest.unpack import CorruptError, Unpacker

CODECS = ("", "gzip", "snappy", "lz4")
MAGIC_AT, CODEC_AT, KEY_AT = 16, 17, 18


def messages(data: bytes, unpacker: Unpacker) -> list[tuple[int, bytes]]:
    """Return (offset, value) of one message, or of every message in a compressed one.

    Raises
    ------
    BombError, CorruptError : as `Unpacker.unpack`.
    """
    codec = data[CODEC_AT] & 0x07
    if codec == 0:
        return _parse(data)
    if codec >= len(CODECS):
        raise CorruptError(f"unknown codec {codec}")
    # Format 1 has a timestamp before the key; the value is the rest after a key that is there or not (-1).
    key_at = KEY_AT + 8 * data[MAGIC_AT]
    key_bytes = int.from_bytes(data[key_at : key_at + 4], "big", signed=True)
    inner = _parse(unpacker.unpack(data[key_at + 8 + max(key_bytes, 0) :], CODECS[codec]))
    if data[MAGIC_AT] == 0 or not inner:
        return inner
    # Format 1 counts the inner offsets from 0; the outer offset is the last message's.
    shift = int.from_bytes(data[:8], "big") - inner[-1][0]
    return [(offset + shift, value) for offset, value in inner]


def _parse(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    try:
        for batch in MemoryRecords(data):
            if not batch.validate_crc():
                raise CorruptError("message fails its checksum")
            found += [(record.offset, record.value or b"") for record in batch]
    except (KafkaError, ValueError, IndexError, AssertionError, ArithmeticError) as error:
        raise CorruptError(str(error)) from error
    return found
