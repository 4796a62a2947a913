"""What each part of the joint detector (`detectors.joint`) is worth to its shape, alone and together.

    python -m benchmarks.accuracy.ablation_joint --data FOLDER

FOLDER holds mts/ and tsb-ad/. Entities of mts are begun at four different rows, because which windows are learnt first
is chance: the first figure is of the whole file, the second the mean of the four. The detector is called directly: the
same figures as through `aiops score`, in minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import data
from benchmarks.accuracy.data import Case, Floats
from benchmarks.accuracy.vus import vus_pr
from detectors.joint import Joint

VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "short window alone": {"weights": (1.0, 0.0, 0.0)},
    "long window alone": {"weights": (0.0, 1.0, 0.0)},
    "columns together alone": {"weights": (0.0, 0.0, 1.0)},
    "without short window": {"weights": (0.0, 1.0, 0.5)},
    "without long window": {"weights": (1.0, 0.0, 0.5)},
    "without columns together": {"weights": (1.0, 1.0, 0.0)},
    "all with equal weight": {"weights": (1.0, 1.0, 1.0)},
    "no time of day (one slot)": {"season_slots": 1},
    "not held": {"fade_rows": 0.01},
    "held for longer (half in 150 rows)": {"fade_rows": 150.0},
}
BEGINNINGS = (0, 1_000, 3_000, 8_000)


def shape(case: Case, first: int, parts: dict[str, Any]) -> float:
    """VUS-PR of one entity of which only the rows from `first` are seen."""
    values = case.values[first:]
    joint = Joint(values.shape[1], step_seconds=case.interval, **parts)
    held: Floats = joint.scan(joint.init(1), values[:, None, :], np.arange(first, len(case.values))).shape[:, 0]
    judged = slice(case.start - first, None) if case.start else slice(None)
    return vus_pr(case.truth[case.start :], np.nan_to_num(held[judged]), case.values[case.start :, 0])


def main() -> None:
    """Print one Markdown row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder = parser.parse_args().data
    entities, published = data.mts(folder / "mts"), data.tsb(folder / "tsb-ad", "M")
    groups = sorted({case.group for case in entities})
    print("| parts |", " | ".join(f"{group} | {group}, four beginnings" for group in groups), "| TSB-AD-M |")
    print("|---|" + "---|---|" * len(groups) + "---|")
    for name, parts in VARIANTS.items():
        cells = []
        for group in groups:
            mine = [case for case in entities if case.group == group]
            found = [np.mean([shape(case, first, parts) for case in mine]) for first in BEGINNINGS]
            cells += [f"{found[0]:.3f}", f"{np.mean(found):.3f}"]
        cells.append(f"{np.mean([shape(case, 0, parts) for case in published]):.3f}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
