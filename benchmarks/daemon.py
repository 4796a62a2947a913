"""A real `aiops run` under a fleet that pushes: share of a core, and resident memory at its height.

The daemon is a process of its own with every shipped rule, its store, ring files, web server and threads. Half an hour
of past is pushed as fast as it is taken, so that every baseline is past its warm-up; then scrapes come every 15 s, as
they would all year, and that time is what is measured. Needs Linux: figures come from /proc.

    python -m benchmarks.daemon [--series 100000] [--minutes 3]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleet import Fleet

STEP_SECONDS = 15.0
PAST_STEPS = 130
UP_SECONDS, CAUGHT_UP_SECONDS = 600.0, 600.0
"""The first start on a machine compiles every kernel."""
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """
step: 15s
state_dir: {folder}/state
sources: {{in: {{type: otlp, listen: "127.0.0.1:{push}"}}}}
limits: {{series: {series}, series_per_metric: {series}}}
web: {{listen: "127.0.0.1:{web}"}}
"""


class Daemon:
    """`aiops run` in a folder of its own.

    Parameters
    ----------
    folder : for configuration, state and log.
    series : how many it shall take in.
    """

    def __init__(self, folder: Path, series: int) -> None:
        self._push, self._web = _free_port(), _free_port()
        config = folder / "aiops.yaml"
        config.write_text(CONFIG.format(folder=folder, push=self._push, web=self._web, series=max(series, 150_000)))
        self._log_path = folder / "log"
        self._log = self._log_path.open("wb")
        command = [sys.executable, "-m", "aiops", "run", "-c", str(config), "--log-level", "WARNING"]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, env=one_thread())

    def push(self, bodies: Iterable[bytes]) -> None:
        """Send one scrape; one that is refused for now is sent again, as senders do.

        Raises
        ------
        RuntimeError : it is refused for good.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._push, timeout=60)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        for body in bodies:
            while True:
                connection.request("POST", "/api/v1/write", body, headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status == 204:
                    break
                if answer.status != 503:
                    raise RuntimeError(f"refused: {answer.status} {said.decode(errors='replace')}")
                time.sleep(0.5)
        connection.close()

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels, from `/metrics`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._web}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def wait_up(self) -> None:
        """Until its sources can be pushed to.

        Raises
        ------
        RuntimeError : it has ended, or is not up in time.
        """
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._web}/-/ready", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"aiops run did not come up: {self._log_path.read_text(errors='replace')[-2000:]}")

    def wait_taken(self, samples: int) -> None:
        """Until so many samples were taken in.

        Raises
        ------
        RuntimeError : they were not, in time.
        """
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while self.metric("aiops_samples_total") < samples:
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {self.metric('aiops_samples_total'):.0f} of {samples} samples were taken")
            time.sleep(0.5)

    def core_seconds(self) -> float:
        """CPU time of all its threads so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def most_bytes(self) -> int:
        """Resident memory at its height."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextmanager
def running(series: int) -> Iterator[Daemon]:
    """A daemon that is up, and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="aiops-bench-") as folder:
        daemon = Daemon(Path(folder), series)
        try:
            daemon.wait_up()
            yield daemon
        finally:
            daemon.stop()


def one_thread() -> dict[str, str]:
    """The environment, with numerical libraries kept to one thread."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(series: int, minutes: float, past_steps: int = PAST_STEPS) -> dict[str, float]:
    """Push the past, then keep the pace; what both cost."""
    fleet, steps = Fleet(series), max(2, round(60 * minutes / STEP_SECONDS))
    with running(series) as daemon:
        began, at = daemon.core_seconds(), time.time() - past_steps * STEP_SECONDS
        for step in range(past_steps):
            daemon.push(fleet.scrape(at + step * STEP_SECONDS))
        daemon.wait_taken(past_steps * series)
        past, began = daemon.core_seconds() - began, daemon.core_seconds()
        start = time.monotonic()
        for step in range(steps):
            daemon.push(fleet.scrape(time.time()))
            time.sleep(max(0.0, start + (step + 1) * STEP_SECONDS - time.monotonic()))
        busy, wall = daemon.core_seconds() - began, time.monotonic() - start
        return {
            "daemon_core_share": busy / wall,
            "daemon_resident_gigabytes": daemon.most_bytes() / 1e9,
            "daemon_core_seconds_a_step": busy / steps,
            "daemon_past_core_seconds_a_step": past / past_steps,
            "daemon_series": daemon.metric("aiops_series"),
            "daemon_dropped": daemon.metric("aiops_dropped_total"),
        }


def measure() -> dict[str, float]:
    """`daemon_core_share` (target <= 1) and `daemon_resident_gigabytes` (<= 1.5) at 100,000 series."""
    return run(100_000, 2.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=3.0)
    asked = parser.parse_args()
    print(json.dumps(run(asked.series, asked.minutes), indent=2))
