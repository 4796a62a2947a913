"""What the tests of the Kafka source share: topics, writing, and a source that is driven as the daemon drives it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import kafka.codec
import kafka.record.default_records
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewPartitions, NewTopic

from aiops.errors import TemporaryError
from aiops.ingest.kafka.source import KafkaSource
from aiops.ingest.source import SourceContext
from aiops.types import Records
from tests.ingest.batches import PACK

_numbers = itertools.count()


def new_topic(address: str, partitions: int = 1, name: str = "", **settings: str) -> str:
    """Make a topic that no other test uses."""
    name = name or f"topic-{next(_numbers)}"
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    admin.close()
    return name


def widen(address: str, topic: str, partitions: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_partitions({topic: NewPartitions(partitions)})
    admin.close()


def write(address: str, topic: str, values: Iterable[bytes], partition: int = 0, **settings: Any) -> None:
    with_codec = settings.get("compression_type")
    if with_codec in ("snappy", "lz4"):
        _lend_codec(with_codec)
    producer = KafkaProducer(bootstrap_servers=address, max_request_size=2**30, **settings)
    sent = [producer.send(topic, value=value, partition=partition) for value in values]
    for one in sent:
        one.get(60)
    producer.close(10)


def _lend_codec(name: str) -> None:
    """kafka-python wants packages of its own to write these; the test has others."""
    pack = PACK["xerial" if name == "snappy" else name][1]
    setattr(kafka.codec, f"has_{name}", lambda: True)
    KafkaProducer._COMPRESSORS[name] = (lambda: True, KafkaProducer._COMPRESSORS[name][1])
    setattr(kafka.codec, f"{name}_encode", pack)
    setattr(kafka.record.default_records, f"{name}_encode", pack)


class Driven:
    """A source, what it delivered, and the positions a store would hold."""

    def __init__(
        self, address: str, folder: Path, topics: Any, positions: Mapping[str, int] | None = None, **settings: Any
    ) -> None:
        config = KafkaSource.Config.model_validate(
            {"bootstrap_servers": address, "topics": topics, "metadata_seconds": 1.0, **settings}
        )
        self.source = KafkaSource("bus", config, SourceContext(folder))
        self.positions: dict[str, int] = dict(positions or {})
        self.records: list[Records] = []
        self.dropped: dict[str, int] = {}
        self.source.open(self.positions)

    def poll(self, timeout: float = 0.3) -> list[Records]:
        try:
            found = self.source.poll(timeout)
        except TemporaryError:
            time.sleep(0.2)
            return []
        for records in found:
            self.positions[records.partition] = records.position
            for reason, count in records.dropped.items():
                self.dropped[reason] = self.dropped.get(reason, 0) + count
        self.records += found
        return found

    def until(self, done: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"not in time: {self.source.status()}, {len(self.values())} values"
            self.poll()

    def values(self, partition: str = "") -> list[bytes]:
        return [
            bytes(records.buffer[start:stop])
            for records in self.records
            if not partition or records.partition == partition
            for start, stop in zip(records.start, records.stop, strict=True)
        ]

    def offsets(self, partition: str) -> list[int]:
        return [int(o) for records in self.records if records.partition == partition for o in records.offsets]

    def __enter__(self) -> Driven:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()
