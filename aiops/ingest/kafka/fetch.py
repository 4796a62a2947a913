"""The hook into kafka-python: whole fetched batches instead of one object per record.

kafka-python 3 parses each partition of a fetch answer with `Fetcher.PartitionRecords`. We put a class of the same shape
in its place, whose "records" are `Chunk`s; fetching, sessions, retries and leader epochs stay the client's. These
names are not public: `install` checks that they are there and says so when not, and a test pins what we rely on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiops.ingest.kafka.batch import BatchReader, ChecksumError, Chunk

NEEDED = ("PartitionRecords", "_handle_fetch_response", "_parse_fetched_data", "fetched_records")


class PartitionChunks:
    """Stands in for kafka-python's `PartitionRecords`.

    Parameters
    ----------
    fetch_offset, tp, records, aborted_transactions, on_drain : as kafka-python passes them.
    open_reader : (tp, data, offset, aborted) -> the reader of this answer.
    """

    def __init__(
        self,
        fetch_offset: int,
        tp: Any,
        records: Any,
        *,
        open_reader: Callable[[Any, bytes, int, list[tuple[int, int]]], BatchReader],
        aborted_transactions: Any = None,
        metric_aggregator: Any = None,
        on_drain: Callable[[Any], None] = lambda _: None,
        **_ignored: Any,
    ) -> None:
        self.topic_partition = tp
        self.fetch_offset = self.next_fetch_offset = fetch_offset
        self.leader_epoch = -1
        self.bytes_read = self.records_read = 0
        self._aggregator = metric_aggregator
        self._on_drain = on_drain
        aborted = [(one.first_offset, one.producer_id) for one in aborted_transactions or ()]
        self._reader: BatchReader | None = open_reader(tp, records._buffer, fetch_offset, aborted)

    def __bool__(self) -> bool:
        return self._reader is not None

    def take(self, _n: int | None = None) -> list[Chunk]:
        """The next chunk, however many were asked for: it is what bounds memory."""
        if not self._reader:
            self.drain()
            return []
        try:
            chunk = self._reader.read()
        except ChecksumError as error:
            self.drain()  # the next poll fetches the batch anew
            raise ChecksumError(error.offset, self.topic_partition) from None
        self.next_fetch_offset, self.leader_epoch = chunk.next_offset, chunk.epoch
        self.records_read += len(chunk)
        self.bytes_read += len(chunk.buffer)
        if not self._reader:
            self.drain()
        return [chunk]

    def drain(self) -> None:
        if self._reader is not None:
            self._reader = None
            if self._aggregator:
                self._aggregator.record(self.topic_partition, self.bytes_read, self.records_read)
            self._on_drain(self)


class Answers:
    """When a broker last answered a fetch, monotonic seconds; incremental sessions answer even without records."""

    def __init__(self) -> None:
        self.last = time.monotonic()


def install(consumer: Any, open_reader: Callable[[Any, bytes, int, list[tuple[int, int]]], BatchReader]) -> bool:
    """Make `consumer.poll` return chunks; False when this kafka-python cannot be hooked (nothing was changed)."""
    fetcher = getattr(consumer, "_fetcher", None)
    if fetcher is None or not all(hasattr(fetcher, name) for name in NEEDED):
        return False

    def parse(fetch_offset: int, tp: Any, records: Any, **settings: Any) -> PartitionChunks:
        return PartitionChunks(fetch_offset, tp, records, open_reader=open_reader, **settings)

    fetcher.PartitionRecords = parse
    return True


def watch(consumer: Any) -> Answers:
    """Note every answered fetch; without the hook, the time stands still and the caller must not judge by it."""
    answers = Answers()
    handle = consumer._fetcher._handle_fetch_response

    def noted(*arguments: Any) -> None:
        answers.last = time.monotonic()
        handle(*arguments)

    consumer._fetcher._handle_fetch_response = noted
    return answers
