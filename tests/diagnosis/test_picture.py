"""A picture of a cause: every part it names can be read, nothing lies over another, and what is left out is counted."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aiops import canvas
from aiops.cli import cli
from aiops.correlate.role import AFFECTED, APART, CAUSE, SILENT
from aiops.diagnosis import lettering, picture
from aiops.diagnosis.graph import graph
from aiops.diagnosis.job import Study, study
from aiops.errors import ConfigError
from aiops.layout import LANE, arranged
from tests.diagnosis import friday

ONSET, END, STEP = 1_200.0, 1_500.0, 15.0
PNG = b"\x89PNG"


def _recording(folder: Path, moves: dict[str, float], calls: Iterable[tuple[str, str]]) -> Path:
    """Latency of each entity, times `moves` from the onset on."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    with (folder / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("timestamp", "entity", "metric", "value"))
        for entity, times in moves.items():
            for at in np.arange(0.0, END, STEP).tolist():
                level = 0.1 * (times if at >= ONSET else 1.0) * rng.uniform(0.98, 1.02)
                rows.writerow((at, entity, "latency_seconds", level))
    with (folder / "topology.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("source", "target", "kind"), *((a, b, "calls") for a, b in calls)])
    return folder


def _shop(folder: Path) -> Path:
    """A slow database, felt twice above it; a mailer with troubles of its own; two on a host that tells nothing."""
    moves = {"web": 4.0, "orders": 5.0, "db": 9.0, "mail": 1.8, "stock": 1.0, "idle": 1.0}
    calls = [("web", "orders"), ("orders", "db"), ("web", "mail"), ("web", "stock"), ("db", "host"), ("mail", "host")]
    return _recording(folder, moves, calls)


def _fleet(folder: Path, count: int = 60) -> Path:
    """Sixty entities with long names, a third of them slow because of the last."""
    names = [f"a-rather-long-service-name-{i:02d}-7f8d7d756d" for i in range(count)]
    moves = {name: 5.0 if i % 3 == 2 else 1.0 for i, name in enumerate(names)}
    calls = [(names[i], names[j]) for i in range(count) for j in (i + 1, i + 3) if j < count]
    return _recording(folder, moves, calls)


def _drawn(done: Study, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The figure, ready to be measured."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kept: list[Any] = []
    monkeypatch.setattr(picture, "save", lambda figure, _: kept.append(figure))
    picture.draw(Path("unused.png"), done)
    FigureCanvasAgg(kept[0])
    return kept[0]


def _texts(figure: Any) -> dict[str, Any]:
    renderer = figure.canvas.get_renderer()
    return {f"{i} {one.get_text()}": one.get_window_extent(renderer) for i, one in enumerate(figure.axes[0].texts)}


@pytest.mark.parametrize("make", [_shop, _fleet])
def test_no_text_lies_over_another_or_outside(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = _drawn(study(make(tmp_path)), monkeypatch)
    texts, whole = _texts(figure), figure.bbox
    for (name, one), (other, two) in itertools.combinations(texts.items(), 2):
        apart = one.x1 <= two.x0 or two.x1 <= one.x0 or one.y1 <= two.y0 or two.y1 <= one.y0
        assert apart, (name, other)
    for name, one in texts.items():
        assert 0 <= one.x0 <= one.x1 <= whole.x1, name
        assert 0 <= one.y0 <= one.y1 <= whole.y1, name


def test_everybody_has_the_part_that_the_answer_gives_it(tmp_path: Path) -> None:
    seen = graph(study(_shop(tmp_path)))
    parts = {name: box.role for name, box in seen.boxes.items()}
    assert parts == {
        "db": CAUSE, "orders": AFFECTED, "web": AFFECTED, "mail": APART, "host": SILENT, "stock": "", "idle": "",
    }  # fmt: skip
    assert not seen.boxes["host"].heard
    assert "tells nothing itself" in seen.boxes["host"].evidence
    assert seen.boxes["db"].probability > 0.5
    assert abs(seen.boxes["db"].began - ONSET) <= STEP


def test_boxes_tell_since_when_why_and_how_likely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = study(_shop(tmp_path))
    told = [one.partition(" ")[2] for one in _texts(_drawn(done, monkeypatch))]
    assert f"{done.answer.causes[0].probability:.0%}" in told
    assert {"db", "orders", "web", "mail", "host", "stock", "latency_seconds", "likely cause"} <= set(told)
    assert any(one.startswith("since 00:20:00") for one in told)
    assert any(" s before, " in one for one in told)
    assert any(one.startswith("onset 1970-01-01 00:20") and "no change was recorded" in one for one in told)


def test_changes_stand_beside_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _shop(tmp_path)
    change = {"timestamp": ONSET - 60, "id": "c$1_x^2$", "kind": "deploy", "entity": "db", "summary": "<new> db"}
    (folder / "changes.ndjson").write_text(json.dumps(change))
    told = [one.partition(" ")[2] for one in _texts(_drawn(study(folder), monkeypatch))]
    assert {"Recorded changes", "c$1_x^2$", "none of them"} <= set(told)
    assert any("none of the recorded changes" in one for one in told)
    assert any(one.startswith("<new> db · 60 s before") for one in told)


def test_evidence_in_a_box_is_cut_between_words_and_its_numbers_before_what_they_amount_to() -> None:
    room = lettering.width("0.1565 before, 20.19 after (over", lettering.SMALL)
    told = "http_errors_percent: 0.1565 before, 20.19 after (over 100 times its usual spread)"
    assert lettering.told(told, room, 2) == ["http_errors_percent", "0.1565 before, 20.19 after"]
    (line,) = lettering.told("explains those that call it", lettering.width("explains those tha", lettering.SMALL), 1)
    assert line == "explains those …"
    (line,) = lettering.told("inexplicable", lettering.width("inexplic", lettering.SMALL), 1)
    assert line.startswith("inex")
    assert line.endswith("…")


def test_of_many_entities_the_unaffected_are_folded_into_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = study(_fleet(tmp_path))
    figure = _drawn(done, monkeypatch)
    frames = [one for one in figure.axes[0].patches if type(one).__name__ == "FancyBboxPatch"]
    assert len(frames) <= picture.MOST_BOXES
    (away,) = [one for one in _texts(figure) if "not drawn" in one]
    assert f"{60 - len(frames)} × unaffected" in away


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_equal_rows_in_any_order_give_the_same_file(suffix: str, tmp_path: Path) -> None:
    folder = _shop(tmp_path / "case")
    picture.draw(tmp_path / f"one.{suffix}", study(folder))
    head, *rows = (folder / "metrics.csv").read_text().splitlines()
    (folder / "metrics.csv").write_text("\n".join([head, *rows[::-1]]))
    picture.draw(tmp_path / f"two.{suffix}", study(folder))
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_a_recording_in_which_nothing_happens_has_a_picture_too(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "logs.ndjson").write_text("")
    picture.draw(tmp_path / "deep" / "out.png", study(tmp_path / "case"))
    assert (tmp_path / "deep" / "out.png").read_bytes().startswith(PNG)


def test_the_example_of_the_docs_says_what_the_docs_say(tmp_path: Path) -> None:
    done = study(friday.write(tmp_path))
    parts = {name: box.role for name, box in graph(done).boxes.items()}
    assert {name for name, role in parts.items() if role == AFFECTED} == {"storefront", "checkout", "cart"}
    assert (parts["inventory"], parts["search-index"], parts["payment"]) == (CAUSE, APART, "")
    assert done.answer.changes[0].id == "4f2a"
    assert done.answer.changes[0].probability > 0.9
    assert done.answer.first_failing == "inventory"


def test_the_command_draws_one_recording_into_one_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["cause", str(_shop(tmp_path / "case")), "--plot", str(tmp_path / "out.png")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out.png").read_bytes().startswith(PNG)


def test_the_command_draws_several_into_a_folder_under_names_of_their_own(tmp_path: Path) -> None:
    folders = [str(_shop(tmp_path / name / "case")) for name in ("a", "b")]
    done = CliRunner().invoke(cli, ["cause", *folders, "--plot", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert sorted(one.relative_to(tmp_path / "out") for one in (tmp_path / "out").rglob("*.png")) == [
        Path("a/case.png"), Path("b/case.png"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "place", "says"),
    [(1, "out", r"\.png, \.svg, \.pdf"), (2, "out.png", "name a folder"), (1, "out.csv", r"\.png, \.svg, \.pdf")],
)
def test_a_place_that_fits_no_picture_is_refused_before_anything_is_ranked(
    count: int, place: str, says: str, tmp_path: Path
) -> None:
    folders = [str(tmp_path / f"missing-{i}") for i in range(count)]
    done = CliRunner().invoke(cli, ["cause", *folders, "--plot", str(tmp_path / place)])
    with pytest.raises(ConfigError, match=says):
        raise done.exception or AssertionError(done.output)


def test_without_matplotlib_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "find_spec", lambda _: None)
    done = CliRunner().invoke(cli, ["cause", str(tmp_path), "--plot", str(tmp_path / "out.png")])
    assert "aiops[plot]" in str(done.exception)


names = st.sampled_from("abcdefghij")


@given(st.lists(st.tuples(names, names, st.just("calls")), max_size=25))
def test_boxes_and_passing_lines_keep_apart(links: list[tuple[str, str, str]]) -> None:
    plan = arranged(links, {})
    assert arranged(links, dict.fromkeys("abcdefghij", "x")) == arranged(links[::-1], dict.fromkeys("jihgfedcba", "x"))
    plan = arranged(links, dict.fromkeys("abcdefghij", "x"))
    assert set(plan.places) == set("abcdefghij")
    tall = [(layer, row, 1.0) for layer, row in plan.places.values()]
    tall += [(layer, row, LANE) for (_, layer), row in plan.lanes.items()]
    for (layer, row, high), (other, below, low) in itertools.combinations(tall, 2):
        assert layer != other or abs(row - below) >= (high + low) / 2 - 1e-9
    for source, target, _ in plan.links:
        first, last = plan.places[source][0], plan.places[target][0]
        assert [layer for layer, _ in plan.passed(source, target)] == list(range(first + 1, last))
    assert all(0 <= row <= plan.rows - 1 + 1e-9 for _, row in plan.places.values())
