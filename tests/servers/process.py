"""One child process on loopback: started, waited for, ended by its own pid and nobody else's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path


class MissingProgramError(RuntimeError):
    """A program that a server needs is not installed."""


class NotUpError(RuntimeError):
    """A child did not come up; the message ends with the tail of its log."""


def program(*names: str) -> str:
    """Return the path of the first of `names` that is installed."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise MissingProgramError(f"not installed: {' or '.join(names)}")


def free_port() -> int:
    """A loopback TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Child:
    """A process with a log file; can be started again with the same command."""

    def __init__(self, command: Sequence[str], log: Path, folder: Path) -> None:
        self.command, self.log, self.folder = list(command), log, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )

    @property
    def pid(self) -> int:
        assert self._process is not None, "never started"
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, seconds: float = 20.0) -> None:
        """Ask, wait, then kill."""
        self._end(signal.SIGTERM, seconds)
        self.kill()

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL, 10.0)

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self._process is None or not self.alive():
            return
        os.kill(self.pid, number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            if number == signal.SIGKILL:
                raise

    def until(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until `ready()`; a child that left, or time that is up, raises with the end of its log."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive() or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise NotUpError(f"{self.command[0]} did not come up:\n{tail}")
            time.sleep(0.05)


class Server:
    """A folder, a free port and a child; a context manager that leaves nothing behind."""

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.child = Child(self.command(), self.folder / "server.log", self.folder)

    def command(self) -> list[str]:
        """Write the settings and return argv."""
        raise AssertionError("each server has its own")

    def ready(self) -> bool:
        return listens(self.port)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self) -> None:
        self.child.start()
        self.child.until(self.ready)

    def stop(self) -> None:
        self.child.stop()

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
