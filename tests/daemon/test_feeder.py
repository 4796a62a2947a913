"""One thread a source: what it may hold, and what its silence means."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from aiops.daemon.feeder import QUEUE_BATCHES, QUEUE_BYTES, Feeder
from aiops.errors import TemporaryError
from aiops.ingest.source import MIB, PartitionStatus, SourceStatus
from aiops.types import Records

BATCH = Records.single("bus/0", bytes(16 * MIB), 1)


class Plenty:
    """A source that always has 16 MiB more."""

    polls = 0

    def open(self, positions: Mapping[str, Any]) -> None:
        """There is nothing to open."""

    def poll(self, timeout: float) -> list[Records]:
        self.polls += 1
        return [BATCH]

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Nobody asks."""

    def status(self) -> SourceStatus:
        return SourceStatus(True, True, "", {"bus/0": PartitionStatus(0, True)})

    def close(self) -> None:
        """There is nothing to close."""


class Nothing(Plenty):
    """A source that has nothing more."""

    def poll(self, timeout: float) -> list[Records]:
        self.polls += 1
        time.sleep(0.01)
        return []


class Busy(Plenty):
    """A source behind a proxy that wants to be left alone for thousands of years."""

    closed = False

    def __init__(self) -> None:
        self.asked = threading.Event()

    def poll(self, timeout: float) -> list[Records]:
        self.asked.set()
        raise TemporaryError("429", retry_after=2.5e11)

    def close(self) -> None:
        self.closed = True


def made(source: Any, wall: Callable[[], float] = time.time) -> tuple[Feeder, queue.Queue[list[Records]]]:
    inbox: queue.Queue[list[Records]] = queue.Queue(QUEUE_BATCHES)
    return Feeder("bus", source, {}, inbox, structlog.get_logger(), wall), inbox


def settled(source: Plenty) -> int:
    """Polls once there are no more of them for a while."""
    last = -1
    while last != source.polls:
        last = source.polls
        time.sleep(0.2)
    return last


def test_what_waits_is_bounded_by_bytes_as_well() -> None:
    source = Plenty()
    feeder, inbox = made(source)
    feeder.start()
    assert settled(source) == QUEUE_BYTES // (16 * MIB)
    feeder.taken(inbox.get()[0])
    assert settled(source) == QUEUE_BYTES // (16 * MIB) + 1
    feeder.stop()
    feeder.join(5.0)


def test_a_partition_that_a_ready_source_does_not_name_has_ended() -> None:
    source = Nothing()
    feeder, _ = made(source)
    assert not feeder.at_end("bus/0")
    feeder._once()
    assert feeder.at_end("bus/0")
    assert feeder.at_end("bus/removed")


def test_what_the_source_has_given_waits_until_it_was_taken() -> None:
    feeder, inbox = made(Plenty())
    assert feeder.waiting() == set()
    feeder._once()
    assert feeder.waiting() == {"bus/0"}
    feeder.taken(inbox.get()[0])
    assert feeder.waiting() == set()


def test_after_a_sleep_of_the_machine_nothing_is_at_its_end_until_it_was_asked_again() -> None:
    now = [1_780_000_000.0]
    feeder, _ = made(Nothing(), lambda: now[0])
    feeder._once()
    assert feeder.at_end("bus/0")
    now[0] += 3_600.0
    assert not feeder.at_end("bus/0")
    feeder._once()
    assert feeder.at_end("bus/0")


def test_a_source_that_is_asked_to_wait_for_ever_goes_on_and_leaves_in_order() -> None:
    source = Busy()
    feeder, _ = made(source)
    feeder.start()
    assert source.asked.wait(10.0)
    time.sleep(0.1)
    feeder.stop()
    feeder.join(10.0)
    assert source.closed
