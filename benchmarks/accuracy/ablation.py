"""What each part of the deeper stage (`detectors.deep`) is worth, alone and together.

    python -m benchmarks.accuracy.ablation --data FOLDER

FOLDER holds nab/ and kpi-wsd/. Detectors are called directly: the same figures as through `aiops score`, in minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import data, detection
from benchmarks.accuracy import nab as nab_score
from benchmarks.accuracy.data import Case, Floats
from detectors.deep import DAY_SECONDS, Deep

VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "forecast alone": {"weights": (1.0, 0.0, 0.0)},
    "lag distance alone": {"weights": (0.0, 1.0, 0.0)},
    "novelty alone": {"weights": (0.0, 0.0, 2.0)},
    "without forecast": {"weights": (0.0, 0.5, 2.0)},
    "without lag distance": {"weights": (1.0, 0.0, 2.0)},
    "without novelty": {"weights": (1.0, 0.5, 0.0)},
    "all with equal weight": {"weights": (1.0, 1.0, 1.0)},
    "no season (one slot a day)": {"season_slots": 1},
    "one usual error for all hours": {"hours": 1},
    "an alarm silences nothing": {"fade_rows": 0.01},
    "an alarm fades in 100 rows": {"fade_rows": 100.0},
}
FIRST_ROWS = 64


def surprise(case: Case, parts: dict[str, Any]) -> Floats:
    """Of every row of one series, shape (rows,); 0 where nothing is said."""
    assert case.time is not None
    distances = np.diff(case.time[:FIRST_ROWS])
    step = float(min(distances[distances > 0][0], DAY_SECONDS))
    detector = Deep(step_seconds=step, **parts)
    at = (case.time // step).astype(np.int64)
    said, _ = detector.scan(detector.init(1), case.values[:, :1], at)
    return np.nan_to_num(said[:, 0])


def main() -> None:
    """Print one Markdown row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder = parser.parse_args().data
    nab, series = data.nab(folder / "nab"), data.kpi(folder / "kpi-wsd")
    groups = sorted({case.group for case in series})
    print("| parts | NAB standard |", " | ".join(f"{group} delay F1" for group in groups), "|")
    print("|---|---|" + "---|" * len(groups))
    for name, parts in VARIANTS.items():
        standard = nab_score.score(folder / "nab", nab, {case.name: surprise(case, parts) for case in nab})["standard"]
        cells = []
        for group in groups:
            mine = [case for case in series if case.group == group]
            cells.append(f"{detection.delay_f1(mine, [surprise(case, parts) for case in mine])[0]:.3f}")
        print(f"| {name} | {standard:.1f} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
