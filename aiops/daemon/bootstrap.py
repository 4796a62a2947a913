"""Chooses the seasons to begin with once a source's history is read, beside the main thread, in a worker process.

Nobody waits for it: the season that was learnt column by column is there from the first live column, and another takes
its place where it predicted a held-out day better. What is not chosen within the deadline stays as it was learnt. When
a choice comes depends on the machine; it becomes part of the state with the next commit, and is never made again.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiops.detect.history import Lesson
from aiops.detect.partition import Partition
from aiops.types import Floats, Ints
from detectors.pool import JobFailed, JobTimeout, Worker
from detectors.season import KINDS, choose

DEADLINE_SECONDS = 300.0
BATCH, BATCH_SECONDS, NICENESS = 16, 120.0, 10


@dataclass(frozen=True, slots=True)
class Season:
    """What was chosen for some slots of a partition."""

    partition: str
    slots: Ints
    kind: Ints
    season: Floats


class Bootstrap:
    """One thread and one process, while there is something to choose.

    Parameters
    ----------
    log : told what was chosen, or why not.
    deadline : seconds for all series of a partition.
    """

    def __init__(self, log: Any, deadline: float = DEADLINE_SECONDS) -> None:
        self._log, self._deadline = log, deadline
        self._found: queue.Queue[Season] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._leaving = threading.Event()

    def turn(self, partitions: Mapping[str, Partition]) -> None:
        """Begin with those whose history has ended, put in place what was chosen; on the main thread."""
        for name, partition in partitions.items():
            lesson = partition.take_lesson()
            if lesson is not None and not self._leaving.is_set():
                half_life = partition.season_half_life
                thread = threading.Thread(
                    target=self._choose, args=(name, lesson, half_life), name=f"season {name}", daemon=True
                )
                thread.start()
                self._threads.append(thread)
        while not self._found.empty():
            found = self._found.get_nowait()
            if found.partition in partitions:
                partitions[found.partition].begin_with(found.slots[found.kind > 0], found.season[found.kind > 0])

    def wait(self, timeout: float) -> None:
        """Until nothing is being chosen."""
        for thread in self._threads:
            thread.join(timeout)

    def close(self) -> None:
        """Give up what has not been chosen, and choose nothing more."""
        self._leaving.set()

    def _choose(self, partition: str, lesson: Lesson, half_life: float) -> None:
        began, chosen = time.monotonic(), dict.fromkeys(KINDS, 0)
        with Worker(timeout=BATCH_SECONDS) as worker:
            try:
                worker.run(os.nice, NICENESS)
                for first in range(0, len(lesson.slots), BATCH):
                    if self._leaving.is_set() or time.monotonic() - began > self._deadline:
                        break
                    rows = slice(first, first + BATCH)
                    found = worker.run(choose, lesson.past[rows], lesson.learnt[rows], half_life)
                    self._found.put(Season(partition, lesson.slots[rows], found.kind, found.season))
                    for kind in found.kind.tolist():
                        chosen[KINDS[kind]] += 1
            except (JobTimeout, JobFailed) as error:
                self._log.warning("season_not_chosen", partition=partition, error=str(error))
        seconds = round(time.monotonic() - began, 1)
        self._log.info("season_chosen", partition=partition, of=len(lesson.slots), seconds=seconds, **chosen)
