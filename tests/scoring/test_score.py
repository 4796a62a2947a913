"""Surprise of tables: online, one row out per row in, the same from any number of processes."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from aiops.errors import ConfigError
from aiops.scoring.job import Job, pairs, run
from aiops.scoring.score import Asked, score
from aiops.scoring.table import Table, read

ROWS = 600
ALL = Asked(expected=True, shape=True, joint=True)


def made(rows: int = ROWS, series: int = 3, seed: int = 0) -> Table:
    """Noise with gaps; the second series has a spike at row 500."""
    rng = np.random.default_rng(seed)
    values = rng.normal(100.0, 5.0, (rows, series))
    values[500:503, 1:2] += 500.0
    values[rng.random(values.shape) < 0.02] = np.nan
    stamps = pyarrow.chunked_array([np.arange(rows) * 60])
    return Table(stamps, np.arange(rows) * 60.0, [f"m{i}" for i in range(series)], values)


def head(table: Table, rows: int) -> Table:
    return replace(table, stamps=table.stamps[:rows], time=table.time[:rows], values=table.values[:rows])


def save(table: Table, path: Path) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["timestamp", *table.names])
        cells = [["" if one != one else repr(one) for one in row] for row in table.values.tolist()]
        out.writerows([stamp, *row] for stamp, row in zip(table.stamps.to_pylist(), cells, strict=True))
    return path


def test_a_fault_of_some_rows_is_one_in_a_million_and_noise_is_not() -> None:
    found = score(made(), ALL)
    assert found.alarm[500:503, 1].max() > 6
    quiet = np.delete(found.alarm, 1, axis=1)
    assert quiet.max() < 6
    assert abs(np.nanmedian(found.expected[100:]) - 100) < 2


@pytest.mark.parametrize("rows", [1, 2, 63, 65, 300, 502])
def test_a_prefix_of_a_table_gives_a_prefix_of_the_scores(rows: int) -> None:
    whole, part = score(made(), ALL), score(head(made(), rows), ALL)
    np.testing.assert_array_equal(whole.alarm[:rows], part.alarm)
    np.testing.assert_array_equal(whole.expected[:rows], part.expected)
    for mine, theirs in ((whole.shape, part.shape), (whole.joint, part.joint), (whole.joint_shape, part.joint_shape)):
        assert mine is not None
        assert theirs is not None
        np.testing.assert_array_equal(mine[:rows], theirs)


@pytest.mark.parametrize(("rows", "series"), [(0, 0), (0, 2), (3, 0), (1, 1)])
def test_a_table_of_little_has_scores_of_its_shape(rows: int, series: int) -> None:
    found = score(head(made(series=series), rows), ALL)
    assert found.shape is not None
    assert found.joint is not None
    assert found.joint_shape is not None
    assert found.alarm.shape == found.expected.shape == found.shape.shape == (rows, series)
    assert found.joint.shape == found.joint_shape.shape == (rows,)


def test_no_sample_and_warming_up_are_no_surprise() -> None:
    table = made()
    found = score(table, ALL)
    assert (found.alarm[np.isnan(table.values)] == 0).all()
    assert (found.alarm[:5] == 0).all()


def test_rows_and_timestamps_come_out_as_they_went_in(tmp_path: Path) -> None:
    stamps = ["2026-01-01", "", '"x, y"', "2026-01-01", "1e3", "1000"]
    (tmp_path / "in.csv").write_text('timestamp,"a,b",text,c\n' + "".join(f"{one},1,x,\n" for one in stamps))
    assert (
        Job(tmp_path / "in.csv", tmp_path / "out.csv", asked=Asked(expected=True))
        .run()
        .endswith("column 'text' is left out: it does not begin with a number")
    )
    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["timestamp", "a,b", "c", "a,b:expected", "c:expected"]
    assert [row[0] for row in rows] == ["2026-01-01", "", "x, y", "2026-01-01", "1e3", "1000"]
    assert all(row[1:3] == ["0", "0"] and row[4] == "" for row in rows)


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        (Asked(), "a b"),
        (Asked(expected=True), "a b a:expected b:expected"),
        (Asked(shape=True), "a b a:shape b:shape"),
        (Asked(joint=True), "a b joint"),
        (ALL, "a b a:expected b:expected a:shape b:shape joint joint:shape"),
    ],
)
def test_columns_stand_in_one_order(tmp_path: Path, asked: Asked, columns: str) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n3,4\n")
    Job(tmp_path / "in.csv", tmp_path / "out.csv", asked).run()
    assert (tmp_path / "out.csv").read_text().splitlines()[0].split(",") == ["timestamp", *columns.split()]


def test_a_series_with_the_name_of_a_column_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,joint\n1,2\n")
    Job(tmp_path / "in.csv", tmp_path / "out.csv", Asked()).run()
    with pytest.raises(ConfigError, match="'joint'"):
        Job(tmp_path / "in.csv", tmp_path / "out.csv", ALL).run()


def test_a_stretch_that_never_was_is_an_odd_shape_for_as_long_as_it_lasts() -> None:
    rows = np.arange(4_000)
    values = np.sin(rows / 8)[:, None] + 0.05 * np.random.default_rng(1).normal(size=(4_000, 2))
    values[3_000:3_200, 0] = np.sin(rows[3_000:3_200] / 3)
    found = score(Table(pyarrow.chunked_array([rows]), rows * 60.0, ["a", "b"], values), ALL)
    assert found.shape is not None
    assert found.joint_shape is not None
    assert np.median(found.shape[3_050:3_200, 0]) > np.quantile(found.shape[1_000:3_000, 0], 0.99)
    assert found.shape[1_000:, 1].max() < found.shape[:, 0].max()
    assert np.median(found.joint_shape[3_050:3_200]) > np.quantile(found.joint_shape[1_000:3_000], 0.99)


def test_what_is_written_is_what_was_scored(tmp_path: Path) -> None:
    table = made()
    Job(save(table, tmp_path / "in.csv"), tmp_path / "out.csv", ALL).run()
    found, scores = read(tmp_path / "out.csv"), score(table, ALL)
    np.testing.assert_allclose(found.values[:, :3], scores.alarm, rtol=1e-6)
    np.testing.assert_array_equal(found.values[:, 3:6], scores.expected)
    assert scores.shape is not None
    assert scores.joint is not None
    np.testing.assert_allclose(found.values[:, 6:10], np.column_stack([scores.shape, scores.joint]), rtol=1e-6)


def test_parquet_in_is_parquet_out_with_the_timestamps_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    stamps = pyarrow.array(np.arange(5) * 15_000_000, pyarrow.timestamp("us", "UTC"))
    pyarrow.parquet.write_table(pyarrow.table({"timestamp": stamps, "a": np.arange(5)}), tmp_path / "in" / "x.parquet")
    save(made(5), tmp_path / "in" / "y.csv")
    list(run([Job(*pair, Asked()) for pair in pairs(tmp_path / "in", tmp_path / "out")]))
    found = pyarrow.parquet.read_table(tmp_path / "out" / "x.parquet")
    assert found.column_names == ["timestamp", "a"]
    assert found.column(0).combine_chunks() == stamps
    assert (tmp_path / "out" / "y.csv").read_text().startswith("timestamp,m0,m1,m2\n0,0,0,0\n")


def test_a_folder_keeps_its_names_and_folders(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/er/c.parquet", "notes.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    found = [str(out.relative_to(tmp_path / "out")) for _, out in pairs(tmp_path / "in", tmp_path / "out")]
    assert found == ["a.csv", "b.csv", "deep/er/c.parquet"]


def test_a_folder_of_no_tables_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \.csv or \.parquet"):
        list(pairs(tmp_path, tmp_path / "out"))


def test_a_table_without_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp;a\n1;2\n")
    with pytest.raises(ConfigError, match="commas"):
        Job(tmp_path / "in.csv", tmp_path / "out.csv", Asked()).run()
    assert not (tmp_path / "out.csv").exists()


def test_a_cell_that_is_no_number_is_no_sample_and_told(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("time,a\n1,5\n2,-\n3, 6 \n4,\n5,1e1\n")
    table = read(tmp_path / "in.csv")
    np.testing.assert_array_equal(table.values[:, 1], [5.0, np.nan, 6.0, np.nan, 10.0])
    assert table.notes[0] == "column 'a': 1 cells are no numbers and no samples, the first '-' in row 2"
    assert "'time' is taken as a series" in table.notes[1]


def test_milliseconds_are_told_and_not_taken_for_seconds(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("timestamp,a\n1700000000000,1\n1700000001000,2\n")
    table = read(tmp_path / "a.csv")
    assert np.isnan(table.time).all()
    assert "milliseconds are not" in table.notes[0]
    assert "'1700000000000' in row 1" in table.notes[0]


def test_any_number_of_processes_gives_the_same_bytes_and_the_same_complaint(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for seed in range(3):
        save(made(200, seed=seed), tmp_path / "in" / f"{seed}.csv")
    (tmp_path / "in" / "0-bad.csv").touch()
    for processes in (1, 2):
        done = run([Job(*pair, Asked()) for pair in pairs(tmp_path / "in", tmp_path / str(processes))], processes)
        outcomes = {one.note.rpartition("/")[2]: one.failed for one in done}
        assert outcomes == {"": False, "0-bad.csv: is empty; the first row must name the columns": True}
    for seed in range(3):
        one, two = ((tmp_path / str(processes) / f"{seed}.csv").read_bytes() for processes in (1, 2))
        assert one == two
