"""A firm's topics on a real broker: records are written there, and the daemon reads them with its own source."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence

from kafka import KafkaProducer

from aiops.daemon.host import Host
from aiops.types import Records
from tests.ingest.kafka_world import new_topic

ARRIVE_SECONDS = 30.0


class Bus:
    """Topics of a broker, one partition each.

    Parameters
    ----------
    address : of the broker.
    topics : to be made; nobody may have written to them.
    """

    def __init__(self, address: str, topics: Sequence[str]) -> None:
        self._address, self._topics = address, [new_topic(address, name=name) for name in topics]
        self._producer = KafkaProducer(bootstrap_servers=address, linger_ms=0)

    @property
    def config(self) -> str:
        """The source of the daemon's configuration that reads them."""
        topics = ", ".join(self._topics)
        kafka = f'type: kafka, bootstrap_servers: ["{self._address}"], topics: [{topics}], group_id: scenarios'
        return f"sources:\n  bus: {{{kafka}}}\n"

    def carry(self, host: Host, batches: Sequence[Records]) -> None:
        """Write records, and have the daemon take in what its source has read, until that is all of them."""
        for records in batches:
            _, topic, partition = records.partition.split("/")
            for start, stop in zip(records.start.tolist(), records.stop.tolist(), strict=True):
                self._producer.send(topic, bytes(records.buffer[start:stop]), partition=int(partition))
        self._producer.flush()
        left = sum(len(records) for records in batches)
        until = time.monotonic() + ARRIVE_SECONDS
        read: list[Records] = []
        while left > 0:
            assert time.monotonic() < until, f"{left} records did not arrive"
            try:
                found = host.service.inbox.get(timeout=0.05)
            except queue.Empty:
                continue
            read += found
            left -= sum(len(records) for records in found)
        host.service.turn(read)

    def __enter__(self) -> Bus:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close(5)
