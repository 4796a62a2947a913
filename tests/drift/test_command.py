"""`aiops drift`: exit codes, what is printed, and the page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from aiops.cli import cli, main
from tests.drift.sample import answered, population, write


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A reference, a sound window, and one whose `a3` and `colour` moved and whose `a5` is gone."""
    rng = np.random.default_rng(0)
    frames = [answered(population(rows, rng), rng) for rows in (3_000, 500, 500)]
    frames[2]["a3"] = frames[2]["a3"] + 8.0
    frames[2]["colour"] = rng.choice(["red", "<b>mauve"], 500)
    del frames[2]["a5"]
    return [str(write(tmp_path / f"t{i}.csv", frame)) for i, frame in enumerate(frames)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["drift", *arguments])


def test_the_exit_code_says_whether_a_window_alerts(files: list[str]) -> None:
    assert run(*files[:2]).exit_code == 0
    assert run(*files).exit_code == 1


def test_json_is_one_line_a_window_in_the_order_given(files: list[str]) -> None:
    lines = [json.loads(line) for line in run(*files, "--format", "json").stdout.splitlines()]
    assert [line["file"] for line in lines] == files[1:]
    assert [line["alert"] for line in lines] == [False, True]


def test_the_table_names_what_drifts_and_ranks_it_by_what_it_costs(files: list[str]) -> None:
    said = run(*files, "--prediction", "yhat", "--label", "y").stdout
    assert re.search(r"t1\.csv +500 +\S+ +- +no change", said)
    assert re.search(r"t2\.csv +500 +\S+ +ALERT +2 columns drift", said)
    assert re.search(r"^a3 +numeric .* pp .* drift$", said, re.MULTILINE)
    assert "quality: a5 is gone (was numeric)  ALERT" in said
    assert 'quality: colour has values never seen: "<b>mauve"  ALERT' in said
    assert "performance: accuracy" in said


def test_the_page_stands_alone_and_holds_no_markup_of_the_data(files: list[str], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run(*files, "--prediction", "yhat", "--label", "y", "--group", "colour", "--html", str(page))
    text = page.read_text()
    HTMLParser().feed(text)
    assert "<b>mauve" not in text
    assert "&lt;b&gt;mauve" in text
    assert not re.search(r"<script|src=|url\(|https?://", text)
    assert text.count("<svg") >= 10
    for heading in (
        "Windows",
        "Quality of the data",
        "Columns, by consequence",
        "Performance",
        "Fairness",
        "All columns",
    ):
        assert f"<h2>{heading}</h2>" in text


def test_page_and_table_say_which_window_they_show(files: list[str], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = run(*files, files[1], "--html", str(page)).stdout
    assert "t2.csv (window 2 of 3, the newest that alerts):" in said
    assert "<p>Window 2 of 3, the newest that alerts.</p>" in page.read_text()
    bar = r'<rect class="(\w+)" x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)" rx'
    bars = re.findall(bar, page.read_text())
    mark = re.findall(r'<text x="([\d.]+)" [^>]*>▲</text>', page.read_text())
    assert [kind for kind, _, _ in bars] == ["calm", "alert", "calm"]
    assert float(bars[1][1]) < float(mark[0]) < float(bars[2][1])
    assert float(bars[1][2]) > 3 * max(float(bars[0][2]), float(bars[2][2]))
    assert run(*files[:2]).stdout.splitlines()[3].endswith("t1.csv:")


def test_what_cannot_be_used_ends_with_two(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["aiops", "drift", *files[:2], "--group", "a3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "aiops: --group: cannot be a group: 3,000 values in 3,000 rows" in capsys.readouterr().err


def test_what_is_not_compared_is_told_with_its_reason(tmp_path: Path) -> None:
    frame = {"id": [f"{i:09x}" for i in range(300)], "a": [1, 5, 2] * 100}
    said = run(*[str(write(tmp_path / f"{name}.csv", frame)) for name in "ab"])
    assert "column 'id' is not compared: it names rows: 300 of 300 values are distinct" in said.stderr
    assert said.exit_code == 0
