"""What we rely on inside kafka-python, so that an upgrade that changes it fails here and not in the night."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from kafka.cluster import ClusterMetadata
from kafka.consumer.fetcher import Fetcher
from kafka.record.memory_records import MemoryRecords

from aiops.ingest.kafka import fetch
from aiops.ingest.kafka.batch import BatchReader, ChecksumError
from aiops.ingest.kafka.fetch import PartitionChunks
from aiops.ingest.unpack import Unpacker
from tests.ingest.batches import batch
from tests.ingest.kafka_world import Driven, new_topic, write
from tests.servers.kafka import Kafka

UNPACKER = Unpacker(2**20)


def chunks(data: bytes, drained: list[PartitionChunks] | None = None) -> PartitionChunks:
    return PartitionChunks(
        0,
        ("topic", 0),
        MemoryRecords(data),
        open_reader=lambda _tp, raw, offset, aborted: BatchReader(raw, offset, UNPACKER, aborted),
        on_drain=(drained if drained is not None else []).append,
    )


def test_the_fetcher_makes_its_partition_records_as_our_stand_in_expects() -> None:
    theirs = inspect.signature(Fetcher.PartitionRecords.__init__).parameters
    assert list(theirs)[1:4] == ["fetch_offset", "tp", "records"]
    assert {"aborted_transactions", "metric_aggregator", "on_drain"} <= set(theirs)
    source = inspect.getsource(Fetcher._parse_fetched_data)
    assert "self.PartitionRecords(" in source
    used = inspect.getsource(Fetcher._append) + inspect.getsource(Fetcher._on_partition_records_drain)
    for name in ("next_fetch_offset", "leader_epoch", "topic_partition", "bytes_read", "take(", "drain("):
        assert f".{name}" in used
        assert hasattr(PartitionChunks, name.rstrip("(")) or name in vars(chunks(b""))


def test_the_cluster_takes_the_settings_its_manager_forgets() -> None:
    assert {"allow_auto_create_topics", "retry_backoff_ms"} <= set(ClusterMetadata.DEFAULT_CONFIG)


def test_a_stand_in_drains_once_all_is_taken() -> None:
    drained: list[PartitionChunks] = []
    part = chunks(batch([b"a", b"b"]) + batch([b"c"], 2), drained)
    assert part
    (chunk,) = part.take(1)
    assert (len(chunk), part.next_fetch_offset, part.leader_epoch) == (3, 3, 0)
    assert not part
    assert drained == [part]


def test_an_answer_without_records_is_drained_without_a_chunk() -> None:
    part = chunks(b"")
    assert part.take(1) == []
    assert not part


def test_a_damaged_batch_drains_so_that_it_is_fetched_anew() -> None:
    bad = bytearray(batch([b"a"]))
    bad[-1] ^= 1
    part = chunks(bytes(bad))
    with pytest.raises(ChecksumError) as caught:
        part.take(1)
    assert caught.value.partition == ("topic", 0)
    assert not part
    assert part.next_fetch_offset == 0


def test_a_client_that_cannot_be_hooked_is_left_alone() -> None:
    assert not fetch.install(SimpleNamespace(_fetcher=SimpleNamespace()), lambda *_: None)  # type: ignore[arg-type,return-value]


def test_without_the_hook_records_are_still_read(
    kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetch, "NEEDED", ("something_of_tomorrow",))
    topic = new_topic(kafka.address)
    write(kafka.address, topic, [b"a", b"b"], compression_type="gzip")
    with caplog.at_level(logging.ERROR), Driven(kafka.address, tmp_path, [topic]) as driven:
        driven.until(lambda: len(driven.values()) >= 2)
        assert driven.values() == [b"a", b"b"]
        assert driven.offsets(f"bus/{topic}/0") == [0, 1]
        assert driven.positions == {f"bus/{topic}/0": 2}
