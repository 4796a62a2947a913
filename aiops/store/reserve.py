"""A file that takes up room so that there is some when the disk is full.

SQLite needs space even to delete. When a commit meets a full disk the reserve is given up: that commit
goes through, an operator can still acknowledge and clean, and the reserve is laid down again once there
is room.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 32 * 2**20


class Reserve:
    """`<state_dir>/reserve`, allocated for real (not sparse)."""

    def __init__(self, state_dir: Path, size: int = RESERVE_BYTES) -> None:
        self._path = state_dir / "reserve"
        self._size = size

    @property
    def held(self) -> bool:
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def hold(self) -> bool:
        """Lay it down if there is room for it twice over; whether it stands now."""
        if self.held:
            return True
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * self._size:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> bool:
        """Make its room free; whether there was any to give."""
        held = self.held
        self._path.unlink(missing_ok=True)
        return held
