"""Windows in order of time, whatever the order of the files, and with no more memory than disorder needs."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.diagnosis.case import read
from aiops.recording import Recording
from aiops.types import Records
from tests.recording.folder import START, decoded, events, metrics

ROWS = st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from("abc")), max_size=60)


def flat(recording: Recording) -> list[Records]:
    return [one for window in recording.windows() for one in window]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, lines=ROWS)
def test_every_row_comes_once_in_the_window_of_its_time(
    tmp_path: Path, rows: list[tuple[int, str]], lines: list[tuple[int, str]]
) -> None:
    times = [START + tenth / 10 for tenth, _ in rows]
    metrics(tmp_path, [(at, who, "m", i) for i, (at, (_, who)) in enumerate(zip(times, rows, strict=True))])
    logs = [{"timestamp": START + tenth / 10, "entity": who, "body": str(i)} for i, (tenth, who) in enumerate(lines)]
    events(tmp_path, "logs", logs)
    windows = list(Recording(tmp_path).windows())
    numbers = [window[0].position["window"] for window in windows]
    assert numbers == sorted(set(numbers))
    for window in windows:
        samples, found, _ = decoded(window)
        began = window[0].position["window"] * 15.0
        assert all(began <= at < began + 15.0 for _, at, _ in samples)
        assert all(began <= event.timestamp < began + 15.0 for event in found)
        assert [event.timestamp for event in found] == sorted(event.timestamp for event in found)
    samples, found, rejected = decoded(flat(Recording(tmp_path)))
    assert sorted(value for *_, value in samples) == list(range(len(rows)))
    assert sorted(int(event.body) for event in found) == list(range(len(lines)))  # type: ignore[union-attr]
    assert rejected == []


def test_rows_of_one_instant_keep_the_order_of_their_file(tmp_path: Path) -> None:
    events(tmp_path, "logs", [{"timestamp": START, "entity": "a", "body": str(i)} for i in range(50)])
    _, found, _ = decoded(flat(Recording(tmp_path)))
    assert [event.body for event in found] == [str(i) for i in range(50)]  # type: ignore[union-attr]


def test_going_on_behind_any_position_gives_the_rest(tmp_path: Path) -> None:
    metrics(tmp_path, [(START + 5 * i, "a", "m", i) for i in range(30)])
    events(tmp_path, "logs", [{"timestamp": START + 7 * i, "entity": "a", "body": str(i)} for i in range(20)])
    recording = Recording(tmp_path)
    whole = flat(recording)
    for i, one in enumerate(whole):
        rest = [more for window in recording.windows(after=one.position) for more in window]
        assert [bytes(more.buffer) for more in rest] == [bytes(more.buffer) for more in whole[i + 1 :]]


def test_extents_tell_span_rows_and_disorder(tmp_path: Path) -> None:
    metrics(tmp_path, [(START, "a", "m", 1), (START + 60, "a", "m", 1), (START + 20, "a", "m", 1)])
    recording = Recording(tmp_path)
    assert recording.span == (START, START + 60)
    assert recording.extents["metrics.csv"].disorder == 40.0
    assert recording.extents["metrics.csv"].rows == 3


def test_a_sorted_file_is_not_held_in_memory(tmp_path: Path) -> None:
    file = metrics(tmp_path, [(START + i // 100, "entity", "some_metric_name", i) for i in range(400_000)])
    recording = Recording(tmp_path)
    _ = recording.extents
    tracemalloc.start()
    for _ in recording.windows():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 15e6
    assert peak < 40e6  # two blocks and what their lines weigh, however long the file


@pytest.mark.parametrize("compress", ["", "gz", "zst"])
def test_compressed_files_read_alike(tmp_path: Path, compress: str) -> None:
    rows = [(START + i, "a", "m", i) for i in range(100)]
    metrics(tmp_path / "plain", rows)
    metrics(tmp_path / "packed", rows, compress=compress)
    assert decoded(flat(Recording(tmp_path / "plain"))) == decoded(flat(Recording(tmp_path / "packed")))


def test_a_byte_order_mark_costs_no_row(tmp_path: Path) -> None:
    row = b'{"timestamp":%d,"entity":"a","body":"x"}\n' % START
    (tmp_path / "logs.ndjson").write_bytes(b"\xef\xbb\xbf" + row)
    (tmp_path / "metrics.csv").write_bytes(b"\xef\xbb\xbftimestamp,entity,metric,value\n%d,a,m,1\n" % START)
    samples, found, rejected = decoded(flat(Recording(tmp_path)))
    assert (len(samples), len(found), rejected) == (1, 1, [])
    assert len(read(tmp_path).logs) == 1
