"""What every source of records is: a thing that is opened at positions, polled, told what was committed, and closed.

A source owns no thread and no retry loop. The daemon polls each source on a thread of that source's own, turns
`TemporaryError` into a later call, and stops calling `poll` while its queue is full; so a source must bear long pauses.
Positions belong to the daemon: they are committed together with the state they led to, and given back at the next
start. A source never decodes: it hands over bytes and says where they came from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import structlog
from pydantic import BaseModel, ConfigDict

from aiops.types import Records

MIB = 1024 * 1024


class SourceConfig(BaseModel):
    """Parent of every source's `Config`: unknown keys are errors, values never change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What one source may hold in memory, whatever the other side sends.

    Attributes
    ----------
    record_bytes : a record larger than this is refused unread.
    unpacked_bytes : what one compressed batch or body may unpack to.
    poll_bytes : about how much one `poll` returns at most.
    """

    record_bytes: int = 16 * MIB
    unpacked_bytes: int = 32 * MIB
    poll_bytes: int = 32 * MIB


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What the daemon lends a source.

    Attributes
    ----------
    state_dir : a folder for files of its own; it may not exist yet.
    step_seconds : width of one column.
    clock : wall clock, epoch seconds; the only one a source may read for event time.
    log : a structlog logger, bound to the source's name by whoever makes the context.
    """

    state_dir: Path
    step_seconds: float = 15.0
    limits: SourceLimits = field(default_factory=SourceLimits)
    log: Any = field(default_factory=structlog.get_logger)
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """How far one partition is.

    Attributes
    ----------
    lag : records behind the last end offset the other side reported; 0 where the idea has no meaning.
    at_end : the position equals that end offset, so silence is real silence.
    """

    lag: int = 0
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A consistent picture of a source; replaced, never modified, so any thread may read it.

    Attributes
    ----------
    ready : the first poll was answered and everything configured was found.
    healthy : the last poll was answered.
    detail : what is wrong or being done, in words; empty when all is well.
    partitions : by partition name as in `Records.partition`.
    dropped : reason -> count since start of what the source itself refused.
    """

    ready: bool = False
    healthy: bool = False
    detail: str = ""
    partitions: Mapping[str, PartitionStatus] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class Source(Protocol):
    """The contract; `aiops.testing.check_source` and `tests/ingest` hold the checks."""

    Config: ClassVar[Any]
    kind: ClassVar[str]

    def __init__(self, name: str, config: Any, ctx: SourceContext) -> None: ...

    def open(self, positions: Mapping[str, Any]) -> None:
        """Make ready to poll; from the source's own thread, and again after a `TemporaryError`.

        Parameters
        ----------
        positions : partition -> the position last committed with our state; a partition not named is new.

        Raises
        ------
        TemporaryError : the other side does not answer; call again later. Waits a few seconds at most.
        PermanentError : it answers, and never will let us in.
        """

    def poll(self, timeout: float) -> list[Records]:
        """Wait up to `timeout` seconds for records; an empty list is normal.

        Raises
        ------
        TemporaryError : nothing was lost; call again later (`retry_after` when the other side named a time).
        """

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Learn that these positions are durable with us; called on the source's own thread between polls.

        It is a hint (to tell lag tools, to trim a journal) and must not raise for a server that is away.
        """

    def status(self) -> SourceStatus:
        """How it goes; from any thread, without waiting."""

    def check(self) -> list[str]:
        """Connect once and name every problem with how to mend it; an empty list means that it will work."""

    def close(self) -> None:
        """Let go of sockets and files; safe to call twice and after a failed `open`."""
