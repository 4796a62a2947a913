"""The hand-over from HTTP handlers, on any thread, to the source's thread: bounded, and durable before it says yes.

Bodies wait on disk, not in memory: only where they lie is kept. When more than `most_bytes` wait, `offer` raises
`FullError`, which becomes 503 with Retry-After, and the sender keeps its data.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from aiops.errors import TemporaryError
from aiops.ingest.push.journal import Frame, Journal
from aiops.types import Records

Kind = Literal["metrics", "logs", "traces", "write", "changes", "alerts"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMATS: Mapping[Kind, str] = {
    "metrics": "otlp_metrics",
    "logs": "otlp_logs",
    "traces": "otlp_spans",
    "write": "remote_write",
    "changes": "agent_json",
    "alerts": "alertmanager",
}
"""Names of `aiops.decode`; the path a body came by says what it is."""
RETRY_SECONDS = 5.0


class FullError(TemporaryError):
    """Too much waits, or the disk takes no more: the sender shall come back."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A body that will be processed, whatever happens to this process."""

    kind: Kind
    position: int


class Inbox:
    """Durable hand-over of pushed bodies.

    Parameters
    ----------
    folder : of the journal; nobody else's.
    name : of the source; partitions are `<name>/metrics` and so on, positions are integers.
    clock : wall clock, epoch seconds.
    most_bytes : how much may wait.
    """

    def __init__(self, folder: Path, name: str, clock: Callable[[], float], most_bytes: int) -> None:
        self.name = name
        self._folder, self._clock, self._most = folder, clock, most_bytes
        self._journal: Journal | None = None
        self._unread: deque[Frame] = deque()
        self._uncommitted: dict[int, deque[int]] = {number: deque() for number in range(len(KINDS))}
        self._changed = threading.Condition()

    def open(self, positions: Mapping[str, Any]) -> None:
        """Read what an earlier life accepted and did not finish; before this, every offer is refused."""
        with self._changed:
            if self._journal is not None:
                return
            done = [int(positions.get(self.partition(kind), 0)) for kind in KINDS]
            self._journal = Journal(self._folder, at_least=max(done))
            for frame in self._journal.frames():
                if frame.kind < len(KINDS) and frame.end > done[frame.kind]:
                    self._unread.append(frame)
                    self._uncommitted[frame.kind].append(frame.begin)
            self._trim()

    def partition(self, kind: Kind) -> str:
        return f"{self.name}/{kind}"

    def offer(self, kind: Kind, body: bytes) -> Accepted:
        """Keep one body, checked and unpacked by the caller; returns once it is on disk.

        Raises
        ------
        FullError : come back in `retry_after` seconds.
        """
        number = KINDS.index(kind)
        try:
            with self._changed:
                journal = self._journal
                if journal is None:
                    raise FullError("not ready yet", retry_after=RETRY_SECONDS)
                if self._waiting_bytes() + len(body) > self._most:
                    raise FullError("too much is waiting", retry_after=RETRY_SECONDS)
                # Listed in the order of the journal and before the wait for the disk: otherwise a later body could be
                # committed first, and an earlier one be taken for done after a crash.
                frame = journal.append(number, self._clock(), body)
                self._unread.append(frame)
                self._uncommitted[number].append(frame.begin)
            journal.sync(frame.end)
        except (OSError, ValueError) as error:  # ValueError: the journal was closed meanwhile
            raise FullError(f"cannot be kept: {error}", retry_after=RETRY_SECONDS) from error
        with self._changed:
            self._changed.notify_all()
        return Accepted(kind, frame.end)

    def take(self, timeout: float, most_bytes: int) -> list[Records]:
        """Wait for bodies and return them in order of arrival, one `Records` per kind."""
        taken: dict[int, list[Frame]] = {}
        size = 0
        with self._changed:
            if not self._readable():
                self._changed.wait(timeout)
            while self._readable() and size < most_bytes:
                frame = self._unread.popleft()
                taken.setdefault(frame.kind, []).append(frame)
                size += frame.body_bytes
        return [self._records(KINDS[number], frames) for number, frames in sorted(taken.items())]

    def _readable(self) -> bool:
        """Whether the next body is on disk; what is not may yet be refused to its sender."""
        return self._journal is not None and bool(self._unread) and self._unread[0].end <= self._journal.durable

    def _records(self, kind: Kind, frames: list[Frame]) -> Records:
        assert self._journal is not None
        bodies = [self._journal.body(frame) for frame in frames]
        records = Records.many(self.partition(kind), bodies, frames[-1].end, FORMATS[kind])
        records.offsets[:] = [frame.begin for frame in frames]
        return records

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Let go of what the store has made durable in another form."""
        with self._changed:
            for number, kind in enumerate(KINDS):
                done = positions.get(self.partition(kind))
                waiting = self._uncommitted[number]
                while done is not None and waiting and waiting[0] < int(done):
                    waiting.popleft()
            self._trim()

    def _trim(self) -> None:
        if self._journal is not None:
            self._journal.trim(self._oldest())

    def _oldest(self) -> int:
        assert self._journal is not None
        return min((waiting[0] for waiting in self._uncommitted.values() if waiting), default=self._journal.end)

    def _waiting_bytes(self) -> int:
        return self._journal.end - self._oldest() if self._journal is not None else 0

    def waiting(self) -> dict[str, int]:
        """Bodies not read yet, by partition; for lag."""
        with self._changed:
            counts = dict.fromkeys((self.partition(kind) for kind in KINDS), 0)
            for frame in self._unread:
                counts[self.partition(KINDS[frame.kind])] += 1
            return counts

    def close(self) -> None:
        with self._changed:
            journal, self._journal = self._journal, None
            self._unread.clear()
            for waiting in self._uncommitted.values():
                waiting.clear()
            if journal is not None:
                journal.close()
            self._changed.notify_all()
