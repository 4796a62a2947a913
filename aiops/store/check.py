"""`aiops db verify`: is the stored state what was written, and does it fit together?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from aiops.store import schema
from aiops.store.document import decode
from aiops.store.failure import CorruptState
from aiops.store.state import assemble, blobs
from aiops.store.write import checksum

DOCUMENTS = (
    schema.position,
    schema.finding,
    schema.incident,
    schema.outbox,
    schema.journal,
    schema.run,
    schema.silence,
)


def problems(connection: Connection) -> list[str]:
    """All problems found, in sentences."""
    return [*_file(connection), *_chunks(connection), *_positions(connection), *_documents(connection)]


def _file(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        answers = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
        yield from (f"database file: {answer}" for answer in answers if answer != "ok")


def _chunks(connection: Connection) -> Iterator[str]:
    """Partition by partition: one partition's state is what fits in memory anyway."""
    table = schema.chunk
    for partition in connection.execute(select(table.c.partition).distinct()).scalars().all():
        chunks: dict[str, bytes] = {}
        statement = select(table.c.key, table.c.checksum, table.c.data).where(table.c.partition == partition)
        for key, expected, data in connection.execute(statement):
            if checksum(data) != expected:
                yield f"partition {partition}: chunk {key} is damaged (checksum)"
            chunks[key] = data
        try:
            assemble(chunks)
            blobs(chunks)
        except CorruptState as error:
            yield f"partition {partition}: {error}"


def _positions(connection: Connection) -> Iterator[str]:
    """State must not be ahead of the position it was computed from."""
    newest: dict[str, int] = {}
    for partition, serial in connection.execute(select(schema.chunk.c.partition, schema.chunk.c.serial)):
        newest[partition] = max(newest.get(partition, 0), serial)
    position = schema.position
    known = {row.partition: row.serial for row in connection.execute(select(position.c.partition, position.c.serial))}
    for partition, serial in sorted(newest.items()):
        if partition.startswith("_"):
            continue  # ours, such as `_correlate`: fed by no source, so without a position
        if partition not in known:
            yield f"partition {partition}: there is state but no position"
        elif serial > known[partition]:
            yield f"partition {partition}: state of commit {serial} is ahead of the position ({known[partition]})"


def _documents(connection: Connection) -> Iterator[str]:
    for table in DOCUMENTS:
        key = next(iter(table.primary_key))
        for name, document in connection.execute(select(key, table.c.document)):
            try:
                decode(document)
            except ValueError as error:
                yield f"{table.name} {name}: not JSON ({error})"
