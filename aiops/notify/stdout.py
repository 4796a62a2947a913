"""Standard output, for trying things out and for whoever collects it."""

from __future__ import annotations

import sys
from typing import ClassVar, Literal

import msgspec

from aiops.config import Strict
from aiops.errors import PermanentError
from aiops.respond.message import Message
from aiops.types import Json


class StdoutReceiver:
    """One line a notification. What was printed cannot be looked up, so a line in doubt is printed again."""

    class Config(Strict):
        format: Literal["text", "json"] = "text"
        fallback: str = ""

    spacing_seconds: ClassVar[float] = 0.0

    def __init__(self, config: Config) -> None:
        self._format = config.format

    def check(self) -> str:
        """Nothing can be wrong with it."""
        return "standard output"

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Print it."""
        if self._format == "json":
            line = _escaped(msgspec.json.encode({"action": action, **msgspec.to_builtins(message)}).decode())
        else:
            line = _printable(f"{action:<7} {message.incident_id} {message.text}")
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except OSError as error:
            raise PermanentError(f"standard output: {error.strerror}") from error
        return {}

    def find(self, reference: str) -> Json | None:
        """It cannot be known."""
        return None

    def close(self) -> None:
        """It is not ours to close."""


def _printable(text: str) -> str:
    """Without control characters: a log line must not steer the reader's terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _escaped(line: str) -> str:
    """The same JSON; JSON itself lets C1 controls and changes of direction through, a terminal obeys them."""
    return "".join(character if character.isprintable() else _escape(character) for character in line)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
