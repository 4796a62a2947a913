"""Who may open a store, and which formats are read, written and refused."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from aiops.errors import ConfigError
from aiops.store import backup, format, schema
from aiops.store.commit import Commit
from aiops.store.lock import AlreadyRunning
from aiops.store.repository import FILE, Store


def set_format(state_dir: Path, number: int) -> None:
    with Store.open(state_dir) as store:
        assert store._writer is not None
        with store._writer.begin() as connection:
            connection.execute(text("UPDATE schema_version SET version = :n"), {"n": number})


def test_a_second_writer_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    with Store.open(tmp_path), pytest.raises(AlreadyRunning, match=r"process \d+"):
        Store.open(tmp_path)
    Store.open(tmp_path).close()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    script = (
        f"from aiops.store.repository import Store; s = Store.open({str(tmp_path)!r}); print('up', flush=True); input()"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    with pytest.raises(AlreadyRunning):
        Store.open(tmp_path)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    Store.open(tmp_path).close()


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    set_format(tmp_path, schema.VERSION + 1)
    for _ in range(2):
        with pytest.raises(ConfigError, match="newer aiops"):
            Store.open(tmp_path)


def test_reading_where_there_is_no_store_says_so_and_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no store here"):
        Store.open(tmp_path / "absent", read_only=True)
    with pytest.raises(ConfigError, match="no store here"):
        Store.open(tmp_path / "absent", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(Exception, match="not a database"):
        Store.open(tmp_path)


def test_a_newer_format_is_refused_for_reading_too(tmp_path: Path) -> None:
    set_format(tmp_path, schema.VERSION + 1)
    with pytest.raises(ConfigError, match="newer aiops"):
        Store.open(tmp_path, read_only=True)


@pytest.fixture
def next_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this program were one format further, with a migration that adds a column."""

    def step(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE edge ADD COLUMN weight FLOAT"))

    monkeypatch.setattr(schema, "OLDEST_READABLE", schema.VERSION)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(format, "MIGRATIONS", {schema.VERSION: step})


def test_the_format_before_is_read_but_not_written_until_upgraded(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Store.open(tmp_path) as store:
        store.commit(Commit(positions={"p": 1}))
    request.getfixturevalue("next_format")
    with Store.open(tmp_path, read_only=True) as store:
        assert store.positions() == {"p": 1}
    with pytest.raises(ConfigError, match="aiops db upgrade"):
        Store.open(tmp_path)
    passed, saved = backup.upgrade(tmp_path)
    assert passed == [schema.VERSION]
    assert saved is not None
    assert saved.exists()
    with Store.open(tmp_path) as store:
        assert store.positions() == {"p": 1}
    assert backup.upgrade(tmp_path) == ([], None)


def test_a_migration_that_fails_half_way_changes_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(tmp_path).close()
    request.getfixturevalue("next_format")

    def broken(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE edge ADD COLUMN weight FLOAT"))
        raise RuntimeError("power cut")

    monkeypatch.setattr(format, "MIGRATIONS", {schema.VERSION: broken})
    with pytest.raises(RuntimeError, match="power cut"):
        backup.upgrade(tmp_path)
    monkeypatch.undo()
    with Store.open(tmp_path) as store, store._reading() as connection:
        assert format.version(connection) == schema.VERSION
        assert "weight" not in [row[1] for row in connection.execute(text("PRAGMA table_info(edge)"))]


def test_an_upgrade_is_refused_while_a_daemon_runs(tmp_path: Path) -> None:
    with Store.open(tmp_path), pytest.raises(AlreadyRunning):
        backup.upgrade(tmp_path)


def test_a_backup_is_a_store_of_its_own_and_never_overwrites(tmp_path: Path) -> None:
    with Store.open(tmp_path / "live") as store:
        store.commit(Commit(positions={"p": 1}))
        (tmp_path / "copy").mkdir()
        store.backup(tmp_path / "copy" / FILE)
        store.commit(Commit(positions={"p": 2}))
        with pytest.raises(ConfigError, match="never overwrites"):
            store.backup(tmp_path / "copy" / FILE)
    with Store.open(tmp_path / "copy") as copy:
        assert copy.positions() == {"p": 1}
        assert copy.verify() == []
