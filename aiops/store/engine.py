"""Connections to SQLite, and what its errors mean.

One connection writes, for two reasons: SQLite before 3.51.3 can lose a WAL reset between two writers, and
one writer is what makes a commit's order obvious. Readers have connections of their own (WAL: they never
wait for the writer, nor it for them).

`synchronous=FULL`: in WAL mode NORMAL survives a crash of the process but may lose the last commits when
the machine loses power, and a lost intent of a runbook step would be an action nobody remembers. FULL
costs one fsync per commit, and there is one commit per interval, not per record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, StaticPool, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from aiops.errors import AiopsError, PermanentError, TemporaryError
from aiops.store.failure import CorruptState, DiskFull

BUSY_SECONDS = 10.0
WAL_LIMIT_BYTES = 64 * 2**20


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # isolation_level=None: SQLAlchemy's BEGIN is ours to send (`_begin`), the driver sends none of its own.
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)


def writer(path: Path, mode: str = "rwc") -> Engine:
    """An engine of exactly one connection; callers take turns (`Store` holds a lock)."""
    engine = create_engine("sqlite://", creator=lambda: _connect(path, mode), poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"journal_size_limit={WAL_LIMIT_BYTES}",
            "wal_autocheckpoint=4000",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def reader(path: Path) -> Engine:
    """An engine that cannot write; a connection per use, so that threads never share one."""
    engine = create_engine("sqlite://", creator=lambda: _connect(path, "ro"), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the library become ours, here and nowhere else."""
    try:
        yield
    except OperationalError as error:
        raise _operational(error) from error
    except DatabaseError as error:
        raise CorruptState(f"the store cannot be read: {error.orig}") from error


def _operational(error: OperationalError) -> AiopsError:
    text = str(error.orig)
    if "full" in text:
        return DiskFull(f"no room for the store: {text}", retry_after=5.0)
    if "locked" in text or "busy" in text or "I/O" in text:
        return TemporaryError(f"the store cannot be written now: {text}", retry_after=1.0)
    return PermanentError(f"the store refuses: {text}")
