"""Runs `aiops score` over cases as a user would: a folder of files in, a folder of files out, one configuration."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy.data import Case, Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one case: `alarm` and `shape` of every column, shape (rows, columns), and of all together, shape (rows,)."""

    alarm: Floats
    shape: Floats
    joint: Floats
    joint_shape: Floats


def run(cases: Sequence[Case], *, joint: bool = False, jobs: int = 1) -> list[Scores]:
    """Score every case.

    Raises
    ------
    RuntimeError : `aiops score` failed.
    """
    with tempfile.TemporaryDirectory(prefix="aiops-accuracy-") as folder:
        source, target = Path(folder, "in"), Path(folder, "out")
        source.mkdir()
        for i, case in enumerate(cases):
            pq.write_table(_table(case), source / f"{i:05d}.parquet")
        command = [sys.executable, "-m", "aiops", "score", str(source), str(target), "--shape", "--jobs", str(jobs)]
        done = subprocess.run([*command, *["--joint"] * joint, "--quiet"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"aiops score ended with {done.returncode}: {done.stderr.strip()}")
        return [_read(target / f"{i:05d}.parquet", case, joint) for i, case in enumerate(cases)]


def _table(case: Case) -> pa.Table:
    columns = {} if case.time is None else {"timestamp": case.time}
    return pa.table({**columns, **dict(zip(case.names, case.values.T, strict=True))})


def _read(path: Path, case: Case, joint: bool) -> Scores:
    table = pq.read_table(path)

    def of(names: Sequence[str]) -> Floats:
        found = np.stack([table[name].to_numpy().astype(np.float64) for name in names], axis=1)
        return np.asarray(np.nan_to_num(found, nan=0.0), np.float64)

    both = of(["joint", "joint:shape"]) if joint else np.zeros((len(case.truth), 2))
    return Scores(of(case.names), of([f"{name}:shape" for name in case.names]), both[:, 0], both[:, 1])
