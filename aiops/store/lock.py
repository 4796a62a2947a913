"""One daemon per state directory.

`flock` on `<state_dir>/lock`: the kernel lets go when the process dies, however it dies, so there is no
stale lock to clean up. The process id inside is for people only; nobody decides anything by it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from aiops.errors import AiopsError, ConfigError


class AlreadyRunning(AiopsError):
    """Another process holds the state directory; the command line exits 75 (EX_TEMPFAIL)."""


class Lock:
    """Holds `<state_dir>/lock` until `release` or the end of the process.

    Raises
    ------
    AlreadyRunning : if another process (or another `Lock` of this one) holds it.
    ConfigError : if the directory cannot be written.
    """

    def __init__(self, state_dir: Path) -> None:
        path = state_dir / "lock"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(
                f"cannot write there: {error.strerror}", path="state_dir", value=str(state_dir)
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._fd, 32, 0).decode(errors="replace").strip()
            os.close(self._fd)
            raise AlreadyRunning(f"{state_dir} is in use by process {holder or 'unknown'}") from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; the file stays, because removing it would race with the next holder."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
