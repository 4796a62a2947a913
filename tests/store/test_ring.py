"""The explain record: what was appended is read, whatever the crash left behind."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.store.frame import GROUP, Columns
from aiops.store.ring import KEY_EVERY, Frame, Ring
from aiops.types import Labels

P = "bus/otlp_metrics/0"
START = 36_000.0


def labels(n: int, name: str = "up") -> list[Labels]:
    return [Labels.of(name, {"service_name": f"s{i}"}) for i in range(n)]


def slots(n: int) -> list[dict[str, object]]:
    return [{"rule": f"r{i}", "labels": {"service_name": f"s{i}"}} for i in range(n)]


def frame(at: float, n: int = 3, m: int = 2, shift: float = 0.0) -> Frame:
    value = np.arange(n) + at + shift
    scored = np.arange(m) + at + shift
    gate = np.arange(m, dtype=np.int8)
    return Frame(
        at,
        Columns(value, value + 1, np.full(n, 0.5)),
        Columns(scored, scored - 1, np.full(m, 7.0), gate),
        labels(n),
        slots(m),
    )


def assert_equal(read: Frame | None, written: Frame) -> None:
    assert read is not None
    assert read.at == written.at
    for got, wanted in ((read.series, written.series), (read.slots, written.slots)):
        np.testing.assert_array_equal(got.value, wanted.value.astype(np.float32))
        np.testing.assert_array_equal(got.expected, wanted.expected.astype(np.float32))
        np.testing.assert_array_equal(got.surprise, wanted.surprise.astype(np.float16))
    np.testing.assert_array_equal(read.slots.gate, written.slots.gate)
    assert list(read.series_labels) == list(written.series_labels)
    assert list(read.slot_labels) == list(written.slot_labels)


def test_every_step_is_read_back(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    steps = [frame(START + 15 * i, n=3 + i // 7, m=2 + i // 9) for i in range(3 * KEY_EVERY)]
    for step in steps:
        ring.append(P, step)
    for step in steps:
        assert_equal(Ring(tmp_path).read(P, step.at + 14.9), step)


def test_more_series_than_a_group_are_read_back(tmp_path: Path) -> None:
    ring, step = Ring(tmp_path), frame(START, n=2 * GROUP + 5, m=GROUP + 1)
    ring.append(P, step)
    ring.append(P, later := frame(START + 15, n=2 * GROUP + 5, m=GROUP + 1))
    assert_equal(ring.read(P, START), step)
    history = ring.history(P, later.series_labels[2 * GROUP + 3], START, START + 15)
    assert history.value.tolist() == [2 * GROUP + 3 + START, 2 * GROUP + 3 + START + 15]


def test_no_value_stays_no_value_and_too_large_becomes_infinite(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    values = np.array([np.nan, 1e300, -np.inf])
    ring.append(P, Frame(START, Columns(values, values, values), Columns.empty(), labels(3), []))
    read = ring.read(P, START)
    assert read is not None
    np.testing.assert_array_equal(read.series.value, [np.nan, np.inf, -np.inf])


def test_a_moment_before_the_first_step_is_not_kept(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    ring.append(P, frame(START))
    assert ring.read(P, START - 1) is None
    assert ring.read("other", START) is None


def test_the_last_step_of_the_hour_before_is_found(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    ring.append(P, step := frame(START - 15))
    assert_equal(ring.read(P, START + 5), step)


def test_of_two_frames_of_a_step_the_last_counts(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    for step in (frame(START), frame(START + 15), frame(START, shift=100.0), frame(START + 15, shift=100.0)):
        ring.append(P, step)
    assert_equal(ring.read(P, START), frame(START, shift=100.0))
    assert ring.history(P, labels(1)[0], START, START + 15).value.tolist() == [START + 100, START + 115]


def test_the_history_of_a_series_crosses_hours_and_restarts(tmp_path: Path) -> None:
    times = [START + 15 * i for i in range(-5, 6)]
    for at in times:
        ring = Ring(tmp_path)
        ring.append(P, frame(at))
        ring.close()
    history = Ring(tmp_path).history(P, labels(2)[1], START - 60, START + 60)
    assert history.at.tolist() == [at for at in times if abs(at - START) <= 60]
    assert history.value.tolist() == [at + 1 for at in history.at]
    assert history.expected.tolist() == [at + 2 for at in history.at]


def test_the_history_of_a_rule_slot_has_gates(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    for i in range(3):
        ring.append(P, frame(START + 15 * i))
    history = ring.history(P, {"rule": "r1"}, START, START + 100)
    assert history.gate.tolist() == [1, 1, 1]
    assert history.surprise.tolist() == [7.0, 7.0, 7.0]
    assert ring.history(P, {"rule": "absent"}, START, START + 100).at.size == 0


def test_a_new_generation_of_labels_replaces_the_old_one(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    ring.append(P, frame(START))
    moved = frame(START + 15)
    moved = Frame(moved.at, moved.series, moved.slots, labels(3)[::-1], slots(2)[::-1])
    ring.append(P, moved, generation=1)
    assert_equal(ring.read(P, START), frame(START))
    assert_equal(ring.read(P, START + 15), moved)
    assert ring.history(P, labels(1)[0], START, START + 15).value.tolist() == [START, START + 15 + 2]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_torn_tail_costs_only_the_torn_step_and_writing_goes_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("ring")
    ring = Ring(folder)
    for i in range(4):
        ring.append(P, frame(START + 15 * i))
    ring.close()
    (path,) = folder.glob("explain/*/*.ring")
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    garbage = data.draw(st.binary(max_size=60))
    path.write_bytes(whole[:cut] + garbage)
    before = [
        i for i in range(4) if (read := Ring(folder).read(P, START + 15 * i)) is not None and read.at == START + 15 * i
    ]
    assert before == list(range(len(before)))
    after = Ring(folder)
    after.append(P, frame(START + 60))
    after.close()
    for i in before:
        assert_equal(Ring(folder).read(P, START + 15 * i), frame(START + 15 * i))
    assert_equal(Ring(folder).read(P, START + 60), frame(START + 60))


def test_a_flipped_bit_is_not_told_as_truth(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    ring.append(P, frame(START))
    ring.append(P, frame(START + 15))
    (path,) = tmp_path.glob("explain/*/*.ring")
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)
    assert Ring(tmp_path).read(P, START + 15) is None
    assert Ring(tmp_path).history(P, labels(1)[0], START, START + 15).at.tolist() == [START]


def test_hours_older_than_kept_are_removed(tmp_path: Path) -> None:
    ring = Ring(tmp_path, keep_seconds=7_200)
    for hour in range(5):
        ring.append(P, frame(START + 3_600 * hour))
    assert ring.expire(START + 4 * 3_600 + 10) == 2
    assert [ring.read(P, START + 3_600 * hour) is not None for hour in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize("name", ["..", "../../x", "a/b", ".", "ü %2F"])
def test_no_partition_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    ring = Ring(tmp_path / "state")
    ring.append(name, step := frame(START))
    assert_equal(ring.read(name, START), step)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent.parent for path in files] == [tmp_path / "state" / "explain"]


def _append_many(folder: str) -> None:
    ring = Ring(folder)
    for i in range(200):
        ring.append(P, frame(START + 15 * i))


def test_another_process_reads_whole_steps_while_this_one_writes(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_append_many, args=(str(tmp_path),))
    child.start()
    ring, seen = Ring(tmp_path), 0
    while child.is_alive():
        if (read := ring.read(P, START + 3_599)) is not None:
            assert_equal(read, frame(read.at))
            seen += 1
    child.join()
    assert child.exitcode == 0
    assert_equal(ring.read(P, START + 3_599), frame(START + 15 * 199))


def test_the_newest_step_is_found_without_knowing_its_time(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    assert ring.newest(P) is None
    for at in (START - 15, START, START + 7_200):
        ring.append(P, frame(at))
    assert_equal(ring.newest(P), frame(START + 7_200))


def test_a_file_that_cannot_be_opened_leaves_no_descriptor_that_is_closed_twice(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    ring.append(P, frame(START))
    folder = next((tmp_path / "explain").iterdir())
    blocked = folder / f"{int((START + 3600) // 3600)}.ring"
    blocked.mkdir()
    with pytest.raises(OSError, match="directory"):
        ring.append(P, frame(START + 3600))
    other = (tmp_path / "other").open("wb")  # takes the number that was given back
    blocked.rmdir()
    ring.append(P, frame(START + 3600))
    other.write(b"still open")
    other.close()
    assert (found := ring.read(P, START + 3600)) is not None
    assert found.at == START + 3600
    ring.close()
