"""The worker process: bounded in time and memory, replaced, and gone with its parent."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time

import pytest

from detectors.pool import JobFailed, JobTimeout, Worker

DIE_WITH_PARENT = """
import os, signal, time
from detectors.pool import Worker
if __name__ == "__main__":
    worker = Worker()
    print(worker.run(os.getpid), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_runs_elsewhere_and_answers() -> None:
    with Worker() as worker:
        assert worker.run(math.sqrt, 9.0) == 3.0
        assert worker.run(os.getpid) == worker.pid != os.getpid()


def test_an_overrunning_job_is_ended_and_the_next_one_served() -> None:
    with Worker(timeout=1.5) as worker:
        with pytest.raises(JobTimeout):
            worker.run(time.sleep, 60)
        worker.timeout = 20.0
        assert worker.run(math.sqrt, 4.0) == 2.0


def test_memory_beyond_the_limit_fails_the_job_not_the_worker() -> None:
    with Worker(memory=1 << 30) as worker:
        with pytest.raises(JobFailed, match="out of memory"):
            worker.run(bytearray, 2 << 30)
        assert worker.run(math.sqrt, 4.0) == 2.0


def test_an_error_comes_back_with_its_name() -> None:
    with Worker() as worker, pytest.raises(JobFailed, match="ValueError"):
        worker.run(math.sqrt, -1.0)


def test_a_process_that_dies_is_an_error_and_is_replaced() -> None:
    with Worker() as worker:
        with pytest.raises(JobFailed, match="died"):
            worker.run(os._exit, 3)
        assert worker.run(math.sqrt, 4.0) == 2.0


def test_a_process_is_replaced_after_its_jobs() -> None:
    with Worker(jobs=2) as worker:
        pids = [worker.run(os.getpid) for _ in range(3)]
    assert pids[0] == pids[1] != pids[2]


def test_a_worker_does_not_outlive_its_parent(tmp_path: object) -> None:
    script = os.path.join(str(tmp_path), "parent.py")
    with open(script, "w") as file:
        file.write(DIE_WITH_PARENT)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    for _ in range(100):
        if not _runs(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"worker {pid} is still there")


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
