"""A recording as a source: the same records, in the same order, as fast as the pipeline takes them or at a stated pace.

The position is the window and how many of its parts were handed over, so a replay that was killed goes on where its
state was committed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from aiops.errors import ConfigError, PermanentError
from aiops.ingest.source import PartitionStatus, SourceConfig, SourceContext, SourceStatus
from aiops.recording import Recording
from aiops.types import Records

MOST_WINDOWS = 64


class ReplaySource:
    """Reads one recording folder; one partition, named like the source."""

    kind: ClassVar[str] = "replay"

    class Config(SourceConfig):
        """`speed`: seconds of the recording in one second; 0 = as fast as possible."""

        path: Path
        speed: float = Field(0.0, ge=0, allow_inf_nan=False)

    def __init__(self, name: str, config: Config, ctx: SourceContext) -> None:
        self._name, self._config, self._ctx = name, config, ctx
        self._windows: Iterator[list[Records]] | None = None
        self._next: list[Records] | None = None
        self._origin: tuple[float, float] | None = None
        """(clock, event time) at which the pace began."""
        self._closing = threading.Event()
        self._status = SourceStatus(detail="not opened yet")
        self.ended = False
        """The whole recording was handed over."""

    def open(self, positions: Mapping[str, Any]) -> None:
        """See `Source.open`."""
        self._closing.clear()
        try:
            recording = Recording(self._config.path, self._ctx.step_seconds, self._name)
        except ConfigError as error:
            raise PermanentError(str(error)) from error
        self._windows = recording.windows(positions.get(self._name))
        self._origin, self.ended = None, False
        self._next = next(self._windows, None)
        self._tell()

    def poll(self, timeout: float) -> list[Records]:
        """See `Source.poll`; some windows when unpaced, one when paced."""
        found: list[Records] = []
        size = 0
        while self._next is not None and size < self._ctx.limits.poll_bytes and len(found) < MOST_WINDOWS:
            if self._config.speed and (found or not self._due(self._next, timeout)):
                break
            found += self._next
            size += sum(len(records.buffer) for records in self._next)
            self._next = next(self._windows, None) if self._windows else None
        self._tell()
        if not found and self.ended:
            self._closing.wait(timeout)
        return found

    def _due(self, records: list[Records], timeout: float) -> bool:
        """Wait up to `timeout` for the end of the window to come."""
        event_time = (records[0].position["window"] + 1) * self._ctx.step_seconds
        if self._origin is None:
            self._origin = (self._ctx.clock(), event_time)
        began, first = self._origin
        left = began + (event_time - first) / self._config.speed - self._ctx.clock()
        if left > 0:
            self._closing.wait(min(left, timeout))
        return left <= timeout and not self._closing.is_set()

    def _tell(self) -> None:
        self.ended = self._next is None
        detail = "the recording has ended" if self.ended else ""
        self._status = SourceStatus(True, True, detail, {self._name: PartitionStatus(0, self.ended)})

    def committed(self, positions: Mapping[str, Any]) -> None:
        """See `Source.committed`; a recording keeps no positions."""

    def status(self) -> SourceStatus:
        """See `Source.status`."""
        return self._status

    def check(self) -> list[str]:
        """See `Source.check`; reads the recording once."""
        try:
            recording = Recording(self._config.path, self._ctx.step_seconds)
            rows = sum(one.rows for one in recording.extents.values())
        except ConfigError as error:
            return [str(error)]
        found = [f"{self._config.path} holds no row with a time; look at its files"] if not rows else []
        return found + [
            f"{name}: {count} rows are refused ({reason})"
            for name, reasons in sorted(recording.bad.items())
            for reason, count in sorted(reasons.items())
        ]

    def close(self) -> None:
        """See `Source.close`."""
        self._closing.set()
        self._windows = self._next = None
