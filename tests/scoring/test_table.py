"""Tables as people have them: gaps, zones, marks, quotes, and files that end in the middle of a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.errors import ConfigError
from aiops.scoring.table import Table, read

NAN = float("nan")


def table(folder: Path, text: str | bytes) -> Table:
    path = folder / "in.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", "inf", "-inf", "null"])
def test_a_cell_that_holds_no_number_is_no_sample(tmp_path: Path, cell: str) -> None:
    found = table(tmp_path, f"a,b\n1,2\n{cell},3\n4,5\n")
    np.testing.assert_array_equal(found.values, [[1, 2], [NAN, 3], [4, 5]])


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    cells = ["+1", " 2.5 ", "-3e-2", "1e22", ".5", "7.", "9007199254740993", "0.1"]
    found = table(tmp_path, "a\n" + "\n".join(cells) + "\n")
    np.testing.assert_array_equal(found.values[:, 0], [float(one) for one in cells])


def test_columns_of_other_things_are_left_out_and_those_of_nothing_kept(tmp_path: Path) -> None:
    found = table(tmp_path, "timestamp,host,up,day,empty,value\n1,web,true,2026-01-01,,5\n2,db,false,2026-01-02,,6\n")
    assert found.names == ["empty", "value"]
    np.testing.assert_array_equal(found.values, [[NAN, 5], [NAN, 6]])


def test_names_may_be_quoted_and_the_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    found = table(tmp_path, b'\xef\xbb\xbf"timestamp","a,b","say ""hi"""\r\n1,2,3\r\n')
    assert found.names == ["a,b", 'say "hi"']
    assert found.time.tolist() == [1.0]


def test_a_text_may_hold_line_ends(tmp_path: Path) -> None:
    found = table(tmp_path, 'log,a\n"one\ntwo",1\nthree,2\n')
    np.testing.assert_array_equal(found.values[:, 0], [1, 2])


def test_a_missing_value_of_a_lonely_column_is_a_row(tmp_path: Path) -> None:
    found = table(tmp_path, 'value\n1\n""\n3\n')
    np.testing.assert_array_equal(found.values[:, 0], [1, NAN, 3])


def test_rows_that_are_too_short_or_too_long_are_taken_for_what_they_hold(tmp_path: Path) -> None:
    found = table(tmp_path, 'timestamp,a,"b,c"\n1,2,3\n2,4\n3,5,6,7\n\n4,8')
    assert found.stamps.to_pylist() == ["1", "2", "3", "4"]
    np.testing.assert_array_equal(found.values, [[2, 3], [4, NAN], [5, 6], [8, NAN]])


def test_times_are_epoch_seconds_or_iso_and_of_utc_without_a_zone(tmp_path: Path) -> None:
    stamps = ["2026-01-01T00:00:00Z", "2026-01-01 00:05", "2026-01-01T02:10:00+02:00", "1767226500", "soon", ""]
    found = table(tmp_path, "timestamp,a\n" + "".join(f"{one},1\n" for one in stamps))
    np.testing.assert_array_equal(found.time - 1_767_225_600, [0, 300, 600, 900, NAN, NAN])
    assert found.step_seconds == 300
    assert found.stamps.to_pylist() == stamps
    np.testing.assert_array_equal(found.at - found.at[0], [0, 1, 2, 3, 4, 5])


def test_without_times_rows_are_a_second_apart(tmp_path: Path) -> None:
    found = table(tmp_path, "a\n1\n2\n3\n")
    assert found.step_seconds == 1
    assert found.at.tolist() == found.stamps.to_pylist() == [0, 1, 2]


def test_times_may_stand_still_and_go_back(tmp_path: Path) -> None:
    found = table(tmp_path, "timestamp,a\n600,1\n600,2\n300,3\n360,4\n7200,5\n")
    assert found.step_seconds == 60
    assert found.at.tolist() == [10, 10, 5, 6, 120]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.one_of(st.none(), st.floats(-1e13, 1e13)), min_size=1, max_size=100), cut=st.integers(1, 100))
def test_the_number_of_a_row_depends_on_no_later_row(tmp_path: Path, times: list[float | None], cut: int) -> None:
    """The step is told by the first pair that has a distance: before it, nothing is asked of it but order."""
    rows = [f"{'' if one is None else repr(one)},1" for one in times]
    whole = table(tmp_path, "timestamp,a\n" + "\n".join(rows) + "\n")
    part = table(tmp_path, "timestamp,a\n" + "\n".join(rows[:cut]) + "\n")
    if part.step_seconds == whole.step_seconds:
        np.testing.assert_array_equal(part.at, whole.at[:cut])
    else:
        known = np.isfinite(part.time)
        assert not ((known[:-1] & known[1:]) & (np.diff(part.time) > 0)).any()


KINDS = {
    "nanoseconds": pyarrow.timestamp("ns", "UTC"),
    "milliseconds of a zone": pyarrow.timestamp("ms", "Europe/Zurich"),
    "text": pyarrow.string(),
    "whole seconds": pyarrow.int64(),
    "seconds": pyarrow.float64(),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_parquet_reads_as_the_csv_it_could_have_been(tmp_path: Path, kind: pyarrow.DataType) -> None:
    stamps = pyarrow.array([1_767_225_600, 1_767_225_615, None]).cast(
        kind if kind != pyarrow.string() else pyarrow.int64()
    )
    columns = {
        "timestamp": stamps.cast(kind) if kind == pyarrow.string() else _moments(kind, stamps),
        "whole": pyarrow.array([1, None, 3], pyarrow.int16()),
        "real": pyarrow.array([0.1, float("inf"), 3.0]),
        "text": ["a", "b", "c"],
        "flag": [True, False, None],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet")
    found = read(tmp_path / "in.parquet")
    assert found.names == ["whole", "real"]
    assert found.stamps.type == kind
    np.testing.assert_array_equal(found.time - 1_767_225_600, [0, 15, NAN])
    np.testing.assert_array_equal(found.values, [[1, 0.1], [NAN, NAN], [3, 3]])


def _moments(kind: pyarrow.DataType, seconds: pyarrow.Array) -> pyarrow.Array:
    if not pyarrow.types.is_timestamp(kind):
        return seconds.cast(kind)
    ticks = {"ms": 1_000, "ns": 1_000_000_000}[kind.unit]
    told = [None, *[None] * 2]
    told[:2] = [1_767_225_600 * ticks, 1_767_225_615 * ticks]
    return pyarrow.array(told, pyarrow.int64()).cast(kind)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("in.csv", b"", "is empty"),
        ("in.csv", b"\n \n", "is empty"),
        ("in.csv", b"\xff\xfe,a\n1,2\n", "cannot be read"),
        ("in.parquet", b"a,b\n1,2\n", "cannot be read"),
    ],
)
def test_what_is_no_table_is_said_so_with_its_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=reason) as raised:
        read(tmp_path / name)
    assert name in str(raised.value)
