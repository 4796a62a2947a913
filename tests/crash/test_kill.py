"""kill -9 of the real daemon between a real Kafka and Slack: the same incidents as undisturbed, no second message."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aiops.types import Json
from tests.crash.stage import RULES, Stage, content, prepare
from tests.ingest.kafka_world import new_topic, write
from tests.replay import world
from tests.servers.kafka import Kafka
from tests.servers.process import Child, answers, free_port
from tests.standins.slack import CHANNEL, TOKEN, FakeSlack

LOG = [one for one in world.messages() if b'"log"' not in one.body and b'"prediction"' not in one.body]
PER_STEP = len(LOG) // world.STEPS
FAILING = (world.FAULT + 8) * PER_STEP
OVER = (world.FAULT_END + 40) * PER_STEP
WAIT_SECONDS = 120.0


class Daemon:
    """`aiops run` on a state directory of its own."""

    def __init__(self, folder: Path, broker: Kafka, slack: FakeSlack) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "rules.yaml").write_text(RULES)
        config = {
            "state_dir": "state",
            "commit_interval": "1s",
            "rules": [str(folder / "rules.yaml")],
            "sources": {
                "bus": {
                    "type": "kafka",
                    "bootstrap_servers": [broker.address],
                    "topics": ["events", "metrics"],
                    "group_id": "kill",
                }
            },
            "receivers": {"oncall": {"type": "slack", "channel": CHANNEL, "token": TOKEN, "url": slack.url}},
            "route": {"receiver": "oncall", "group_wait": "1s"},
            "web": {"listen": f"127.0.0.1:{self.port}"},
        }
        self.file = folder / "aiops.yaml"
        self.file.write_text(json.dumps(config))
        self.child = Child([sys.executable, "-m", "aiops", "run", "-c", str(self.file)], folder / "log", folder)

    def start(self) -> None:
        self.child.start()
        self.child.until(lambda: answers(f"http://127.0.0.1:{self.port}/-/ready"), WAIT_SECONDS)

    def die(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Killed and started again; `meanwhile` the world goes on."""
        self.child.kill()
        meanwhile()
        self.start()

    def incidents(self) -> list[Json]:
        from aiops.store.repository import Store

        store = Store.open(self.folder / "state", create=False, read_only=True)
        try:
            return sorted(store.incidents(), key=lambda one: str(one["id"]))
        finally:
            store.close()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert self.child.alive(), self.child.log.read_text()[-2000:]
            assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:.0f} s: {what}"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What a service without threads, network and death makes of the same messages."""
    stage = Stage(prepare(tmp_path_factory.mktemp("calm") / "calm", "1h"))
    stage.play(LOG, OVER)
    return stage.end()


def told(incident: Json) -> Json:
    """An incident without what another configuration and another clock decide."""
    return {key: value for key, value in content(incident).items() if key not in ("notifications", "runbooks")}


def send(broker: Kafka, begin: int, end: int) -> None:
    for partition in world.PARTITIONS:
        _, topic, number = partition.split("/")
        bodies = [one.body for one in LOG[begin:end] if one.partition == partition]
        write(broker.address, topic, bodies, int(number))


def started(folder: Path, broker: Kafka, slack: FakeSlack) -> Daemon:
    new_topic(broker.address, 2, "metrics")
    new_topic(broker.address, 1, "events")
    daemon = Daemon(folder, broker, slack)
    daemon.start()
    return daemon


def finish(daemon: Daemon, slack: FakeSlack, undisturbed: list[Json]) -> None:
    """Wait for the end; compare."""
    over = {one["id"]: "resolved" for one in undisturbed}
    daemon.until(lambda: {one["id"]: one["status"] for one in daemon.incidents()} == over, "all incidents resolved")
    daemon.until(lambda: all("resolved" in one.shown.lower() for one in slack.posts), "the message says resolved")
    for found, expected in zip(daemon.incidents(), undisturbed, strict=True):
        assert {key: one for key, one in told(found).items() if told(expected)[key] != one} == {}
    assert len(slack.posts) == len(undisturbed)
    daemon.child.stop()


@pytest.mark.timeout(600)
def test_killed_at_three_places_it_tells_once_what_it_would_have_told(
    own_kafka: Kafka, tmp_path: Path, undisturbed: list[Json]
) -> None:
    with FakeSlack(limits=False).running() as slack:
        daemon = started(tmp_path, own_kafka, slack)
        try:
            send(own_kafka, 0, FAILING)
            # In the middle of the backlog, before anything is known.
            daemon.die()
            # While the message is at Slack already, and its answer is not here yet.
            slack.fail("slow", seconds=3.0)
            daemon.until(lambda: bool(slack.posts), "the page")
            # The rest comes while it is away: a pause would let event time go on by the wall clock.
            daemon.die(lambda: send(own_kafka, FAILING, OVER))
            slack.fail("slow", "chat.update", seconds=3.0)
            daemon.until(lambda: any(one.edits for one in slack.posts), "an edit")
            daemon.die()
            finish(daemon, slack, undisturbed)
        finally:
            daemon.child.stop()


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_twenty_random_moments_it_tells_once_what_it_would_have_told(
    seed: int, own_kafka: Kafka, tmp_path: Path, undisturbed: list[Json]
) -> None:
    dice = random.Random(seed)
    with FakeSlack(limits=False).running() as slack:
        daemon = started(tmp_path, own_kafka, slack)
        try:
            cuts = sorted(dice.randrange(FAILING - 30 * PER_STEP, OVER) for _ in range(20))
            send(own_kafka, 0, cuts[0])
            for begin, end in zip(cuts, [*cuts[1:], OVER], strict=True):
                time.sleep(dice.uniform(0.0, 3.0))
                daemon.die(lambda begin=begin, end=end: send(own_kafka, begin, end))  # type: ignore[misc]
            finish(daemon, slack, undisturbed)
        finally:
            daemon.child.stop()
