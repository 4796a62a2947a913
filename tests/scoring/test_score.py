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
from aiops.scoring.score import score
from aiops.scoring.table import Table, read

ROWS = 600


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


def test_a_spike_is_one_in_a_million_and_noise_is_not() -> None:
    found = score(made())
    assert found.alarm[500, 1] > 6
    quiet = np.delete(found.alarm, 1, axis=1)
    assert quiet.max() < 6
    assert abs(np.nanmedian(found.expected[100:]) - 100) < 2


@pytest.mark.parametrize("rows", [1, 2, 63, 65, 300, 502])
def test_a_prefix_of_a_table_gives_a_prefix_of_the_scores(rows: int) -> None:
    whole, part = score(made()), score(head(made(), rows))
    np.testing.assert_array_equal(whole.alarm[:rows], part.alarm)
    np.testing.assert_array_equal(whole.expected[:rows], part.expected)


@pytest.mark.parametrize(("rows", "series"), [(0, 0), (0, 2), (3, 0), (1, 1)])
def test_a_table_of_little_has_scores_of_its_shape(rows: int, series: int) -> None:
    found = score(head(made(series=series), rows))
    assert found.alarm.shape == found.expected.shape == (rows, series)


def test_no_sample_and_warming_up_are_no_surprise() -> None:
    table = made()
    found = score(table)
    assert (found.alarm[np.isnan(table.values)] == 0).all()
    assert (found.alarm[:5] == 0).all()


def test_rows_and_timestamps_come_out_as_they_went_in(tmp_path: Path) -> None:
    stamps = ["2026-01-01", "", '"x, y"', "2026-01-01", "1e3", "1000"]
    (tmp_path / "in.csv").write_text('timestamp,"a,b",text,c\n' + "".join(f"{one},1,x,\n" for one in stamps))
    assert Job(tmp_path / "in.csv", tmp_path / "out.csv", expected=True).run() == ""
    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["timestamp", "a,b", "c", "a,b:expected", "c:expected"]
    assert [row[0] for row in rows] == ["2026-01-01", "", "x, y", "2026-01-01", "1e3", "1000"]
    assert all(row[1:3] == ["0", "0"] and row[4] == "" for row in rows)


def test_what_is_written_is_what_was_scored(tmp_path: Path) -> None:
    table = made()
    Job(save(table, tmp_path / "in.csv"), tmp_path / "out.csv", expected=True).run()
    found, scores = read(tmp_path / "out.csv"), score(table)
    np.testing.assert_allclose(found.values[:, :3], scores.alarm, rtol=1e-6)
    np.testing.assert_array_equal(found.values[:, 3:], scores.expected)


def test_parquet_in_is_parquet_out_with_the_timestamps_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    stamps = pyarrow.array(np.arange(5) * 15_000_000, pyarrow.timestamp("us", "UTC"))
    pyarrow.parquet.write_table(pyarrow.table({"timestamp": stamps, "a": np.arange(5)}), tmp_path / "in" / "x.parquet")
    save(made(5), tmp_path / "in" / "y.csv")
    list(run([Job(*pair) for pair in pairs(tmp_path / "in", tmp_path / "out")]))
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


def test_a_table_without_numbers_is_told_and_written(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp;a\n1;2\n")
    assert "commas" in Job(tmp_path / "in.csv", tmp_path / "out.csv").run()
    assert (tmp_path / "out.csv").read_text() == "timestamp\n0\n"


def test_any_number_of_processes_gives_the_same_bytes_and_the_same_complaint(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for seed in range(3):
        save(made(200, seed=seed), tmp_path / "in" / f"{seed}.csv")
    (tmp_path / "in" / "bad.csv").touch()
    for processes in (1, 2):
        done = run([Job(*pair) for pair in pairs(tmp_path / "in", tmp_path / str(processes))], processes)
        assert [next(done) for _ in range(3)] == [""] * 3
        with pytest.raises(ConfigError, match=r"bad\.csv: is empty"):
            next(done)
    for seed in range(3):
        one, two = ((tmp_path / str(processes) / f"{seed}.csv").read_bytes() for processes in (1, 2))
        assert one == two
