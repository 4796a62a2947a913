"""Which format a database has, and what may be done with it."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, inspect, select

from aiops.errors import ConfigError
from aiops.store import schema
from aiops.store.migrations import MIGRATIONS


def version(connection: Connection) -> int | None:
    """The format number, None for an empty database."""
    if not inspect(connection).has_table(schema.schema_version.name):
        return None
    found: int | None = connection.execute(select(func.max(schema.schema_version.c.version))).scalar()
    return found


def create(connection: Connection) -> None:
    """Lay down the present format in an empty database."""
    schema.metadata.create_all(connection)
    connection.execute(insert(schema.schema_version).values(version=schema.VERSION))


def require(found: int | None, where: str, *, write: bool) -> None:
    """Refuse what this program must not touch.

    Raises
    ------
    ConfigError : newer than this program, older than it reads, or older than it writes.
    """
    if found is None:
        raise ConfigError("this is not a store of aiops", path="state_dir", value=where)
    if found > schema.VERSION:
        raise ConfigError(
            f"the store has format {found}, this program knows formats up to {schema.VERSION}: use a newer aiops",
            path="state_dir",
            value=where,
        )
    if found < schema.OLDEST_READABLE:
        raise ConfigError(
            f"the store has format {found}, older than the last two ({schema.OLDEST_READABLE}, {schema.VERSION}): "
            "upgrade it with the release in between",
            path="state_dir",
            value=where,
        )
    if write and found != schema.VERSION:
        raise ConfigError(
            f"the store has format {found}, this program writes {schema.VERSION}: run `aiops db upgrade`",
            path="state_dir",
            value=where,
        )


def upgrade(connection: Connection) -> list[int]:
    """Apply the missing steps in order; the caller holds one transaction around all of them.

    Returns
    -------
    The format numbers passed through, empty if nothing was to be done.
    """
    found = version(connection)
    require(found, "database", write=False)
    assert found is not None
    missing = list(range(found + 1, schema.VERSION + 1))
    for number in missing:
        MIGRATIONS[number](connection)
        connection.execute(insert(schema.schema_version).values(version=number))
    return missing
