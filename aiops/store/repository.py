"""`Store`: what survives a crash, behind an interface that says nothing about SQL.

One `commit` is one transaction. It refuses to be opened twice for writing (`lock`), to write into another
format (`format`), and to hand out a chunk whose checksum is wrong. Reading is safe from any thread and
from any other process while the daemon writes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from aiops.errors import ConfigError
from aiops.store import engine as engines
from aiops.store import format as formats
from aiops.store import schema
from aiops.store.check import problems
from aiops.store.commit import Commit, DeadLetter
from aiops.store.document import decode
from aiops.store.engine import translated
from aiops.store.failure import CorruptState, DiskFull
from aiops.store.lock import Lock
from aiops.store.reserve import Reserve
from aiops.store.write import checksum, write
from aiops.types import Edge, Json

FILE = "store.db"


class Store:
    """The store of one state directory; make one with `Store.open`.

    Attributes
    ----------
    state_dir : the directory.
    read_only : whether `commit` is refused.
    low_disk : True after a commit needed the reserve, until there is room for the reserve again.
    """

    def __init__(self, state_dir: Path, writer: Engine | None, reader: Engine, lock: Lock | None) -> None:
        self.state_dir, self.read_only, self.low_disk = state_dir, writer is None, False
        self._writer, self._reader, self._lock = writer, reader, lock
        self._reserve = Reserve(state_dir)
        self._turn = threading.Lock()

    @classmethod
    def open(cls, state_dir: str | Path, create: bool = True, read_only: bool = False) -> Store:
        """Open the store, laying down a new one if there is none and `create` allows it.

        Parameters
        ----------
        read_only : take no lock and write nothing; works while a daemon runs.

        Raises
        ------
        AlreadyRunning : if another process has it open for writing.
        ConfigError : if there is none, or its format is too new, too old, or needs `aiops db upgrade`.
        """
        directory = Path(state_dir)
        path = directory / FILE
        if not path.exists() and (read_only or not create):
            raise ConfigError(
                "there is no store here yet; `aiops run` makes one", path="state_dir", value=str(directory)
            )
        if read_only:
            return cls(directory, None, cls._checked_reader(path), None)
        _make(directory)
        lock = Lock(directory)
        try:
            writer = engines.writer(path)
            with translated(), writer.begin() as connection:
                if formats.version(connection) is None:
                    formats.create(connection)
                formats.require(formats.version(connection), str(directory), write=True)
            store = cls(directory, writer, engines.reader(path), lock)
        except BaseException:
            lock.release()
            raise
        store._reserve.hold()
        return store

    @staticmethod
    def _checked_reader(path: Path) -> Engine:
        reader = engines.reader(path)
        with translated(), reader.begin() as connection:
            formats.require(formats.version(connection), str(path.parent), write=False)
        return reader

    def close(self) -> None:
        """Give back connections and the lock; a second call does nothing."""
        if self._writer is not None:
            self._writer.dispose()
        self._reader.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def commit(self, commit: Commit) -> None:
        """Write all of it or nothing, durably; safe from any thread.

        Raises
        ------
        DiskFull : a TemporaryError; nothing was written and the reserve is used up.
        TemporaryError : the disk does not answer; nothing was written.
        TypeError : a document is not JSON; nothing was written.
        """
        if self._writer is None:
            raise ConfigError("the store was opened for reading only", path="state_dir", value=str(self.state_dir))
        with self._turn:
            try:
                self._write(self._writer, commit)
            except DiskFull:
                self.low_disk = True
                if not self._reserve.give_up():
                    raise
                self._write(self._writer, commit)
            if self.low_disk:
                self.low_disk = not self._reserve.hold()

    @staticmethod
    def _write(writer: Engine, commit: Commit) -> None:
        with translated(), writer.begin() as connection:
            write(connection, commit)

    # Reading. Every answer is from one committed state.

    def load_chunks(self, partition: str) -> dict[str, bytes]:
        """All state chunks of a partition.

        Raises
        ------
        CorruptState : a chunk is not what was written.
        """
        table = schema.chunk
        loaded: dict[str, bytes] = {}
        statement = select(table.c.key, table.c.checksum, table.c.data).where(table.c.partition == partition)
        with self._reading() as connection:
            for key, expected, data in connection.execute(statement.order_by(table.c.key)):
                if checksum(data) != expected:
                    raise CorruptState(f"chunk {key} of partition {partition} is damaged; see `aiops db verify`")
                loaded[key] = data
        return loaded

    def partitions(self) -> list[str]:
        """Those with a position or state, sorted."""
        with self._reading() as connection:
            known = set(connection.execute(select(schema.position.c.partition)).scalars())
            known |= set(connection.execute(select(schema.chunk.c.partition).distinct()).scalars())
        return sorted(known)

    def positions(self) -> dict[str, Any]:
        """Partition -> where its source goes on."""
        table = schema.position
        with self._reading() as connection:
            rows = connection.execute(select(table.c.partition, table.c.document).order_by(table.c.partition)).all()
        return {partition: decode(document) for partition, document in rows}

    def incidents(self, status: str | None = None, limit: int | None = None) -> list[Json]:
        """Incident documents, newest first.

        Parameters
        ----------
        status : `firing`, `acknowledged`, `resolved`, or `open` for all that are not resolved.
        """
        table = schema.incident
        statement = select(table.c.document).order_by(table.c.started.desc(), table.c.id).limit(limit)
        if status == "open":
            statement = statement.where(table.c.status != "resolved")
        elif status is not None:
            statement = statement.where(table.c.status == status)
        return self._documents(statement)

    def incident(self, id: str) -> Json | None:
        """By id, by a former id, or by the beginning of an id if only one begins so."""
        table, former = schema.incident, schema.former_incident
        with self._reading() as connection:
            for _ in range(100):  # a chain of renamings, never a circle
                found = connection.execute(select(table.c.document).where(table.c.id == id)).scalar()
                if found is not None:
                    return dict(decode(found))
                renamed = connection.execute(select(former.c.id).where(former.c.former == id)).scalar()
                if renamed is None:
                    break
                id = renamed
            begins = table.c.id.startswith(id, autoescape=True)
            several = connection.execute(select(table.c.document).where(begins).limit(2)).scalars().all()
        return dict(decode(several[0])) if id and len(several) == 1 else None

    def findings(
        self, since: float | None = None, open_only: bool = False, entity: str | None = None, limit: int | None = None
    ) -> list[Json]:
        """Finding documents, oldest first; `since`: still open or ended at or after that event time."""
        table = schema.finding
        statement = select(table.c.document).order_by(table.c.started, table.c.key).limit(limit)
        if since is not None:
            statement = statement.where(table.c.ended.is_(None) | (table.c.ended >= since))
        if open_only:
            statement = statement.where(table.c.ended.is_(None))
        if entity is not None:
            statement = statement.where(table.c.entity == entity)
        return self._documents(statement)

    def outbox(self, state: str | None = None, incident_id: str | None = None) -> list[Json]:
        """Outbox entries by key."""
        return self._documents(_where(schema.outbox, "key", state=state, incident_id=incident_id))

    def runs(self, state: str | None = None, incident_id: str | None = None) -> list[Json]:
        """Runbook runs by id."""
        return self._documents(_where(schema.run, "id", state=state, incident_id=incident_id))

    def journal(self, run_id: str | None = None) -> list[Json]:
        """Journal lines in the order they were written."""
        return self._documents(_where(schema.journal, "id", run_id=run_id))

    def silences(self) -> list[Json]:
        """All silences by id, expired ones included."""
        return self._documents(_where(schema.silence, "id"))

    def edges(self) -> list[Edge]:
        """Learnt dependencies, sorted."""
        table = schema.edge
        statement = select(table.c.source, table.c.target, table.c.kind)
        with self._reading() as connection:
            return [Edge(*row) for row in sorted(connection.execute(statement).all())]

    def dead_letters(self, partition: str | None = None, limit: int | None = None) -> list[DeadLetter]:
        """Newest first."""
        table = schema.dead_letter
        columns = (table.c.partition, table.c.offset, table.c.reason, table.c.detail, table.c.excerpt)
        statement = select(*columns).order_by(table.c.id.desc()).limit(limit)
        if partition is not None:
            statement = statement.where(table.c.partition == partition)
        with self._reading() as connection:
            return [DeadLetter(*row) for row in connection.execute(statement)]

    def meta(self, key: str) -> bytes | None:
        with self._reading() as connection:
            found: bytes | None = connection.execute(
                select(schema.meta.c.value).where(schema.meta.c.key == key)
            ).scalar()
        return found

    # Care.

    def backup(self, path: str | Path) -> None:
        """Copy the database, as of one moment, to `path` while it is in use; never over an existing file.

        Raises
        ------
        ConfigError : if `path` exists or cannot be written.
        """
        from aiops.store.backup import copy

        copy(self.state_dir / FILE, Path(path))

    def verify(self) -> list[str]:
        """What is wrong with the stored state, in sentences; empty = nothing."""
        with self._reading() as connection:
            return problems(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._reader.begin() as connection:
            yield connection

    def _documents(self, statement: Select[Any]) -> list[Json]:
        with self._reading() as connection:
            return [dict(decode(row[0])) for row in connection.execute(statement)]


def _where(table: Any, order: str, **wanted: str | None) -> Select[Any]:
    statement = select(table.c.document).order_by(table.c[order])
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(table.c[column] == value)
    return statement


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"cannot be made: {error.strerror}", path="state_dir", value=str(directory)) from error
