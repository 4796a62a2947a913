"""A killed writer, a full disk, a flipped bit."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from aiops.store.commit import Commit
from aiops.store.failure import CorruptState, DiskFull
from aiops.store.repository import FILE, Store
from aiops.store.reserve import Reserve
from aiops.store.state import assemble, chunk

WRITER = """
import sys, numpy as np
from aiops.store.commit import Commit
from aiops.store.repository import Store
from aiops.store.state import Dirty
store, dirty, n = Store.open(sys.argv[1]), Dirty(slots_per_chunk=100), 0
while True:
    n += 1
    state = {"x": np.full(5_000, n)}
    incident = {"id": str(n), "status": "firing", "started": n}
    store.commit(Commit(chunks={"p": dirty.changes(state)}, positions={"p": n}, incidents=[incident]))
    dirty.committed()
    print(n, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.05])
def test_after_kill_minus_9_state_and_position_are_of_one_commit(tmp_path: Path, delay: float) -> None:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    told = child.stdout.read().split()
    child.wait()
    with Store.open(tmp_path) as store:
        position = store.positions()["p"]
        assert position >= int(told[-1] if told else 1)  # what was acknowledged is there
        assert np.unique(assemble(store.load_chunks("p"))["x"]).tolist() == [position]
        assert len(store.incidents()) == position
        assert store.verify() == []


def limit_pages(store: Store, pages: int) -> None:
    assert store._writer is not None
    with store._writer.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_said_and_nothing_of_the_commit_is_written(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.commit(Commit(positions={"p": 1}))
        limit_pages(store, 60)
        with pytest.raises(DiskFull) as caught:
            store.commit(Commit(positions={"p": 2}, chunks={"p": {"a/x/0/0": bytes(2**20)}}))
        assert caught.value.retry_after is not None
        assert store.low_disk
        assert store.positions() == {"p": 1}
        limit_pages(store, 10_000)
        store.commit(Commit(positions={"p": 3}))
        assert store.positions() == {"p": 3}
        assert not store.low_disk


def test_the_reserve_carries_one_commit_over_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store:
        assert (tmp_path / "reserve").exists()
        real = Store._write

        def fails_while_the_reserve_stands(writer: object, commit: Commit) -> None:
            if (tmp_path / "reserve").exists():
                raise DiskFull("no room")
            real(writer, commit)  # type: ignore[arg-type]

        monkeypatch.setattr(Store, "_write", staticmethod(fails_while_the_reserve_stands))
        store.commit(Commit(positions={"p": 1}))
        assert store.positions() == {"p": 1}
        assert (tmp_path / "reserve").exists()  # laid down again: there is room


def test_no_reserve_is_taken_from_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve = Reserve(tmp_path, size=1_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_500))
    assert not reserve.hold()
    monkeypatch.undo()
    assert reserve.hold()
    assert reserve.give_up()
    assert not reserve.held


def tamper(state_dir: Path, statement: str) -> None:
    with Store.open(state_dir) as store:
        assert store._writer is not None
        with store._writer.begin() as connection:
            connection.execute(text(statement))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    with Store.open(tmp_path) as store:
        store.commit(Commit(chunks={"p": chunk({"x": np.arange(4)})}, positions={"p": 1}))
    return tmp_path


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE chunk SET data = x'00' WHERE key = 'a/x/0/0'", "damaged"),
        ("DELETE FROM chunk WHERE key = 'a/x/0/0'", "do not make"),
        ("DELETE FROM position", "no position"),
        ("UPDATE position SET serial = 0", "ahead of the position"),
        ("UPDATE position SET document = '{'", "not JSON"),
    ],
)
def test_verify_says_what_does_not_fit(stored: Path, statement: str, said: str) -> None:
    tamper(stored, statement)
    with Store.open(stored, read_only=True) as store:
        assert said in " ".join(store.verify())


def test_a_damaged_chunk_is_never_handed_out(stored: Path) -> None:
    tamper(stored, "UPDATE chunk SET data = x'00' WHERE key = 'a/x/0/0'")
    with Store.open(stored) as store, pytest.raises(CorruptState, match="a/x/0/0"):
        store.load_chunks("p")


def said_or_raised(store: Store) -> list[str]:
    """A page may be so damaged that SQLite refuses to look for the rest."""
    try:
        return store.verify()
    except CorruptState as error:
        return [str(error)]


def test_verify_notices_a_damaged_page(stored: Path) -> None:
    with Store.open(stored) as store:
        store.commit(
            Commit(incidents=[{"id": str(i), "status": "firing", "started": i, "x": "y" * 500} for i in range(200)])
        )
    raw = bytearray((stored / FILE).read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 3_000] = bytes(3_000)
    (stored / FILE).write_bytes(raw)
    with Store.open(stored, read_only=True) as store:
        assert said_or_raised(store) != []


def test_state_without_a_source_needs_no_position(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.commit(Commit(chunks={"_correlate": chunk({"x": np.arange(3)})}))
        assert store.verify() == []
