"""Slow detectors in processes of their own: spawned, bounded in time and memory, recycled, gone with their parent.

Spawned, not forked: a forked child inherits locks held by threads it does not have, and open sockets of Kafka. A job
that overruns its time or memory costs its process, which is replaced; the caller gets an exception and goes on. What
crosses the border is pickled by multiprocessing between our own two processes and never stored.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

PR_SET_PDEATHSIG = 1


class JobTimeout(Exception):
    """The job took longer than allowed; its process was ended."""


class JobFailed(Exception):
    """The job raised, ran out of memory, or its process died."""


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _work(pipe: Connection, parent: int, memory: int) -> None:
    """The worker's loop: one job in, one answer out, until the pipe closes."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory)
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = (True, function(*arguments))
        except MemoryError:
            answer = (False, f"out of memory, {memory} bytes are allowed")
        except Exception as error:  # noqa: BLE001 - whatever a library raises on odd data is this job's answer, not our end
            answer = (False, f"{type(error).__name__}: {error}")
        pipe.send(answer)


class Worker:
    """One process, started with its first job. Jobs run one after the other; threads take turns.

    Parameters
    ----------
    timeout : seconds for a job, the start of the process included.
    memory : bytes of address space.
    jobs : after which the process is replaced, because numerical libraries leak.
    """

    def __init__(self, timeout: float = 30.0, memory: int = 4 << 30, jobs: int = 200) -> None:
        self.timeout, self.memory, self.jobs = timeout, memory, jobs
        self._turn = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._done = 0

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The function's result, computed over there; function and arguments must be picklable.

        Raises
        ------
        JobTimeout : after `timeout` seconds.
        JobFailed : if it raised, ran out of memory or died; the message says what.
        """
        with self._turn:
            pipe = self._ready()
            try:
                pipe.send((function, arguments))
                if not pipe.poll(self.timeout):
                    self._end()
                    raise JobTimeout(f"no result after {self.timeout:g} s")
                good, answer = pipe.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError) as error:
                self._end()
                raise JobFailed("the worker process died") from error
            self._done += 1
            if self._done >= self.jobs:
                self._end()
        if not good:
            raise JobFailed(answer)
        return answer

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the process; a job it was at is lost."""
        self._end()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ready(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self._end()
            spawn = multiprocessing.get_context("spawn")
            ours, theirs = spawn.Pipe()
            self._process = spawn.Process(target=_work, args=(theirs, os.getpid(), self.memory), daemon=True)
            self._process.start()
            theirs.close()
            self._pipe, self._done = ours, 0
        return self._pipe

    def _end(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join(5.0)
            process.close()
