"""One thread a source: polls it into a bounded queue, waits when the queue is full, reschedules what failed for now.

A hanging Prometheus or a fortnight of history delays nobody else. `pause` when the queue is full is simply not
polling; sources bear that by contract.
"""

from __future__ import annotations

import math
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiops.errors import PermanentError, TemporaryError
from aiops.ingest.source import MIB, Source, SourceStatus
from aiops.types import Kind, Records

POLL_SECONDS = 0.2
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 30.0
LONGEST_ASKED_SECONDS = 3_600.0
"""Whoever asks us to stay away for longer, a proxy with a date of its own, is asked again all the same."""
FRESH_SECONDS = 30.0
"""A source that was not asked for so long may have a backlog, whatever it said."""
QUEUE_BATCHES, QUEUE_BYTES = 64, 64 * MIB
"""Of all sources together; of each source. One poll may go beyond."""


class Feeder:
    """Runs one source on a thread of its own.

    Parameters
    ----------
    name, source : what to poll.
    positions : its partitions' committed positions.
    inbox : where batches go; shared by all feeders, bounded.
    log : structlog logger.
    wall : of the machine, not of a simulation: it alone shows that the machine slept.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        positions: Mapping[str, Any],
        inbox: queue.Queue[list[Records]],
        log: Any,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.source = name, source
        self._positions, self._inbox, self._log = positions, inbox, log.bind(source=name)
        self._wall, self._asked_at = wall, -math.inf
        self._leave = threading.Event()
        self._committed: dict[str, Any] | None = None
        self._rng = random.Random(name)
        self._failures = 0
        self._trouble = ""
        # Each counter has one writer: this thread counts what it queues, the main thread what it took.
        self._queued: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self._queued_bytes = self._taken_bytes = 0
        self._thread = threading.Thread(target=self._run, name=f"source-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def status(self) -> SourceStatus:
        return self.source.status()

    def taken(self, records: Records) -> None:
        """The main thread is done with one batch from the queue."""
        self._taken[records.partition] += 1
        self._taken_bytes += len(records.buffer)

    def at_end(self, partition: str) -> bool:
        """Whether nothing of a partition waits, neither here nor, as far as is known, at the source."""
        if self._wall() - self._asked_at > FRESH_SECONDS:
            return False  # after a sleep of the machine, nobody has asked yet what came meanwhile
        status = self.status()
        known = status.partitions.get(partition)
        # A source that has found all that is configured and does not name it has it no more: nothing will come.
        ended = status.ready if known is None else known.at_end
        return ended and self._queued[partition] == self._taken[partition]

    def waiting(self) -> set[str]:
        """Partitions of which something waits, here or at the source; heard of or not."""
        known = self.status().partitions.items()
        return {name for name, one in known if not one.at_end or self._queued[name] != self._taken[name]}

    def kinds(self) -> Mapping[str, Kind]:
        """How metrics move, of a source that knows; the same object until it changes."""
        known = getattr(self.source, "kinds", None)
        return known() if known is not None else {}

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Tell the source, on its own thread, what is durable."""
        self._committed = dict(positions)

    def stop(self) -> None:
        """Ask the thread to leave; `join` waits for it."""
        self._leave.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        self._until_done(lambda: self.source.open(self._positions))
        while not self._leave.is_set():
            self._until_done(self._once)
        self._tell_committed()
        self.source.close()

    def _until_done(self, call: Callable[[], None]) -> None:
        """Call until it succeeds or we leave; each failure waits longer."""
        while not self._leave.is_set():
            try:
                call()
            except TemporaryError as error:
                self._wait(error, error.retry_after)
            except PermanentError as error:
                self._wait(error, LONGEST_DELAY_SECONDS)
            except Exception as error:  # noqa: BLE001 - a worker loop: log, count, back off
                self._log.exception("source_failed", error=str(error))
                self._wait(error, None)
            else:
                if self._trouble:
                    self._log.info("source_recovered", after=self._trouble)
                self._failures, self._trouble = 0, ""
                return

    def _wait(self, error: Exception, retry_after: float | None) -> None:
        if str(error) != self._trouble:
            self._log.warning("source_unavailable", error=str(error))
        self._trouble = str(error) or type(error).__name__
        self._failures += 1
        delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(self._failures, 10))
        asked = None if retry_after is None else min(retry_after, LONGEST_ASKED_SECONDS)
        self._leave.wait(asked if asked is not None else delay * self._rng.uniform(0.5, 1.0))

    def _once(self) -> None:
        self._tell_committed()
        if self._inbox.full() or self._queued_bytes - self._taken_bytes >= QUEUE_BYTES:
            self._leave.wait(0.01)
            return
        asked_at = self._wall()
        batches = self.source.poll(POLL_SECONDS)
        self._asked_at = asked_at
        if not batches:
            return
        for records in batches:
            self._queued[records.partition] += 1
            self._queued_bytes += len(records.buffer)
        while not self._leave.is_set():
            try:
                self._inbox.put(batches, timeout=POLL_SECONDS)
                return
            except queue.Full:
                continue

    def _tell_committed(self) -> None:
        positions, self._committed = self._committed, None
        if positions:
            self.source.committed(positions)


class Quiet:
    """Event time of partitions that say nothing: after two steps of grace it goes on by the wall clock.

    It goes on from the last record and never jumps to now, so records that continue hours back are not late.
    """

    def __init__(self, step_seconds: float) -> None:
        self._grace = 2 * step_seconds
        self._last: dict[str, tuple[float, float]] = {}
        self._awaited: dict[str, float] = {}

    def heard(self, partition: str, newest: float, now: float) -> None:
        """Records came: event time `newest`, at `now`."""
        self._last[partition] = (newest, now)

    def seconds(self, partition: str, now: float) -> float:
        """How long nothing has come of a partition; of one never heard, since it was first asked about."""
        last = self._last.get(partition)
        return now - (last[1] if last is not None else self._awaited.setdefault(partition, now))

    def event_times(self, now: float, at_end: Callable[[str], bool]) -> dict[str, float]:
        """Partitions whose silence has reached a later event time, and that time."""
        return {
            partition: newest + (now - since - self._grace)
            for partition, (newest, since) in self._last.items()
            if now - since > self._grace and at_end(partition)
        }
