"""One drift window of 10,000 rows and 50 features in memory: scipy's ks_2samp a feature, Evidently's preset, and ours.

Beside both peers stands the whole of `aiops drift` but for reading: rows counted into the reference's bins, location,
spread and shape of each feature, the windows before added up (sixteen of them), quality of the data, discovery control,
one verdict. scipy gives KS alone, so what our tests of this one window cost by themselves is told as well. Evidently's
preset has its defaults and runs in an environment of its own that `uv` makes (`benchmarks/drift_evidently.py`; without
`uv` or network that row is left out). In process CPU time; the reference is learnt once, as in a daemon, and is part of
Evidently's side only.

    python -m benchmarks.drift
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow
from scipy.stats import ks_2samp

from aiops.drift.cells import Roles
from aiops.drift.evidence import LENGTHS
from aiops.drift.judge import judge
from aiops.drift.reference import Reference
from aiops.drift.table import Table
from detectors.drift import BINS, benjamini_hochberg
from detectors.homogeneity import contrast, simes

ROWS, FEATURES, ROUNDS = 10_000, 50, 5
PEER = Path(__file__).parent / "drift_evidently.py"
PEER_NEEDS = ("evidently==0.7.23", "pandas<3")


def measure() -> dict[str, float]:
    """Ratios `drift` (target >= 50), `drift_tests` and `drift_evidently` (>= 1,000), milliseconds, bytes of state."""
    rng = np.random.default_rng(0)
    reference, current = rng.normal(0.0, 1.0, (2, FEATURES, ROWS))
    known, window = Reference.of(_table(reference), Roles()), _table(current)
    history = [known.count(window).tally] * (max(LENGTHS) - 1)

    bins, counts = known.bins, known.tally.counts

    def verdict() -> None:
        counted = known.count(window)
        judge(known, counted, [*history, counted.tally])

    def tests() -> None:
        benjamini_hochberg(simes(contrast(counts, bins.count(current.T)[:, :BINS]).p))

    def peer() -> None:
        for old, new in zip(reference, current, strict=True):
            ks_2samp(old, new)

    times = [(_seconds(peer), _seconds(tests, 10), _seconds(verdict, 10)) for _ in range(ROUNDS)]
    slow, fast, whole = (1e3 * median(side) for side in zip(*times, strict=True))
    found = {
        "drift": median(theirs / ours for theirs, _, ours in times),
        "drift_tests": median(theirs / ours for theirs, ours, _ in times),
        "drift_tests_ms": fast,
        "drift_verdict_ms": whole,
        "scipy_ks_2samp_ms": slow,
        "drift_state_bytes": float(known.bins.edges.nbytes + known.tally.counts.nbytes + history[0].counts.nbytes),
    }
    preset = evidently()
    return found | ({"drift_evidently": preset / whole, "evidently_preset_ms": preset} if preset else {})


def _seconds(work: Callable[[], None], times: int = 1) -> float:
    """CPU seconds of one of several, after one that does not count."""
    work()
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def _table(columns: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Table:
    arrays = {f"c{i}": pyarrow.chunked_array([pyarrow.array(column)]) for i, column in enumerate(columns)}
    return Table("window", columns.shape[1], arrays)


def evidently() -> float | None:
    """Milliseconds of the preset; None when its environment cannot be made."""
    program = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if program is None:
        return None
    needs = [part for need in PEER_NEEDS for part in ("--with", need)]
    command = [program, "run", "--no-project", "--isolated", *needs, "python", "-W", "ignore", str(PEER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        print(f"evidently: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return float(json.loads(done.stdout.strip().splitlines()[-1])["evidently_ms"])


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:40} {value:15,.2f}")
