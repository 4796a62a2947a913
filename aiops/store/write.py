"""A commit as SQL statements, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import xxhash
from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from aiops.store import schema
from aiops.store.commit import DEAD_LETTERS_PER_PARTITION, EXCERPT_BYTES, Commit, DeadLetter
from aiops.store.document import encode
from aiops.types import Json

SERIAL = "commit_serial"
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def checksum(data: bytes) -> int:
    """xxh64 as SQL's signed 64-bit integer."""
    return int.from_bytes(xxhash.xxh64_digest(data), "big", signed=True)


def finding_key(finding: Json) -> str:
    """What makes a finding the same finding: partition, rule, series and onset."""
    return "/".join(str(finding[part]) for part in ("partition", "rule_id", "fingerprint", "started"))


def write(connection: Connection, commit: Commit) -> int:
    """Write all of `commit`; return its serial number."""
    serial = _next_serial(connection)
    _chunks(connection, commit, serial)
    positions = [
        {"partition": partition, "serial": serial, "document": encode(value)}
        for partition, value in commit.positions.items()
    ]
    _upsert(connection, schema.position, positions)
    _findings(connection, commit)
    _incidents(connection, commit)
    _response(connection, commit)
    _dead_letters(connection, commit.dead_letters)
    _upsert(connection, schema.meta, [{"key": k, "value": v} for k, v in commit.meta.items() if v is not None])
    _remove(connection, schema.meta, "key", [key for key, value in commit.meta.items() if value is None])
    _upsert(connection, schema.edge, [{"source": e.source, "target": e.target, "kind": e.kind} for e in commit.edges])
    return serial


def _next_serial(connection: Connection) -> int:
    last: bytes | None = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == SERIAL)).scalar()
    serial = int(last or b"0") + 1
    _upsert(connection, schema.meta, [{"key": SERIAL, "value": b"%d" % serial}])
    return serial


def _chunks(connection: Connection, commit: Commit, serial: int) -> None:
    for partition, chunks in commit.chunks.items():
        changed = [
            {"partition": partition, "key": key, "serial": serial, "checksum": checksum(data), "data": data}
            for key, data in chunks.items()
            if data is not None
        ]
        _upsert(connection, schema.chunk, changed)
        gone = [key for key, data in chunks.items() if data is None]
        table = schema.chunk
        for part in _slices(gone):
            connection.execute(delete(table).where(table.c.partition == partition, table.c.key.in_(part)))


def _findings(connection: Connection, commit: Commit) -> None:
    rows = [
        {
            "key": finding_key(finding),
            "entity": finding.get("entity", ""),
            "started": finding["started"],
            "ended": finding.get("ended"),
            "document": encode(finding),
        }
        for finding in commit.findings
    ]
    _upsert(connection, schema.finding, rows)
    if commit.forget_findings_before is not None:
        connection.execute(delete(schema.finding).where(schema.finding.c.ended < commit.forget_findings_before))


def _incidents(connection: Connection, commit: Commit) -> None:
    # First remove, then write: an id that is taken up again in the same commit must stay.
    _remove(connection, schema.incident, "id", commit.removed_incidents)
    rows = [
        {
            "id": incident["id"],
            "status": incident["status"],
            "started": incident["started"],
            "updated": incident.get("updated") or incident["started"],
            "document": encode(incident),
        }
        for incident in commit.incidents
    ]
    _upsert(connection, schema.incident, rows)
    former = [
        {"former": former, "id": incident["id"]}
        for incident in commit.incidents
        for former in incident.get("former_ids", ())
    ]
    _upsert(connection, schema.former_incident, former)


def _response(connection: Connection, commit: Commit) -> None:
    entries = [
        {
            "key": entry["key"],
            "incident_id": entry.get("incident_id", ""),
            "state": entry.get("state", ""),
            "document": encode(entry),
        }
        for entry in commit.outbox
    ]
    _upsert(connection, schema.outbox, entries)
    _remove(connection, schema.outbox, "key", commit.removed_outbox)
    runs = [
        {
            "id": run["id"],
            "incident_id": run.get("incident_id", ""),
            "state": run.get("state", ""),
            "document": encode(run),
        }
        for run in commit.runs
    ]
    _upsert(connection, schema.run, runs)
    lines = [{"run_id": line.get("run_id", ""), "document": encode(line)} for line in commit.journal]
    if lines:
        connection.execute(insert(schema.journal), lines)
    _upsert(connection, schema.silence, [{"id": one["id"], "document": encode(one)} for one in commit.silences])


def _dead_letters(connection: Connection, letters: Sequence[DeadLetter | tuple[str, int, str, str, bytes]]) -> None:
    table = schema.dead_letter
    by_partition: dict[str, list[DeadLetter]] = {}
    for letter in letters:
        by_partition.setdefault(letter[0], []).append(DeadLetter(*letter))
    for partition, own in by_partition.items():
        rows = [
            letter._replace(excerpt=bytes(letter.excerpt[:EXCERPT_BYTES]))._asdict()
            for letter in own[-DEAD_LETTERS_PER_PARTITION:]
        ]
        connection.execute(insert(table), rows)
        mine = table.c.partition == partition
        newest = select(table.c.id).where(mine).order_by(table.c.id.desc()).limit(DEAD_LETTERS_PER_PARTITION)
        oldest_kept = select(func.min(newest.subquery().c.id)).scalar_subquery()
        connection.execute(delete(table).where(mine, table.c.id < oldest_kept))


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement: Any = _INSERTS[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    if values:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=values)
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, rows)


def _remove(connection: Connection, table: Table, column: str, values: Iterable[str]) -> None:
    for part in _slices(list(values)):
        connection.execute(delete(table).where(table.c[column].in_(part)))


def _slices(values: list[str], size: int = 500) -> Iterable[list[str]]:
    """SQLite binds at most 32,766 parameters; much smaller statements are cached better."""
    return (values[i : i + size] for i in range(0, len(values), size))
