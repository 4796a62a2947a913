"""What is drawn and what is told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from aiops.demo.score import Score, Verdict
from aiops.demo.screen import Screen
from aiops.demo.story import Line, Story
from aiops.demo.view import Board, draw, sparkline, table
from aiops.pipeline import Outcome
from aiops.respond.message import compose
from aiops.types import Cause, Incident


def drawn(board: Board, width: int = 100, height: int = 30) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(draw(board, height, width))
    out = console.file
    assert isinstance(out, io.StringIO)
    return out.getvalue()


def incident(**changed: object) -> Incident:
    fields = {
        "id": "abc", "title": "t", "severity": "page", "status": "firing", "started": 0.0, "detected": 60.0,
        "worlds": ("it",), "entities": ("db",), "findings": (), "causes": (Cause("db", 0.9, ("slow",)),),
    } | changed  # fmt: skip
    return Incident(**fields)  # type: ignore[arg-type]


def test_a_sparkline_keeps_the_highest_peak_however_narrow() -> None:
    values = [0.0] * 999
    values[500] = 30.0
    assert "█" in sparkline(values, 40)
    assert len(sparkline(values, 40)) <= 40


@pytest.mark.parametrize("width", [60, 100, 200])
def test_an_empty_board_and_a_full_one_are_drawn_at_any_width(width: int) -> None:
    board = Board(now=1_780_444_800.0, doing="one simulated day", done=0.5)
    assert "Nothing to report" in drawn(board, width)
    board.card = compose(incident())
    board.lines.extend(Line(0.0, "finding", "x" * 300) for _ in range(80))
    board.surprise.extend([0.5] * 480)
    full = drawn(board, width)
    assert "db" in full
    assert "surprise" in full
    assert "▁" in full


def test_text_of_the_shop_is_never_read_as_markup() -> None:
    board = Board(card=compose(incident(causes=(Cause("[bold]db[/]", 0.9, ("[link=http://x]y[/link]",)),))))
    board.lines.append(Line(0.0, "finding", "[red]no markup[/red]"))
    text = drawn(board, 200)
    assert "[bold]db[/]" in text
    assert "[red]no markup[/red]" in text


def test_plain_output_is_one_line_a_happening() -> None:
    console = Console(file=io.StringIO(), width=40)
    screen = Screen(console, plain=True)
    screen.begin("begins")
    screen.tell([Line(0.0, "finding", "a long sentence that would wrap on a narrow terminal, but must not")])
    screen.refresh(at_once=True)
    screen.end()
    assert isinstance(console.file, io.StringIO)
    assert len(console.file.getvalue().splitlines()) == 2


def test_nobody_approves_where_nobody_sits() -> None:
    assert not Screen(Console(file=io.StringIO()), plain=True).ask("run")


class _Silent:
    """A responder that told nobody anything."""

    told: dict[str, list[object]] = {}  # noqa: RUF012
    runs: dict[str, object] = {}  # noqa: RUF012


def test_an_incident_is_told_once_and_again_when_its_cause_changes_or_it_ends() -> None:
    from aiops.correlate.correlator import Moved

    story = Story()

    def told(**changed: object) -> list[str]:
        outcome = Outcome(moved=[Moved(60.0, [incident(**changed)])])
        return [line.kind for line in story.tell(outcome, _Silent(), 60.0)]  # type: ignore[arg-type]

    assert told() == ["incident", "cause"]
    assert told() == []
    assert told(causes=(Cause("web", 0.6),)) == ["cause"]
    assert told(causes=(Cause("web", 0.6),), status="resolved") == ["resolved"]


def test_the_table_says_never_and_names_the_root_that_was_missed() -> None:
    verdicts = (Verdict("database slows", "bookdb", None, "", False, 660.0), Verdict("x", "a", 60.0, "b", True, None))
    console = Console(file=io.StringIO(), width=140)
    console.print(table(Score(verdicts, 1, (), 4, ("n",))))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "never" in text
    assert "11 min" in text
    assert "no: a" in text
