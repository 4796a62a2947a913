"""The demo in a terminal: clock, numbers, the surprise of every series, the story, and the card as a chat shows it.

Draws what `Board` holds; decides nothing. Text from the shop is data: it is shown as text, never as markup.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from aiops.demo.score import Score
from aiops.demo.story import Line, clock
from aiops.respond.message import Message

BARS = "▁▂▃▄▅▆▇█"
COLOURS = {
    "change": "cyan",
    "finding": "yellow",
    "incident": "bold red",
    "cause": "magenta",
    "page": "bold red",
    "runbook": "blue",
    "resolved": "bold green",
}
CAPTION = "Static limits watched the same day, in which runbooks ended the failures early."
TALL = 12.0
"""Surprise at which the sparkline is full."""


@dataclass(slots=True)
class Board:
    """Everything that is shown.

    Attributes
    ----------
    doing : what phase it is in.
    done : 0 to 1.
    surprise : largest surprise of each column of late.
    card : the incident that is told of, as its message; None = none yet.
    asking : run that waits for an answer; empty = none.
    """

    now: float = 0.0
    doing: str = ""
    done: float = 0.0
    series: int = 0
    samples: int = 0
    rate: float = 0.0
    pages: int = 0
    static_pages: int = 0
    surprise: deque[float] = field(default_factory=lambda: deque(maxlen=480))
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=200))
    card: Message | None = None
    asking: str = ""


def draw(board: Board, height: int, width: int) -> RenderableType:
    """The whole screen."""
    layout = Layout()
    layout.split_column(Layout(_head(board, width), size=5), Layout(name="body"))
    layout["body"].split_row(Layout(_story(board, height - 7), ratio=5), Layout(_card(board), ratio=4))
    return layout


def sparkline(values: Iterable[float], width: int) -> str:
    """The last values as bars; each bar is the largest of those it stands for.

    >>> sparkline([0, 6, 12], 3)
    '▁▅█'
    """
    shown = list(values)
    per_bar = max(1, -(-len(shown) // max(width, 1)))
    peaks = [max(shown[i : i + per_bar]) for i in range(0, len(shown), per_bar)]
    return "".join(BARS[min(len(BARS) - 1, round(max(peak, 0.0) / TALL * (len(BARS) - 1)))] for peak in peaks)


def _head(board: Board, width: int) -> Panel:
    numbers = Table.grid(padding=(0, 3))
    numbers.add_row(
        Text(clock(board.now), "bold"),
        f"{board.series:,} series",
        f"{board.samples:,} samples",
        f"{board.rate:,.0f} a second",
        Text(f"{board.pages} pages", "bold red" if board.pages else "green"),
        Text(f"static limits: {board.static_pages}", "dim"),
    )
    bars = Text("surprise ", "dim") + Text(sparkline(board.surprise, max(20, width - 16)), "yellow")
    # The bar comes last: it ends without a line break.
    parts = Group(numbers, bars, ProgressBar(1.0, board.done))
    return Panel(parts, title=Text(board.doing), border_style="dim")


def _story(board: Board, rows: int) -> Panel:
    lines = [
        Text.assemble((clock(line.at), "dim"), "  ", (f"{line.kind:<9}", COLOURS.get(line.kind, "")), line.text)
        for line in list(board.lines)[-max(rows, 3) :]
    ]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Panel(Group(*lines), title="What happened", border_style="dim")


def _card(board: Board) -> Panel:
    message = board.card
    if message is None:
        return Panel(Text("Nothing to report.", "dim"), title="#oncall", border_style="dim")
    colour = "green" if message.status == "resolved" else "red"
    parts: list[RenderableType] = [
        Text(message.headline, f"bold {colour}"),
        Text(f"{message.status} since {clock(message.started)}   {' · '.join(message.worlds)}", "dim"),
        Text(),
    ]
    for cause in message.causes:
        parts.append(Text.assemble((f"{cause.percent:>3} % ", "bold"), (cause.entity, "magenta"), f"  {cause.what}"))
        parts += [Text(f"      {line}", "dim") for line in cause.evidence]
    parts += [Text(), *(Text(f"• {finding.summary}") for finding in message.findings[:6])]
    if message.more_findings:
        parts.append(Text(f"  and {message.more_findings} more", "dim"))
    for run in message.runbooks:
        parts += [Text(), Text.assemble(("runbook ", "blue"), f"{run.runbook} on {run.target}: ", (run.state, "bold"))]
    if board.asking:
        parts.append(Text(f"Approve {board.asking}? [Enter = yes, n = no]", "bold reverse"))
    return Panel(Group(*parts), title="#oncall", border_style=colour)


def table(score: Score) -> Table:
    """The end: what was found, by us and by static limits."""
    shown = Table(title="What failed, and who noticed", title_justify="left", caption=CAPTION, caption_justify="left")
    for name in ("failure", "paged after", "named cause", "right", "fixed", "static limits"):
        shown.add_column(name, no_wrap=True)
    for one in score.verdicts:
        shown.add_row(
            one.fault,
            _minutes(one.delay_seconds),
            one.named or "-",
            "yes" if one.right else f"no: {one.root}",
            "yes" if one.mended else "no",
            _minutes(one.static_delay_seconds),
        )
    shown.add_section()
    shown.add_row("pages sent", str(score.pages), "", "", "", str(score.static_pages))
    shown.add_row("false pages", str(len(score.false_pages)), "", "", "", str(len(score.static_false_pages)))
    return shown


def farewell(url: str, config: Path, incident: str, *, stays: bool) -> Text:
    """Where to look further: the page while it is served, and three commands."""
    page = f"{url}/incidents/{incident}" if incident else url
    commands = (
        (f"aiops explain {incident} -c {config}", "why it paged"),
        (f"aiops run -c {config}", "the pages of this day again"),
        ("aiops init --prometheus URL --kafka HOST:PORT", "a configuration for what you run"),
    )
    width = max(len(command) for command, _ in commands)
    text = Text.assemble("\nThe incident as a page: ", (page, "underline"), "\n") if stays else Text()
    text.append("\nTry next:\n")
    for command, why in commands:
        text.append_text(Text.assemble("  ", (command.ljust(width), "bold"), f"   {why}\n"))
    if stays:
        text.append("\nThe pages stay until you press Enter.\n", "dim")
    return text


def _minutes(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds / 60:.0f} min"
