"""A recording as a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.errors import PermanentError
from aiops.ingest.replay import ReplaySource
from aiops.ingest.source import Source, SourceContext, SourceLimits
from aiops.recording import Recording
from aiops.types import Records
from tests.recording.folder import START, events, metrics, put


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def recording(folder: Path) -> Path:
    metrics(folder, [(START + 5 * i, "a", "m", i) for i in range(60)])
    events(folder, "logs", [{"timestamp": START + 7 * i, "entity": "a", "body": str(i)} for i in range(40)])
    return folder


def source(path: Path, clock: Clock | None = None, speed: float = 0.0, poll_bytes: int = 2**20) -> ReplaySource:
    config = ReplaySource.Config(path=path, speed=speed)
    limits = SourceLimits(poll_bytes=poll_bytes)
    return ReplaySource("rec", config, SourceContext(Path("unused"), 15.0, limits, clock=clock or Clock()))


def bodies(records: list[Records]) -> list[bytes]:
    return [bytes(one.buffer) for one in records]


def test_it_is_a_source(tmp_path: Path) -> None:
    assert isinstance(source(tmp_path), Source)


def test_everything_comes_once_and_then_it_says_so(tmp_path: Path) -> None:
    one = source(recording(tmp_path), poll_bytes=200)
    one.open({})
    found: list[Records] = []
    while not one.ended:
        assert not one.status().partitions["rec"].at_end
        found += one.poll(0.0)
    assert one.poll(0.0) == []
    assert one.status().partitions["rec"].at_end
    assert bodies(found) == [bytes(part.buffer) for window in Recording(tmp_path).windows() for part in window]
    assert {record.partition for record in found} == {"rec"}


@pytest.mark.parametrize("stop", [1, 2, 3, 7])
def test_it_goes_on_behind_a_committed_position(tmp_path: Path, stop: int) -> None:
    whole = source(recording(tmp_path))
    whole.open({})
    everything = whole.poll(0.0)
    again = source(tmp_path)
    again.open({"rec": everything[stop].position})
    assert bodies(again.poll(0.0)) == bodies(everything[stop + 1 :])


def test_a_pace_gives_each_window_when_its_time_has_come(tmp_path: Path) -> None:
    clock = Clock()
    one = source(recording(tmp_path), clock, speed=10.0)
    one.open({})
    assert len({record.position["window"] for record in one.poll(0.0)}) == 1
    assert one.poll(0.0) == []
    clock.now += 1.4
    assert one.poll(0.0) == []
    clock.now += 0.2
    assert one.poll(0.0)
    assert one.poll(0.0) == []


def test_check_names_a_missing_folder_and_bad_rows(tmp_path: Path) -> None:
    assert source(recording(tmp_path / "fine")).check() == []
    (problem,) = source(tmp_path / "nowhere").check()
    assert "nowhere" in problem
    put(tmp_path / "fine", "spans.ndjson", "{\n")
    (problem,) = source(tmp_path / "fine").check()
    assert "spans.ndjson: 1 rows" in problem
    with pytest.raises(PermanentError, match="nowhere"):
        source(tmp_path / "nowhere").open({})


def test_close_is_safe_twice_and_before_open(tmp_path: Path) -> None:
    one = source(recording(tmp_path))
    one.close()
    one.open({})
    one.close()
    one.close()
