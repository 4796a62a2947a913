"""A picture hides nothing: no spike, no series left out without a word, no invented time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aiops import canvas
from aiops.errors import ConfigError
from aiops.scoring import job, plot
from aiops.scoring.score import Asked, Scores
from aiops.scoring.table import Table, read

ALL = Asked(expected=True, shape=True, joint=True)
PNG = b"\x89PNG"


def save(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_picture_is_drawn_beside_the_scores(tmp_path: Path) -> None:
    source = save(tmp_path / "in.csv", 'timestamp,cpu$1_x^2$,"a,b"\n0,1,2\n60,,3\n120,2,\n')
    (made,) = job.plan(source, tmp_path / "out.csv", ALL, tmp_path / "deep" / "out.png")
    assert made.run() == ""
    assert (tmp_path / "out.csv").exists()
    assert (tmp_path / "deep" / "out.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("text", ["timestamp,a\n", "timestamp,a\nsoon,1\nlater,2\n"])
def test_a_table_of_little_has_a_picture_too(tmp_path: Path, text: str) -> None:
    (made,) = job.plan(save(tmp_path / "in.csv", text), tmp_path / "out.csv", ALL, tmp_path / "out.svg")
    made.run()
    assert "<svg" in (tmp_path / "out.svg").read_text()


def test_every_table_of_a_folder_has_a_picture_of_its_own(tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "deep/b.csv"):
        save(tmp_path / "in" / name, "")
    found = job.plan(tmp_path / "in", tmp_path / "out", ALL, tmp_path / "pictures")
    places = [one.picture.relative_to(tmp_path / "pictures") for one in found if one.picture]
    assert places == [Path("a.csv.png"), Path("a.parquet.png"), Path("deep/b.csv.png")]


def test_pictures_of_a_folder_need_a_folder(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.csv", "a\n1\n")
    with pytest.raises(ConfigError, match="name a folder"):
        job.plan(tmp_path / "in", tmp_path / "out", ALL, tmp_path / "out.png")


def test_what_is_no_picture_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.png, \.svg, \.pdf"):
        job.plan(save(tmp_path / "in.csv", "a\n1\n"), tmp_path / "out.csv", ALL, tmp_path / "picture.csv")


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"aiops\[plot\]"):
        job.plan(save(tmp_path / "in.csv", "a\n1\n"), tmp_path / "out.csv", ALL, tmp_path / "out.png")


def test_one_row_in_a_hundred_thousand_is_drawn() -> None:
    curve = np.zeros(100_000)
    curve[[31_415, 92_653]] = 30.0, -5.0
    curve[50_000:60_000] = np.nan
    rows = plot._extremes(curve)
    assert {31_415, 92_653} <= set(rows.tolist())
    assert len(rows) <= 2 * plot.BINS
    assert np.isnan(curve[rows[(rows > 51_000) & (rows < 59_000)]]).all()


def test_of_many_series_the_most_surprising_are_shown_and_the_rest_are_counted(tmp_path: Path) -> None:
    names = [f"m{i}" for i in range(20)]
    source = save(tmp_path / "in.csv", ",".join(names) + "\n" + "\n".join([",".join("1" * 20)] * 3) + "\n")
    table = read(source)
    alarm = np.tile(np.arange(20.0) % 10, (3, 1))
    plot.draw(tmp_path / "out.svg", table, Scores(alarm, np.full((3, 20), np.nan)), "in.csv")
    assert plot._picked(alarm).tolist() == [6, 7, 8, 9, 16, 17, 18, 19]
    assert "8 of 20 series" in (tmp_path / "out.svg").read_text()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("timestamp,a\n0,1\n60,2\n", "UTC"),
        ("timestamp,a\n60,1\n0,2\n", "row"),
        ("timestamp,a\n0,1\n,2\n", "row"),
        ("a\n1\n2\n", "row"),
    ],
)
def test_time_is_drawn_where_it_goes_on_and_rows_where_it_does_not(tmp_path: Path, text: str, label: str) -> None:
    table: Table = read(save(tmp_path / "in.csv", text))
    assert plot._axis(table)[1] == label
