"""Raw Kafka record batches of 175-byte JSON, six labels each -> series -> detector, beside the usual Python pipeline.

Both sides begin with the same bytes as a broker sends them and end with a score per sample. Ours: batch walk, decode,
panel, a `Baseline` column a step. The peer, as the libraries' own pages show: kafka-python with its JSON deserializer,
a pydantic model, a sorted label key in a dict, one river GaussianScorer a series. They run interleaved in one process,
each with its series already known, on process CPU time.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from typing import Any

import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.serializer import JsonSerializer
from kafka.structs import TopicPartition
from pydantic import BaseModel
from river.anomaly import GaussianScorer

from aiops.decode import SeriesTable, decode
from aiops.detect.panel import Panel
from aiops.ingest.kafka.batch import BatchReader
from aiops.ingest.unpack import Unpacker
from aiops.types import Records
from detectors import state as states
from detectors.baseline import Baseline

MESSAGE_BYTES = 175
SERIES = 2_000
STEPS = 100
PEER_STEPS = 15
STEP_SECONDS = 15
BATCH_RECORDS = 500
BEGIN = 1_700_000_010
FORMAT = "agent_json"
"""Fixed for the topic, as the peer's model is."""


def frame(series: int) -> tuple[bytes, bytes]:
    """What stands before the time, and between it and the value, of one series' messages."""
    labels = {
        "service_name": f"svc{series % 50:02d}",
        "host_name": f"n{series % 20:02d}",
        "method": ("HEAD", "POST")[series % 2],
        "code": "200",
        "zone": "a",
        "i": f"{series:05d}",
    }
    text = json.dumps(labels, separators=(",", ":")).encode()
    return b'{"type":"metric","timestamp":', b',"name":"queue","labels":' + text + b',"value":'


def messages(steps: range) -> list[bytes]:
    """One message a series and step, in event-time order."""
    rng = random.Random(7)
    frames = [frame(series) for series in range(SERIES)]
    return [
        b"%s%d%s%.3f}" % (before, BEGIN + step * STEP_SECONDS, between, 500 + series % 7 + rng.gauss(0, 1))
        for step in steps
        for series, (before, between) in enumerate(frames)
    ]


def fetched(steps: range) -> bytes:
    """What a fetch answer holds: uncompressed batches."""
    values = messages(steps)
    assert {len(value) for value in values} == {MESSAGE_BYTES}
    data = bytearray()
    for first in range(0, len(values), BATCH_RECORDS):
        builder = MemoryRecordsBuilder(2, 0, 2**30)
        for value in values[first : first + BATCH_RECORDS]:
            builder.append(timestamp=0, key=None, value=value)
        builder.close()
        # A producer writes offset 0; the broker puts the real one, which the checksum does not cover.
        data += first.to_bytes(8, "big") + bytes(builder.buffer())[8:]
    return bytes(data)


class Ours:
    """This project's road, from the fetched bytes to the detector."""

    def __init__(self) -> None:
        self.detector = Baseline(step_seconds=float(STEP_SECONDS))
        self.state = self.detector.init(0)
        self.table, self.panel = SeriesTable(), Panel(float(STEP_SECONDS), 0.0)

    def feed(self, data: bytes) -> int:
        """Score what is complete, which is every step but the newest; return how many samples."""
        scored = 0
        reader = BatchReader(data, 0, Unpacker(2**20))
        while reader:
            chunk = reader.read()
            records = Records(
                "bus/events/0", chunk.buffer, chunk.start, chunk.stop, chunk.offsets, chunk.next_offset, FORMAT
            )
            self.panel.add(decode(records, self.table, now=float(BEGIN + 86_400)))
            if len(self.table) > states.size(self.state):
                self.state = states.grow(self.detector, self.state, len(self.table))
            for column in self.panel.close(self.table.kind):
                x = np.full(len(self.table), np.nan)
                x[column.series] = column.value
                self.detector.update(self.state, x, column.at)
                scored += len(column.series)
        return scored


class Metric(BaseModel):
    """The message, as one writes it down with pydantic."""

    type: str
    timestamp: float
    name: str
    labels: dict[str, str]
    value: float


class Peer:
    """The same with the libraries at hand, one object a record and one a series."""

    def __init__(self) -> None:
        self.scorers: dict[tuple[Any, ...], GaussianScorer] = {}

    def feed(self, data: bytes) -> int:
        """Score every sample; return how many."""
        events = TopicPartition("events", 0)
        part = Fetcher.PartitionRecords(0, events, MemoryRecords(data), value_deserializer=JsonSerializer())
        scored = 0
        while part and (records := part.take(500)):  # `max_poll_records`
            for record in records:
                metric = Metric.model_validate(record.value)
                key = (metric.name, *sorted(metric.labels.items()))
                scorer = self.scorers.get(key) or self.scorers.setdefault(key, GaussianScorer())
                scorer.score_one(None, metric.value)
                scorer.learn_one(None, metric.value)
            scored += len(records)
        return scored


def rate(side: Ours | Peer, known: bytes, data: bytes, samples: int) -> float:
    """Samples a core-second over `data`, once the series are known from `known`."""
    side.feed(known)
    began = time.process_time()
    assert side.feed(data) == samples
    return samples / (time.process_time() - began)


def measure(rounds: int = 3) -> dict[str, float]:
    """Run both sides in turn, each with its series already known, as in any hour but the first.

    Returns
    -------
    `end_to_end` : how many times more samples a core-second than the peer, median of the rounds;
    `ours`, `peer` : samples a core-second.
    """
    known = fetched(range(2))
    large, small = fetched(range(2, 2 + STEPS)), fetched(range(2, 2 + PEER_STEPS))
    pairs = [
        (rate(Ours(), known, large, SERIES * STEPS), rate(Peer(), known, small, SERIES * PEER_STEPS))
        for _ in range(rounds)
    ]
    return {
        "end_to_end": statistics.median(mine / theirs for mine, theirs in pairs),
        "ours": statistics.median(mine for mine, _ in pairs),
        "peer": statistics.median(theirs for _, theirs in pairs),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
