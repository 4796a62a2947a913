"""Copies of a store: for `aiops db backup`, and before `aiops db upgrade` touches anything."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from aiops.errors import ConfigError
from aiops.store import engine as engines
from aiops.store import format as formats
from aiops.store import schema
from aiops.store.engine import translated
from aiops.store.lock import Lock


def copy(source: Path, target: Path) -> None:
    """SQLite's backup: a moment of the database, taken while others write; complete or absent.

    Raises
    ------
    ConfigError : if `target` exists or cannot be written.
    """
    if target.exists():
        raise ConfigError("exists already; a backup never overwrites", path="backup", value=str(target))
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        origin = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        result = sqlite3.connect(part)
        try:
            origin.backup(result)
            # A copy is one file: no -wal beside it that somebody forgets to move along.
            result.execute("PRAGMA journal_mode=DELETE")
        finally:
            result.close()
            origin.close()
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"backup failed: {error}", path="backup", value=str(target)) from error


def upgrade(state_dir: str | Path) -> tuple[list[int], Path | None]:
    """Bring a store to this program's format: backup, then all missing migrations in one transaction.

    Returns
    -------
    The formats passed through (empty: nothing to do) and the backup made before.

    Raises
    ------
    AlreadyRunning : a daemon is using it.
    ConfigError : there is no store, or its format cannot be upgraded by this program.
    """
    directory = Path(state_dir)
    path = directory / "store.db"
    if not path.exists():
        raise ConfigError("there is no store here", path="state_dir", value=str(directory))
    with Lock(directory):
        writer = engines.writer(path, mode="rw")
        try:
            with translated(), writer.begin() as connection:
                found = formats.version(connection)
                formats.require(found, str(directory), write=False)
            if found == schema.VERSION:
                return [], None
            saved = directory / f"store.format-{found}.db"
            if not saved.exists():
                copy(path, saved)
            with translated(), writer.begin() as connection:
                return formats.upgrade(connection), saved
        finally:
            writer.dispose()
