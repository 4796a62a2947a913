"""Reads Kafka topics by `assign()` at our own positions, in whole batches.

No group membership: nothing rebalances, a killed daemon blocks nobody, and a pause of an hour is as good as one of a
second. Positions live in our store beside the state they led to; the consumer group is only shown them, for lag tools.
A position the broker no longer holds goes on at the earliest one it has, and what is gone is counted as `lost`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from kafka import TopicPartition
from kafka.errors import GroupAuthorizationFailedError, KafkaError, LogTruncationError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from aiops.errors import AiopsError, TemporaryError
from aiops.ingest.kafka import client, fetch
from aiops.ingest.kafka.batch import BatchReader, ChecksumError, Chunk, Skipped
from aiops.ingest.kafka.config import KafkaConfig
from aiops.ingest.source import PartitionStatus, SourceContext, SourceStatus
from aiops.ingest.unpack import Unpacker
from aiops.types import Records

TOPIC_WAIT_SECONDS = 2.0
REFRESH_SECONDS = 1.0
SILENT_SECONDS = 5.0
"""Polling this long without any answer means that the brokers are away."""
RECONNECT_SECONDS = 60.0
"""After this long the addresses themselves may be stale: bootstrap anew."""
OFFSET_TIMEOUT_MS = 3_000


class KafkaSource:
    """See `aiops.ingest.source.Source`; partitions are named `<source>/<topic>/<number>`, positions are offsets."""

    Config: ClassVar[type[KafkaConfig]] = KafkaConfig
    kind: ClassVar[str] = "kafka"

    def __init__(self, name: str, config: KafkaConfig, ctx: SourceContext) -> None:
        self.name, self.config, self._ctx = name, config, ctx
        self._topics = [topic.name for topic in config.topics]
        self._formats = {topic.name: topic.format for topic in config.topics}
        self._unpacker = Unpacker(ctx.limits.unpacked_bytes)
        self._consumer: Any = None
        self._closed = False
        self._answers: fetch.Answers | None = None
        self._raw = False
        self._group = not config.read_only
        self._committed: dict[str, int] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._missing: list[str] = list(self._topics)
        self._damaged: set[tuple[TopicPartition, int]] = set()
        self._dropped: Counter[str] = Counter()
        self._refreshed = 0.0
        self._unanswered = 0.0
        self._commit_refused = False
        self._status = SourceStatus(detail="not opened")

    def open(self, positions: Mapping[str, Any]) -> None:
        self._committed = {partition: int(position) for partition, position in positions.items()}
        self._closed = False
        if self._consumer is None:
            self._connect()

    def _connect(self) -> None:
        settings = self.config.client() | ({} if self._group else {"group_id": None})
        try:
            consumer = client.connect(settings, self._topics)
        except AiopsError as error:
            self._tell(healthy=False, detail=str(error))
            raise
        self._raw = fetch.install(consumer, self._reader)
        self._answers = fetch.watch(consumer) if self._raw else None
        if not self._raw:
            self._ctx.log.error("kafka_slow_path", why="this kafka-python has no fetch hook: slow, bombs unguarded")
        self._consumer, self._unanswered = consumer, 0.0
        client.await_topics(consumer, self._topics, TOPIC_WAIT_SECONDS)
        try:
            self._assign()
        except TemporaryError as error:
            self._disconnect()
            self._tell(healthy=False, detail=str(error))
            raise
        self._tell(healthy=True)

    def _reader(self, tp: TopicPartition, data: bytes, offset: int, aborted: list[tuple[int, int]]) -> BatchReader:
        forgiven = frozenset(base for partition, base in self._damaged if partition == tp)
        return BatchReader(data, offset, self._unpacker, aborted, forgiven)

    def _assign(self) -> None:
        """Take up every partition there is, new ones at their committed position or their beginning."""
        found, self._missing = client.partitions(self._consumer, self._topics)
        self._refreshed = time.monotonic()
        if set(found) == set(self._consumer.assignment()):
            return
        known = {tp: self._positions.get(tp, self._committed.get(self._partition(tp))) for tp in found}
        fresh = [tp for tp, position in known.items() if position is None]
        known |= self._beginnings(fresh)
        self._consumer.assign(found)
        for tp in found:
            self._consumer.seek(tp, known[tp])
        self._positions = {tp: int(known[tp] or 0) for tp in found}
        self._ctx.log.info("kafka_assigned", partitions=len(found), new=len(fresh), missing=self._missing)

    def _beginnings(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        if not tps:
            return {}
        found = client.translate(lambda: self._consumer.beginning_offsets(tps, timeout_ms=OFFSET_TIMEOUT_MS))
        return {tp: int(offset) for tp, offset in found.items()}

    def _partition(self, tp: TopicPartition) -> str:
        return f"{self.name}/{tp.topic}/{tp.partition}"

    def poll(self, timeout: float) -> list[Records]:
        if self._closed:
            return []
        if self._consumer is None:
            self._connect()
        if time.monotonic() - self._refreshed > REFRESH_SECONDS:
            self._assign()
        began = time.monotonic()
        try:
            found = self._fetch(timeout)
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            found = self._restart(error)
        except ChecksumError as error:
            self._damaged.add((error.partition, error.offset))
            raise TemporaryError(str(error), retry_after=0.0) from error
        except GroupAuthorizationFailedError:
            self._ctx.log.warning("kafka_group_refused", group=self.config.group_id)
            self._group = False
            self._disconnect()
            raise TemporaryError("the group is refused; reading without it", retry_after=0.0) from None
        except KafkaError as error:
            self._tell(healthy=False, detail=f"{type(error).__name__}: {error}")
            raise TemporaryError(str(error)) from error
        self._judge(began, bool(found))
        return found

    def _fetch(self, timeout: float) -> list[Records]:
        """One wait, then everything that has arrived already, up to the limit of one poll."""
        found: list[Records] = []
        size = 0
        many = 1 if self._raw else 10_000
        answer = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=many)
        while answer:
            for tp, chunks in answer.items():
                fresh = [self._records(tp, chunk) for chunk in chunks] if self._raw else [self._slow(tp, chunks)]
                found += fresh
                size += sum(len(records.buffer) for records in fresh)
            if size >= self._ctx.limits.poll_bytes:
                break
            answer = self._consumer.poll(timeout_ms=0, max_records=many)
        return found

    def _records(self, tp: TopicPartition, chunk: Chunk) -> Records:
        partition = self._partition(tp)
        for run in chunk.skipped:
            self._ctx.log.warning(
                "kafka_skipped", partition=partition, first=run.first, next=run.next, reason=run.reason
            )
            self._damaged.discard((tp, run.first))
        self._dropped.update(chunk.dropped)
        self._positions[tp] = chunk.next_offset
        return Records(
            partition,
            chunk.buffer,
            chunk.start,
            chunk.stop,
            chunk.offsets,
            chunk.next_offset,
            self._formats.get(tp.topic, ""),
            chunk.dropped,
        )

    def _slow(self, tp: TopicPartition, messages: list[Any]) -> Records:
        """kafka-python's own objects, when its fetcher cannot be hooked."""
        self._positions[tp] = messages[-1].offset + 1
        bodies = [message.value or b"" for message in messages]
        records = Records.many(self._partition(tp), bodies, self._positions[tp], self._formats.get(tp.topic, ""))
        records.offsets[:] = [message.offset for message in messages]
        return records

    def _restart(self, error: KafkaError) -> list[Records]:
        """Go on where the broker still has something, and say what is gone."""
        if isinstance(error, LogTruncationError):
            targets = {tp: int(getattr(at, "offset", at) or 0) for tp, at in error.divergent_offsets.items()}
        else:
            targets = self._beginnings(list(error.args[0]))
        found = []
        for tp, offset in targets.items():
            # A topic that was made anew starts below where we were: then nobody knows how many there had been.
            lost = max(offset - self._positions[tp], 1)
            self._ctx.log.warning("kafka_lost", partition=self._partition(tp), at=self._positions[tp], on_at=offset)
            self._consumer.seek(tp, offset)
            found.append(self._records(tp, _nothing(offset, lost)))
        return found

    def _judge(self, began: float, found: bool) -> None:
        """Raise when the brokers have not answered for a while; the client itself just goes on trying."""
        now = time.monotonic()
        answered = self._answers is None or self._answers.last >= began
        self._unanswered = 0.0 if found or answered or not self._positions else self._unanswered + now - began
        if self._unanswered > RECONNECT_SECONDS:
            self._disconnect()
        if self._unanswered > SILENT_SECONDS:
            detail = f"no broker answers ({', '.join(self.config.bootstrap_servers)})"
            self._tell(healthy=False, detail=detail)
            raise TemporaryError(detail)
        self._tell(healthy=True)

    def _tell(self, *, healthy: bool, detail: str = "") -> None:
        """Publish a new status; `ready` stays false until every partition was answered once."""
        partitions = {}
        waiting = not self._positions
        for tp, position in self._positions.items():
            end = self._consumer.highwater(tp) if self._consumer is not None else None
            waiting |= end is None
            lag = max(end - position, 0) if end is not None else 0
            partitions[self._partition(tp)] = PartitionStatus(lag, healthy and end is not None and lag == 0)
        if self._missing:
            detail = detail or f"waiting for topics that do not exist: {', '.join(self._missing)}"
        ready = healthy and not waiting and not self._missing
        self._status = SourceStatus(ready, healthy, detail, partitions, dict(self._dropped))

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Show the positions to the consumer group; that it fails is told once and harms nothing."""
        if self._consumer is None or not self._group:
            return
        ours = {self._partition(tp): tp for tp in self._positions}
        offsets = {
            ours[partition]: OffsetAndMetadata(int(position), "", -1)
            for partition, position in positions.items()
            if partition in ours
        }
        try:
            if offsets:
                self._consumer.commit_async(offsets, callback=self._on_commit)
        except KafkaError as error:
            self._on_commit(offsets, error)

    def _on_commit(self, _offsets: Any, answer: Any) -> None:
        if isinstance(answer, Exception) and not self._commit_refused:
            self._commit_refused = True
            self._ctx.log.warning("kafka_commit_refused", group=self.config.group_id, why=str(answer))

    def status(self) -> SourceStatus:
        return self._status

    def check(self) -> list[str]:
        try:
            consumer = client.connect(self.config.client() | {"group_id": None}, self._topics)
        except AiopsError as error:
            servers = ", ".join(self.config.bootstrap_servers)
            return [f"{self.name}: cannot connect to {servers}: {error}; check bootstrap_servers, tls and sasl"]
        try:
            found, missing = client.await_topics(consumer, self._topics, OFFSET_TIMEOUT_MS / 1000)
            problems = [
                f"{self.name}: topic {topic!r} does not exist or may not be read: create it" for topic in missing
            ]
            if found and not problems:
                consumer.beginning_offsets(found, timeout_ms=OFFSET_TIMEOUT_MS)
        except KafkaError as error:
            problems = [f"{self.name}: cannot read: {type(error).__name__}: {error}; check the ACLs of the topics"]
        finally:
            consumer.close(autocommit=False, timeout_ms=1_000)
        return problems

    def close(self) -> None:
        self._disconnect()
        # What was delivered and not committed is delivered again by whoever opens it next.
        self._closed, self._positions = True, {}

    def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=1_000)


def _nothing(offset: int, lost: int) -> Chunk:
    """No records, but a new position and the number of those that are gone."""
    none = np.empty(0, np.int64)
    return Chunk(b"", none, none, none, offset, skipped=(Skipped(max(offset - lost, 0), offset, "lost", lost),))
