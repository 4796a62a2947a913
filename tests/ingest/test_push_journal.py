"""What was acknowledged is still there, whatever ended the process; positions never go back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.ingest.push.inbox import FullError, Inbox
from aiops.ingest.push.journal import Journal

MIB = 1024 * 1024


def append(journal: Journal, *bodies: bytes) -> None:
    for body in bodies:
        journal.sync(journal.append(0, 1.0, body).end)


def bodies(journal: Journal) -> list[bytes]:
    return [journal.body(frame) for frame in journal.frames()]


def inbox(folder: Path, positions: dict[str, int] | None = None, most_bytes: int = MIB) -> Inbox:
    made = Inbox(folder, "push", lambda: 1_700_000_000.0, most_bytes)
    made.open(positions or {})
    return made


def taken(box: Inbox) -> dict[str, list[bytes]]:
    return {
        records.partition: [bytes(records.buffer[a:b]) for a, b in zip(records.start, records.stop, strict=True)]
        for records in box.take(0.0, MIB)
    }


class TestJournal:
    def test_what_was_appended_is_there_after_opening_anew(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path)
        append(journal, b"one", b"", b"three")
        journal.close()
        again = Journal(tmp_path)
        assert bodies(again) == [b"one", b"", b"three"]
        assert again.end == journal.end

    @given(cut=st.integers(0, 80), noise=st.binary(max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_a_torn_tail_is_cut_off_and_writing_goes_on(
        self, tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
    ) -> None:
        folder = tmp_path_factory.mktemp("journal")
        journal = Journal(folder)
        append(journal, b"first", b"second")
        whole = journal.append(0, 1.0, b"x" * 80)
        journal.close()
        file = next(folder.glob("*.log"))
        file.write_bytes(file.read_bytes()[: whole.begin + cut] + noise)
        again = Journal(folder)
        assert bodies(again)[:2] == [b"first", b"second"]
        append(again, b"third")
        assert bodies(again)[-1] == b"third"

    def test_segments_before_a_position_are_deleted(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path, segment_bytes=100)
        append(journal, *[bytes([i]) * 60 for i in range(10)])
        frames = list(journal.frames())
        assert len(list(tmp_path.glob("*.log"))) > 3
        journal.trim(frames[7].begin)
        assert bodies(journal)[-3:] == [bytes([i]) * 60 for i in (7, 8, 9)]
        assert journal.held_bytes < 5 * 100
        journal.trim(journal.end)
        assert len(list(tmp_path.glob("*.log"))) == 1

    def test_positions_go_on_where_they_were_when_the_folder_is_gone(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "new", at_least=5_000)
        assert journal.append(0, 1.0, b"x").begin == 5_000

    def test_a_full_disk_keeps_nothing_of_the_frame(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        journal = Journal(tmp_path)
        append(journal, b"one")

        def full(_data: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(journal, "_write", full)
        with pytest.raises(OSError, match="space"):
            journal.append(0, 1.0, b"two")
        monkeypatch.undo()
        append(journal, b"three")
        assert bodies(journal) == [b"one", b"three"]


class TestInbox:
    def test_each_kind_is_a_partition_with_its_format(self, tmp_path: Path) -> None:
        box = inbox(tmp_path)
        box.offer("metrics", b"m1")
        box.offer("changes", b"c1")
        box.offer("metrics", b"m2")
        found = {records.partition: records for records in box.take(0.0, MIB)}
        assert set(found) == {"push/metrics", "push/changes"}
        assert found["push/metrics"].format == "otlp_metrics"
        assert len(found["push/metrics"]) == 2

    def test_what_was_not_committed_is_delivered_again(self, tmp_path: Path) -> None:
        box = inbox(tmp_path)
        box.offer("logs", b"a")
        position = box.offer("logs", b"b").position
        box.offer("logs", b"c")
        box.offer("traces", b"t")
        assert taken(box) == {"push/logs": [b"a", b"b", b"c"], "push/traces": [b"t"]}
        box.close()
        assert taken(inbox(tmp_path, {"push/logs": position})) == {"push/logs": [b"c"], "push/traces": [b"t"]}

    def test_too_much_waiting_is_refused_until_it_is_committed(self, tmp_path: Path) -> None:
        box = inbox(tmp_path, most_bytes=1_000)
        box.offer("logs", bytes(600))
        with pytest.raises(FullError) as refused:
            box.offer("logs", bytes(600))
        assert refused.value.retry_after
        (records,) = box.take(0.0, MIB)
        box.committed({"push/logs": records.position})
        box.offer("logs", bytes(600))

    def test_an_offer_before_opening_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FullError):
            Inbox(tmp_path, "push", lambda: 0.0, MIB).offer("logs", b"x")

    def test_one_poll_takes_about_what_it_was_allowed(self, tmp_path: Path) -> None:
        box = inbox(tmp_path)
        for _ in range(10):
            box.offer("logs", bytes(100))
        assert len(box.take(0.0, 250)[0]) == 3
        assert box.waiting()["push/logs"] == 7

    def test_a_kind_that_is_quiet_does_not_keep_the_journal_long(self, tmp_path: Path) -> None:
        box = inbox(tmp_path, most_bytes=10_000)
        for _ in range(100):
            box.offer("metrics", bytes(1_000))
            (records,) = box.take(0.0, MIB)
            box.committed({"push/metrics": records.position})
        assert box.waiting() == dict.fromkeys(box.waiting(), 0)


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    code = f"""
import threading, itertools, os
from pathlib import Path
from aiops.ingest.push.inbox import Inbox
box = Inbox(Path({str(tmp_path)!r}), "push", lambda: 1.0, 1 << 30)
box.open({{}})
numbers = itertools.count()
def offer():
    while True:
        number = next(numbers)
        box.offer("logs", b"%d" % number)
        os.write(1, b"%d\\n" % number)
for _ in range(4):
    threading.Thread(target=offer).start()
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [int(next(child.stdout)) for _ in range(60)]
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in child.stdout.read().splitlines()[:-1]]
    child.wait(10)
    survived = {int(body) for body in taken(inbox(tmp_path))["push/logs"]}
    assert set(acknowledged) <= survived
