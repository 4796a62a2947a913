"""Where the demo is told: a live view on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from aiops.demo.story import Line
from aiops.demo.view import COLOURS, Board, draw

DRAW_SECONDS = 0.1


class Screen:
    """Shows a board as it changes.

    Parameters
    ----------
    plain : one line a happening, nothing else.
    """

    def __init__(self, console: Console, *, plain: bool) -> None:
        self.board = Board()
        self._console, self._plain = console, plain
        self._live: Live | None = None
        self._drawn = 0.0

    def begin(self, doing: str) -> None:
        """Say what is being done; opens the view."""
        self.board.doing = doing
        if self._plain:
            self._console.print(Text(doing, "dim"))
            return
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._live.start()
        self.refresh(at_once=True)

    def phase(self, doing: str) -> None:
        """Another phase begins."""
        self.board.doing = doing
        if self._plain:
            self._console.print(Text(doing, "dim"))
        self.refresh(at_once=True)

    def tell(self, lines: Iterable[Line]) -> None:
        """Add to the story."""
        for line in lines:
            self.board.lines.append(line)
            if self._plain:
                self._console.print(Text(str(line), COLOURS.get(line.kind, "")), soft_wrap=True)

    def refresh(self, *, at_once: bool = False) -> None:
        """Draw, unless it was just done."""
        if self._live is None or (not at_once and time.monotonic() - self._drawn < DRAW_SECONDS):
            return
        self._drawn = time.monotonic()
        width, height = self._console.size
        self._live.update(draw(self.board, height, width), refresh=True)

    def ask(self, run_id: str) -> bool:
        """Whether somebody at the terminal approves a run; without a terminal nobody does."""
        if self._live is None or not sys.stdin.isatty():
            return False
        self.board.asking = run_id
        self.refresh(at_once=True)
        answer = sys.stdin.readline()
        self.board.asking = ""
        return not answer.strip().lower().startswith("n")

    def end(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self.refresh(at_once=True)
            self._live.stop()
            self._live = None
