"""Evidently's drift preset over windows like those of `drift`, as a program of its own for an environment of its own.

    uv run --no-project --with 'evidently==0.7.23' --with 'pandas<3' python benchmarks/drift_evidently.py [SIZE ...]

Prints one JSON object: CPU milliseconds of one window of 10,000 x 50 with the preset's defaults, and for each SIZE, of
50 clean windows of so many rows against 5,000, the share in which any column is called drifted, and the dataset is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

ROWS, FEATURES, ROUNDS = 10_000, 50, 2
REFERENCE, CLEAN = 5_000, 50


def measure(sizes: list[int]) -> dict[str, float]:
    """Time, and false alarms at each size of clean windows."""
    import numpy as np
    import pandas as pd
    from evidently import Report  # type: ignore[import-not-found]
    from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

    rng = np.random.default_rng(0)

    def frame(rows: int) -> pd.DataFrame:
        return pd.DataFrame(rng.normal(0.0, 1.0, (rows, FEATURES)), columns=[f"c{i}" for i in range(FEATURES)])

    def report(reference: pd.DataFrame, current: pd.DataFrame) -> float:
        """Columns called drifted."""
        done = Report([DataDriftPreset()]).run(current, reference).dict()
        return float(done["metrics"][0]["value"]["count"])

    old, new = frame(ROWS), frame(ROWS)
    found = {"evidently_ms": 1e3 * min(_seconds(lambda: report(old, new)) for _ in range(ROUNDS))}
    for rows in sizes:
        reference = frame(REFERENCE)
        drifted = np.array([report(reference, frame(rows)) for _ in range(CLEAN)])
        found[f"any_column_{rows}"] = float(np.mean(drifted > 0))
        found[f"dataset_{rows}"] = float(np.mean(drifted >= FEATURES / 2))
    return found


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    print(json.dumps(measure([int(size) for size in sys.argv[1:]])))
