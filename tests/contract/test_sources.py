"""Every source that comes with the agent keeps the contract, and the check notices one that does not."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from aiops import plugins
from aiops.demo import scenario
from aiops.demo.action import Simulation
from aiops.demo.clock import SimulatedClock
from aiops.demo.source import SimulatorSource
from aiops.errors import TemporaryError
from aiops.ingest.kafka.source import KafkaSource
from aiops.ingest.prometheus import PrometheusSource
from aiops.ingest.push.source import OtlpSource
from aiops.ingest.replay import ReplaySource
from aiops.ingest.source import PartitionStatus, SourceConfig, SourceContext, SourceLimits, SourceStatus
from aiops.testing import check_records, check_source
from aiops.types import Records
from tests.ingest.kafka_world import new_topic, write
from tests.ingest.prometheus_world import START, Clock, World, samples, series
from tests.ingest.prometheus_world import source as prometheus_source
from tests.recording.folder import events, metrics


def test_every_source_is_checked_here() -> None:
    built_in = {plugins.load("aiops.sources", name) for name in plugins.names("aiops.sources")}
    assert built_in == {KafkaSource, OtlpSource, PrometheusSource, ReplaySource, SimulatorSource}


def test_replay(tmp_path: Path) -> None:
    metrics(tmp_path, [(START + 5 * i, "a", "m", i) for i in range(60)])
    events(tmp_path, "logs", [{"timestamp": START + 7 * i, "entity": "a", "body": str(i)} for i in range(40)])

    def made(folder: Path) -> ReplaySource:
        context = SourceContext(Path("unused"), 15.0, SourceLimits(poll_bytes=200))
        return ReplaySource("rec", ReplaySource.Config(path=folder), context)

    check_source(lambda: made(tmp_path), name="rec", poll_seconds=0.0, away=lambda: made(tmp_path / "nowhere"))


@pytest.mark.parametrize("history", [0.0, 600 * 60.0])
def test_simulator(tmp_path: Path, history: float) -> None:
    clock = SimulatedClock(scenario.MIDNIGHT)
    config = SimulatorSource.Config(seed=3, start=scenario.MIDNIGHT, history=history)

    def made() -> SimulatorSource:
        context = SourceContext(tmp_path, 60.0, clock=clock)
        return SimulatorSource("shop", config, context, Simulation(scenario.shop(3), clock))

    def feed(_source: SimulatorSource) -> None:
        clock.advance(100 * 60.0)

    check_source(made, name="shop", feed=feed, items=told, poll_seconds=0.0)


def told(records: Records) -> list[tuple[int, str]]:
    """What was told when; a shop made anew numbers its counters and traces from nothing, as any process does."""
    rows = zip(records.offsets.tolist(), records.start.tolist(), records.stop.tolist(), strict=True)
    return [(offset, _told(json.loads(bytes(records.buffer[start:stop])))) for offset, start, stop in rows]


def _told(body: Any) -> str:
    each = body if isinstance(body, list) else [body]
    return json.dumps([[one.get(key) for key in ("type", "name", "entity", "timestamp", "labels")] for one in each])


def test_otlp(tmp_path: Path) -> None:
    def made(listen: str | None = "127.0.0.1:0") -> OtlpSource:
        return OtlpSource("push", OtlpSource.Config(listen=listen), SourceContext(tmp_path))

    def feed(source: OtlpSource) -> int:
        for kind in ("logs", "metrics", "logs"):
            source.inbox.offer(kind, b"%f" % time.monotonic())  # type: ignore[arg-type]
        return 3

    busy = made()
    busy.open({})
    try:
        taken = f"127.0.0.1:{busy.port}"
        away = OtlpSource("push", OtlpSource.Config(listen=taken), SourceContext(tmp_path / "other"))
        check_source(made, name="push", feed=feed, away=lambda: away)
    finally:
        busy.close()


@pytest.mark.parametrize("history", [False, True])
def test_prometheus(history: bool) -> None:
    times = [START - 600 + 5 * i for i in range(400)]
    clock = Clock(START)
    position = {"history_until": START - 600, "history_end": START} if history else {"until": START - 60}

    def feed(_source: PrometheusSource) -> None:
        clock.now += 300

    with World([series("a", times), series("b", times, instance="x")]) as world:
        check_source(
            lambda: prometheus_source(world, clock, poll_bytes=4_000),
            name="prom",
            positions={"prom": position},
            feed=feed,
            items=lambda records: samples([records]),
            away=lambda: nobody(clock),
            poll_seconds=0.0,
        )


def nobody(clock: Clock) -> PrometheusSource:
    return PrometheusSource(
        "prom", PrometheusSource.Config(url="http://127.0.0.1:1"), SourceContext(Path("unused"), clock=clock)
    )


def test_kafka(kafka: Any, tmp_path: Path) -> None:
    topic = new_topic(kafka.address, partitions=2)
    written = iter(range(1_000))

    def made(address: str = kafka.address) -> KafkaSource:
        settings = {"bootstrap_servers": address, "topics": [topic], "metadata_seconds": 1.0}
        return KafkaSource("bus", KafkaSource.Config.model_validate(settings), SourceContext(tmp_path))

    def feed(_source: KafkaSource) -> int:
        for partition in (0, 1, 0):
            write(kafka.address, topic, [b"%d" % next(written) for _ in range(5)], partition)
        return 15

    check_source(made, name="bus", feed=feed, away=lambda: made("127.0.0.1:1"), poll_seconds=0.2)


class Counting:
    """Delivers 0 to 19 in batches of five; what it may be broken by, one at a time."""

    class Config(SourceConfig):
        pass

    kind: ClassVar[str] = "counting"

    def __init__(self, name: str = "n", fault: str = "") -> None:
        self._name, self._fault, self._next, self._open = name, fault, 0, False

    def open(self, positions: Mapping[str, Any]) -> None:
        self._next = positions.get(self._name, 0) + (self._fault == "skips" and self._name in positions)
        if self._fault == "forgets":
            self._next = 0
        self._open = True

    def poll(self, timeout: float) -> list[Records]:
        if self._fault == "library":
            raise OSError("gone")
        if not self._open and self._fault != "immortal":
            raise TemporaryError("not opened")
        first, self._next = self._next, min(self._next + 5, 20)
        if self._fault == "immortal" and not self._open:
            self._next = first + 5
        bodies = [b"%d" % i for i in range(first, self._next)]
        position = self._next - (self._fault == "repeats")
        return [Records.many(self._name, bodies, position, first_offset=first)] if bodies else []

    def committed(self, positions: Mapping[str, Any]) -> None: ...

    def status(self) -> SourceStatus:
        ready = self._open or self._fault == "eager"
        return SourceStatus(ready, ready, "", {self._name: PartitionStatus(20 - self._next, self._next == 20)})

    def check(self) -> list[str]:
        return []

    def close(self) -> None:
        self._open = False


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("skips", r"opened behind batch 1 of 4, it lost 1 of 15 items"),
        ("repeats", r"opened behind batch 1 of 4, it delivered 1 items of n too many"),
        ("forgets", "too many"),
        ("library", "OSError is a library's own"),
        ("eager", "ready before it was opened"),
        ("immortal", "a poll after close delivers something"),
    ],
)
def test_a_broken_source_is_told_what_it_breaks(fault: str, said: str) -> None:
    check_source(Counting, name="n", poll_seconds=0.0)
    with pytest.raises(AssertionError, match=said):
        check_source(lambda: Counting(fault=fault), name="n", poll_seconds=0.0, patience_seconds=0.1)
    with pytest.raises(AssertionError, match="finds nothing wrong"):
        check_source(Counting, name="n", poll_seconds=0.0, away=Counting)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"partition": "other/0"}, "is not of source"),
        ({"stop": np.array([3, 99])}, "stops behind its buffer"),
        ({"stop": np.array([0, 1])}, "stops before it starts"),
        ({"start": np.array([-1, 2])}, "starts before its buffer"),
        ({"offsets": np.array([1])}, "offsets has the shape"),
        ({"offsets": np.array([1.0, 2.0])}, "offsets is float64"),
        ({"position": (1, 2)}, "comes back from JSON"),
        ({"position": None}, "cannot be committed"),
        ({"dropped": {"Too Large": 1}}, "not lower_snake_case"),
    ],
)
def test_a_malformed_batch_is_told(change: dict[str, Any], said: str) -> None:
    sound = Records.many("n/0", [b"ab", b"cd"], 2)
    check_records(sound, "n")
    with pytest.raises(AssertionError, match=said):
        check_records(replace(sound, **change), "n")
