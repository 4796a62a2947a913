"""One program with its arguments. Never a shell: the arguments reach the program as they are, metacharacters and all.

It gets an environment of its own (what the step lists, and PATH), no input, and a process group of its own. When time
is up the group gets TERM, then KILL, and the outcome is unknown: it may have done its work before. So is a program
that somebody else killed. A non-zero exit is the program's own word that it failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from pydantic import Field, field_validator

from aiops.config import Strict
from aiops.errors import PermanentError
from aiops.respond.effect import ActionContext, ActionOutcome

GRACE_SECONDS = 3.0
KEPT_BYTES = 16_384
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ExecAction:
    """`action: exec`."""

    class Config(Strict):
        argv: tuple[str, ...] = Field(min_length=1, max_length=256)
        env: dict[str, str] = Field(default_factory=dict)
        folder: Path = Path("/")
        expect: tuple[int, ...] = (0,)

        @field_validator("argv")
        @classmethod
        def _passable(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
            if not argv[0] or any("\0" in one for one in argv):
                raise ValueError("needs a program, and no argument may hold a NUL")
            return argv

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Run the program to its end."""
        environment = {"PATH": PATH, "AIOPS_KEY": context.key, "AIOPS_RUN": context.run_id, **config.env}
        try:
            process = subprocess.Popen(
                config.argv,
                env=environment,
                cwd=config.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise PermanentError(f"{config.argv[0]} cannot be started: {error}") from error
        output = _Output(process.stdout)
        timed_out = not _ends(process, context.timeout_seconds)
        if timed_out:
            _signal(process, signal.SIGTERM)
            _ends(process, GRACE_SECONDS)
        # Children of its own may still be there; none outlives the step.
        _signal(process, signal.SIGKILL)
        code = process.wait()
        shown = {"exit": code, "output": output.text()}
        if timed_out:
            return ActionOutcome("unknown", f"{config.argv[0]}: no end within {context.timeout_seconds:g} s", shown)
        if code < 0:
            return ActionOutcome("unknown", f"{config.argv[0]}: ended by signal {-code}", shown)
        return ActionOutcome("ok" if code in config.expect else "failed", f"{config.argv[0]}: exit {code}", shown)


class _Output:
    """Reads a pipe to its end so that the program never blocks, and keeps the beginning."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True, name="exec-output")
        self._thread.start()

    def _read(self, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            return
        with pipe:
            while piece := os.read(pipe.fileno(), 65_536):
                self._kept += piece[: KEPT_BYTES - len(self._kept)]

    def text(self) -> str:
        self._thread.join(GRACE_SECONDS)
        return bytes(self._kept).decode("utf-8", "replace")


def _ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
