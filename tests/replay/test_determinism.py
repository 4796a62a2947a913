"""The same records give the same incidents, to the byte, however they are cut and delayed within lateness."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from aiops.config import Config
from aiops.correlate.topology import Topology
from aiops.daemon.assemble import settings_of
from aiops.daemon.playback import Playback
from aiops.detect.rule import load_rules
from aiops.pipeline import Pipeline
from aiops.store.state import assemble, blobs, chunk
from tests.replay import world
from tests.replay.world import Message

CONFIG = Config.model_validate(
    {"receivers": {"out": {"type": "stdout"}}, "route": {"receiver": "out", "group_wait": "20s"}}
)
MESSAGES = world.messages()


def played(batches: Iterable[list[Message]]) -> bytes:
    """All incidents as `aiops replay` tells them."""
    playback = Playback(CONFIG)
    for batch in batches:
        playback.feed(world.records(batch))
    playback.end()
    return msgspec.json.encode(playback.incidents())


def cut(messages: list[Message], rng: random.Random, most: int) -> list[list[Message]]:
    """Batches of 1 to `most` messages."""
    batches, begin = [], 0
    while begin < len(messages):
        end = begin + rng.randint(1, most)
        batches.append(messages[begin:end])
        begin = end
    return batches


def shuffled(messages: list[Message], rng: random.Random, seconds: float) -> list[Message]:
    """Messages as they arrive when each is delayed by up to `seconds`."""
    return sorted(messages, key=lambda one: (one.time + rng.uniform(0, seconds), one.body))


@pytest.fixture(scope="module")
def whole() -> bytes:
    return played([MESSAGES])


def test_the_fault_pages_once_and_joins_what_travels_on_different_partitions(whole: bytes) -> None:
    incidents = msgspec.json.decode(whole)
    assert [one["status"] for one in incidents] == ["resolved"]
    incident = incidents[0]
    assert {"orders", "web"} <= set(incident["entities"])
    assert {one["partition"] for one in incident["findings"]} >= {"bus/metrics/0", "bus/metrics/1"}
    assert incident["causes"][0]["entity"] == "orders"
    assert incident["changes"][0]["id"] == "orders-v42"
    assert [one["action"] for one in incident["notifications"]][::100] == ["open"]
    assert incident["notifications"][-1]["action"] == "resolve"


def test_single_records_give_the_incidents_of_one_batch(whole: bytes) -> None:
    assert played([one] for one in MESSAGES) == whole


@pytest.mark.parametrize("seed", [1, 2])
def test_any_split_of_any_shuffle_within_lateness_gives_the_same_incidents(whole: bytes, seed: int) -> None:
    rng = random.Random(seed)
    # Records lie within a second of each other inside a message: what is left of ten seconds' lateness.
    assert played(cut(shuffled(MESSAGES, rng, 8.0), rng, 400)) == whole


def test_one_partition_may_be_read_to_its_end_before_the_next_begins(whole: bytes) -> None:
    by_partition = sorted(MESSAGES, key=lambda one: one.partition)
    assert played([by_partition]) == whole


def test_duplicates_of_samples_change_nothing(whole: bytes) -> None:
    doubled = [again for one in MESSAGES for again in ([one, one] if "metrics" in one.partition else [one])]
    assert played(cut(doubled, random.Random(3), 300)) == whole


class Restored(Playback):
    """Goes through the stored form of its pipeline's state after every `every`-th batch."""

    def __init__(self, every: int) -> None:
        super().__init__(CONFIG)
        self._every, self._count = every, 0

    def feed(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]
        outcome = super().feed(*arguments, **named)  # type: ignore[arg-type]
        self._count += 1
        if self._count % self._every == 0:
            self.pipeline = restored(self.pipeline)
        return outcome


def restored(pipeline: Pipeline) -> Pipeline:
    """A pipeline as a restart makes it from the store."""
    fresh = Pipeline(settings_of(CONFIG, load_rules(CONFIG.rules)), Topology().edges)
    for name, parts in sorted(pipeline.snapshot().items()):
        chunks = chunk(parts)
        fresh.restore(name, assemble(chunks), blobs(chunks))
    return fresh


@pytest.mark.parametrize("every", [1, 7])
def test_a_restart_after_any_batch_gives_the_same_incidents(whole: bytes, every: int) -> None:
    playback = Restored(every)
    for batch in cut(MESSAGES, random.Random(every), 250):
        playback.feed(world.records(batch))
    playback.end()
    assert msgspec.json.encode(playback.incidents()) == whole


def test_a_recording_in_a_folder_is_played_the_same_twice(tmp_path: Path) -> None:
    from aiops.daemon.playback import play

    lines = [line for one in MESSAGES[:900] if one.partition == world.EVENTS for line in msgspec.json.decode(one.body)]
    for name, kind in (("logs", "log"), ("spans", "span"), ("predictions", "prediction")):
        rows = [msgspec.json.encode(line) for line in lines if line["type"] == kind]
        (tmp_path / f"{name}.ndjson").write_bytes(b"\n".join(rows))
    first, second = (play(tmp_path, CONFIG) for _ in range(2))
    assert first.incidents() == second.incidents()
    assert first.pipeline.event_time == second.pipeline.event_time
