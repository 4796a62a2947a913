"""One line a notification, on the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from aiops.errors import PermanentError
from aiops.notify.file import FileReceiver
from aiops.notify.stdout import StdoutReceiver
from aiops.respond.message import compose
from tests.respond.incident import incident


def receiver(path: Path) -> FileReceiver:
    return FileReceiver(FileReceiver.Config(path=path))


def test_each_notification_is_one_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "pages.ndjson"
    for action in ("open", "resolve"):
        receiver(file).send(compose(incident(title="two\nlines")), action, None)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["action"] for line in lines] == ["open", "resolve"]
    assert lines[0]["reference"] == "i1"
    assert "orders" in lines[0]["text"]


def test_half_a_line_that_a_crash_left_swallows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "pages.ndjson"
    file.write_bytes(b'{"reference": "i0", "te')
    receiver(file).send(compose(incident()), "open", None)
    assert json.loads(file.read_bytes().splitlines()[-1])["reference"] == "i1"
    assert receiver(file).find("i1") == {"path": str(file)}
    assert receiver(file).find("i0") is None


def test_nothing_is_found_where_there_is_no_file(tmp_path: Path) -> None:
    assert receiver(tmp_path / "none").find("i1") is None


def test_a_file_moved_away_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "pages.ndjson"
    one = receiver(file)
    one.send(compose(incident()), "open", None)
    file.rename(tmp_path / "pages.1")
    one.send(compose(incident()), "update", None)
    assert len(file.read_bytes().splitlines()) == 1


def test_a_folder_that_is_not_there_is_said_before_and_when_sending(tmp_path: Path) -> None:
    one = receiver(tmp_path / "no" / "pages")
    with pytest.raises(PermanentError):
        one.check()
    with pytest.raises(PermanentError):
        one.send(compose(incident()), "open", None)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_temporary_and_in_doubt() -> None:
    from aiops.errors import TemporaryError

    with pytest.raises(TemporaryError) as caught:
        receiver(Path("/dev/full")).send(compose(incident()), "open", None)
    assert caught.value.in_doubt


@pytest.mark.parametrize("shape", ["text", "json"])
def test_standard_output_gets_one_line_without_control_characters(
    shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printer = StdoutReceiver(StdoutReceiver.Config.model_validate({"format": shape}))
    printer.send(compose(incident(title="\x1b[31mred\nline")), "open", None)
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert "\x1b" not in shown
    assert "i1" in shown
