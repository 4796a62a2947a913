"""Fetched bytes become records: the same ones kafka-python would give, and nothing from bytes that lie."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record.memory_records import MemoryRecords

from aiops.ingest.kafka.batch import BatchReader, ChecksumError, Chunk
from aiops.ingest.unpack import Unpacker
from tests.ingest.batches import PACK, batch, legacy, rebuilt

MIB = 1024 * 1024
UNPACKER = Unpacker(4 * MIB)


def read_all(data: bytes, offset: int = 0, **options: object) -> list[Chunk]:
    reader = BatchReader(data, offset, UNPACKER, **options)  # type: ignore[arg-type]
    chunks = []
    while reader:
        chunks.append(reader.read())
    return chunks


def records(chunks: list[Chunk]) -> list[tuple[int, bytes]]:
    return [
        (int(offset), bytes(chunk.buffer[start:stop]))
        for chunk in chunks
        for start, stop, offset in zip(chunk.start, chunk.stop, chunk.offsets, strict=True)
    ]


def dropped(chunks: list[Chunk]) -> dict[str, int]:
    return {reason: count for chunk in chunks for reason, count in chunk.dropped.items()}


@given(
    st.lists(
        st.tuples(st.lists(st.binary(max_size=300), min_size=1, max_size=8), st.sampled_from(["", *PACK])), max_size=6
    ),
    st.integers(0, 20),
)
@settings(max_examples=80, deadline=None)
def test_every_compression_gives_the_records_that_were_written(
    batches: list[tuple[list[bytes], str]], offset: int
) -> None:
    data, written, base = b"", [], 0
    for values, codec in batches:
        data += batch(values, base, codec)
        written += [(base + i, value) for i, value in enumerate(values)]
        base += len(values)
    assert records(read_all(data, offset)) == [(at, value) for at, value in written if at >= offset]


def test_agrees_with_kafka_python_on_uncompressed_batches() -> None:
    data = batch([b"a", b"bb", b""], 10) + batch([b"ccc"] * 100, 13)
    theirs = [(record.offset, record.value) for found in MemoryRecords(data) for record in found]
    assert records(read_all(data)) == theirs


def test_a_tombstone_is_an_empty_record() -> None:
    assert records(read_all(batch([None, b"x"]))) == [(0, b""), (1, b"x")]


def test_uncompressed_batches_are_not_copied() -> None:
    data = batch([b"a"]) + batch([b"b"], 1)
    chunks = read_all(data)
    assert len(chunks) == 1
    assert chunks[0].buffer is data


def test_a_batch_cut_off_at_the_end_is_left_for_the_next_fetch() -> None:
    data = batch([b"a"]) + batch([b"b"], 1)[:-3]
    chunks = read_all(data)
    assert records(chunks) == [(0, b"a")]
    assert chunks[-1].next_offset == 1


def test_offsets_removed_by_compaction_are_stepped_over() -> None:
    data = bytearray(batch([b"a"], 5))
    data[23:27] = (9).to_bytes(4, "big")
    chunks = read_all(rebuilt(bytes(data), 5))
    assert chunks[-1].next_offset == 15


@pytest.mark.parametrize("codec", ["gzip", "zstd", "lz4", "snappy"])
def test_a_bomb_is_refused_and_its_neighbours_are_not_harmed(codec: str) -> None:
    bomb = batch([bytes(5 * MIB)], 1, codec)
    chunks = read_all(batch([b"a"]) + bomb + batch([b"z"], 2))
    assert records(chunks) == [(0, b"a"), (2, b"z")]
    assert dropped(chunks) == {"bomb": 1}
    assert [(run.first, run.next) for chunk in chunks for run in chunk.skipped] == [(1, 2)]


def test_a_bomb_of_empty_records_is_refused_by_their_number() -> None:
    data = bytearray(batch([b"a"]))
    data[57:61] = (2_000_000).to_bytes(4, "big")
    assert dropped(read_all(rebuilt(bytes(data), 0))) == {"bomb": 2_000_000}


def test_a_bad_checksum_is_read_anew_once_and_then_skipped() -> None:
    bad = bytearray(batch([b"b"], 1))
    bad[-1] ^= 1
    data = batch([b"a"]) + bytes(bad) + batch([b"c"], 2)
    reader = BatchReader(data, 0, UNPACKER)
    assert records([reader.read()]) == [(0, b"a")]
    with pytest.raises(ChecksumError) as caught:
        reader.read()
    chunks = read_all(data, 1, forgiven=frozenset([caught.value.offset]))
    assert records(chunks) == [(2, b"c")]
    assert dropped(chunks) == {"corrupt": 1}


def test_a_batch_that_lies_about_its_records_is_refused() -> None:
    plain = batch([b"abc", b"def"], 0)
    lies = rebuilt(plain, 0, body=plain[61:-2])
    chunks = read_all(lies + batch([b"z"], 2))
    assert records(chunks) == [(2, b"z")]
    assert dropped(chunks) == {"corrupt": 2}


def test_damaged_compression_is_refused() -> None:
    packed = gzip.compress(b"abc")[:-6]
    chunks = read_all(rebuilt(batch([b"abc"]), 0, attributes=1, body=packed))
    assert dropped(chunks) == {"corrupt": 1}


def test_aborted_transactions_and_control_records_never_come_out() -> None:
    abort = rebuilt(_control(abort=True), 2)
    commit = rebuilt(_control(abort=False), 5)
    data = (
        batch([b"gone", b"gone"], 0, producer=7, transactional=True)
        + abort
        + batch([b"kept", b"kept"], 3, producer=7, transactional=True)
        + commit
        + batch([b"plain"], 6)
    )
    chunks = read_all(data, aborted=[(0, 7)])
    assert records(chunks) == [(3, b"kept"), (4, b"kept"), (6, b"plain")]
    assert chunks[-1].next_offset == 7


def _control(*, abort: bool) -> bytes:
    """A transaction marker of producer 7: the type stands in the key."""
    plain = bytearray(batch([b""], 0, producer=7, transactional=True))
    key = b"\x00\x00" + (b"\x00\x00" if abort else b"\x00\x01")
    record = b"\x00\x00\x00" + bytes([len(key) * 2]) + key + bytes([12]) + bytes(6) + b"\x00"
    body = bytes([len(record) * 2]) + record
    return rebuilt(bytes(plain), 0, attributes=0x30, body=body)


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [0, 1])
def test_old_message_formats_are_read(magic: int, codec: int) -> None:
    data = legacy([b"a", b"bb", b"ccc"], magic, codec)
    assert [value for _, value in records(read_all(data))] == [b"a", b"bb", b"ccc"]


def test_a_bomb_in_an_old_message_format_is_refused() -> None:
    chunks = read_all(legacy([bytes(5 * MIB)], 1, 1) + batch([b"z"], 7))
    assert dropped(chunks) == {"bomb": 1}
    assert records(chunks)[-1] == (7, b"z")


@given(st.binary(max_size=400), st.data())
@settings(max_examples=300, deadline=None)
def test_no_bytes_whatever_break_the_reader(noise: bytes, data: st.DataObject) -> None:
    good = batch([b"first", b"second" * 10, b"third"], 0, data.draw(st.sampled_from(["", "gzip", "zstd"])))
    at = data.draw(st.integers(0, len(good)))
    bad = bytearray(good)
    bad[at : at + len(noise)] = noise
    read_all_forgiving(bytes(bad))
    read_all_forgiving(noise)


@given(st.binary(max_size=200), st.integers(0, 150))
@settings(max_examples=300, deadline=None)
def test_no_record_reaches_outside_its_batch(noise: bytes, at: int) -> None:
    plain = batch([b"a" * 20] * 5)
    body = bytearray(plain[61:])
    body[at : at + len(noise)] = noise
    before, after = batch([b"left"]), batch([b"right"], 6)
    chunks = read_all(before + rebuilt(plain, 1, body=bytes(body)) + after)
    low, high = len(before) + 61, len(before) + 61 + len(body)
    for chunk in chunks:
        inside = (chunk.offsets >= 1) & (chunk.offsets < 6)
        assert np.all(chunk.start[inside] >= low)
        assert np.all(chunk.stop[inside] <= high)
    assert {b"left", b"right"} <= {value for _, value in records(chunks)}


def read_all_forgiving(data: bytes) -> None:
    """Read as the source does: a damaged batch is forgiven the second time, and every round makes progress."""
    offset, forgiven = 0, frozenset[int]()
    for _ in range(20):
        reader = BatchReader(data, offset, UNPACKER, forgiven=forgiven)
        try:
            while reader:
                offset = reader.read().next_offset
            return
        except ChecksumError as error:
            forgiven |= {error.offset}
    raise AssertionError("no progress")
