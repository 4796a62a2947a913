"""Arrays become chunks and come back equal; only what changed is written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aiops.store.failure import CorruptState
from aiops.store.state import BLOB_BYTES, Dirty, assemble, blobs, chunk

DTYPES = st.sampled_from([np.float64, np.float32, np.float16, np.int8, np.int64, np.uint64, np.bool_, "S3", "<M8[s]"])


@st.composite
def parts(draw: st.DrawFn) -> dict[str, np.ndarray]:
    names = draw(st.lists(st.sampled_from(["level", "a/b", "a/0/1", "x/0/-", "é"]), unique=True))
    found = {}
    for name in names:
        shape = draw(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9))
        array = draw(arrays.arrays(draw(DTYPES), shape))
        found[name] = np.asfortranarray(array) if draw(st.booleans()) else array
    return found


@given(parts(), st.integers(1, 5))
def test_what_is_assembled_equals_what_was_cut(state: dict[str, np.ndarray], slots: int) -> None:
    read = assemble(chunk(state, slots))
    assert list(read) == sorted(state)
    for name, array in state.items():
        assert read[name].dtype == array.dtype
        assert read[name].shape == array.shape
        assert read[name].tobytes() == array.tobytes()
        assert read[name].flags.writeable


def test_a_season_major_array_stays_season_major() -> None:
    season = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    read = assemble(chunk({"season": season}, 2))["season"]
    assert read.flags.f_contiguous
    assert not read.flags.c_contiguous


@given(st.binary(max_size=100), st.integers(0, 3))
def test_byte_strings_come_back_equal(data: bytes, times: int) -> None:
    whole = data * (1 + times * BLOB_BYTES // 50)
    assert blobs(chunk({"labels": whole, "x": np.zeros(1)})) == {"labels": whole}


def test_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="objects"):
        chunk({"x": np.array([{}], dtype=object)})


@pytest.mark.parametrize("lost", ["a/x/0/-", "a/x/0/0", "a/x/0/1", "b/l/0/0", "b/l/0/-"])
def test_a_missing_chunk_is_noticed(lost: str) -> None:
    chunks = chunk({"x": np.arange(10), "l": b"abc"}, slots_per_chunk=5)
    del chunks[lost]
    read = assemble if lost.startswith("a") else blobs
    with pytest.raises(CorruptState):
        read(chunks)


def test_only_the_changed_slot_range_is_written() -> None:
    state = {"level": np.zeros(10), "season": np.zeros((10, 3), order="F"), "text": b"x" * (2 * BLOB_BYTES)}
    dirty = Dirty(slots_per_chunk=4)
    assert dirty.changes(state) == chunk(state, 4)
    dirty.committed()
    assert dirty.changes(state) == {}
    state["level"][9] = 1.0
    state["season"][0, 1] = 1.0
    state["text"] = b"x" * (2 * BLOB_BYTES - 1) + b"y"
    assert sorted(dirty.changes(state)) == ["a/level/0/2", "a/season/1/0", "b/text/0/1"]


def test_one_more_slot_rewrites_the_last_range_only() -> None:
    dirty = Dirty(slots_per_chunk=4)
    dirty.changes({"level": np.zeros(9)})
    dirty.committed()
    assert sorted(dirty.changes({"level": np.zeros(10)})) == ["a/level/0/-", "a/level/0/2"]


def test_an_array_that_is_gone_is_removed() -> None:
    dirty = Dirty()
    dirty.changes({"old": np.zeros(3), "kept": np.zeros(3)})
    dirty.committed()
    assert dirty.changes({"kept": np.zeros(3)}) == {"a/old/0/-": None, "a/old/0/0": None}


def test_changes_of_a_failed_commit_are_offered_again() -> None:
    dirty = Dirty()
    first = dirty.changes({"x": np.ones(3)})
    assert dirty.changes({"x": np.ones(3)}) == first
    dirty.committed()
    assert dirty.changes({"x": np.ones(3)}) == {}


def test_after_a_restart_the_first_commit_is_small() -> None:
    state = {"x": np.arange(10.0)}
    assert Dirty(chunk(state)).changes(state) == {}


@given(st.lists(st.tuples(st.integers(0, 19), st.floats(-9, 9)), max_size=20), st.integers(1, 7))
def test_changes_applied_to_the_old_chunks_give_the_new_ones(writes: list[tuple[int, float]], slots: int) -> None:
    state, stored, dirty = {"x": np.zeros(20)}, {}, Dirty(slots_per_chunk=slots)
    for slot, value in writes:
        state["x"][slot] = value
        stored |= dirty.changes(state)
        dirty.committed()
    if writes:
        assert np.array_equal(assemble(stored)["x"], state["x"])
