"""One JSON object a line, appended and on the disk before it counts as sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import msgspec

from aiops.config import Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.respond.message import Message
from aiops.types import Json

TAIL_BYTES = 8 * 2**20


class FileReceiver:
    """One file. It is opened for each line, so that it may be moved away by a log rotation at any time."""

    class Config(Strict):
        path: Path
        fallback: str = ""

    spacing_seconds: ClassVar[float] = 0.0

    def __init__(self, config: Config) -> None:
        self._path = config.path

    def check(self) -> str:
        """Whether it could be written; it is not created."""
        folder = self._path.parent
        if self._path.exists() and not os.access(self._path, os.W_OK):
            raise PermanentError(f"{self._path} is not writable")
        if not os.access(folder, os.W_OK):
            raise PermanentError(f"{folder} does not exist or is not writable")
        return f"{self._path} is writable"

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Append one line."""
        line = {"action": action, "text": message.text, **msgspec.to_builtins(message)}
        raw = msgspec.json.encode(line) + b"\n"
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                # A crash may have left half a line: it must not swallow this one.
                end = os.lseek(descriptor, 0, os.SEEK_END)
                whole = end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"
                _write(descriptor, raw if whole else b"\n" + raw)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except (PermissionError, IsADirectoryError, FileNotFoundError) as error:
            raise PermanentError(f"{self._path}: {error.strerror}") from error
        except OSError as error:
            raise TemporaryError(f"{self._path}: {error.strerror}", in_doubt=True) from error
        return {"path": str(self._path)}

    def find(self, reference: str) -> Json | None:
        """Look through the last lines."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TemporaryError(f"{self._path}: {error.strerror}") from error
        known = any(_reference(line) == reference for line in reversed(lines))
        return {"path": str(self._path)} if known else None

    def close(self) -> None:
        """Nothing stays open between calls."""


def _write(descriptor: int, raw: bytes) -> None:
    left = memoryview(raw)
    while left:
        left = left[os.write(descriptor, left) :]


def _reference(line: bytes) -> str:
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return ""
    return str(found.get("reference", "")) if isinstance(found, dict) else ""
