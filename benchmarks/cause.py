"""Root causes: whether the probabilities hold.

    python -m benchmarks.cause RECORDINGS...

reads folders with recordings and their truth (`<set>.truth.json` beside the folder `<set>`), and prints for each set
how often the first cause was right and what probability it was given: with the constants as they are, and with those
that all other sets, or all other kinds of faults, would have chosen. How fast: `benchmarks.rank`.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from aiops.correlate.cause import MOST_CERTAIN, TEMPERATURE, TEMPERATURE_SHARE, UNKNOWN_SCORE, rank, scores

GRID = tuple(product((0.3, 0.5, 0.7, 1.0, 1.4, 2.0), (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0)))
"""What may be chosen: temperature, its share of the best score, score of the unknown."""
OTHER_BINS = (5, 8, 15, 20)
Choice = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Case:
    """One answered recording: its set, the kind of fault, all scores best first, whether the first was right."""

    group: str
    fault: str
    values: tuple[float, ...]
    right: bool


def answered(home: Path) -> Iterable[Case]:
    """Every recording of every set in a folder, ranked."""
    from aiops.diagnosis.case import read
    from aiops.diagnosis.job import deviations

    for listing in sorted(home.glob("*.truth.json")):
        truth = json.loads(listing.read_text())
        fold = truth["fold"]
        for name, told in truth["cases"].items():
            case = read(home / truth["set"] / name)
            _, found, sight = deviations(case)
            causes, values = rank(found, sight.topology, case.changes), scores(found, sight.topology)
            names = [re.sub(fold, "", one) if fold else one for one in (*told["entities"], *(c.entity for c in causes))]
            right = bool(causes) and names[len(told["entities"])] in names[: len(told["entities"])]
            yield Case(truth["set"], f"{truth['set']}/{told['group']}", tuple(values), right)


def chance(values: Sequence[float], choice: Choice) -> float:
    """Probability of the first cause under other constants."""
    if not values:
        return 0.0
    heat = max(choice[0], choice[1] * values[0])
    weights = [math.exp((one - values[0]) / heat) for one in (*values, choice[2])]
    return MOST_CERTAIN / math.fsum(weights)


def chosen(cases: Sequence[Case]) -> Choice:
    """The constants with the least Brier score."""
    return min(GRID, key=lambda one: sum((chance(case.values, one) - case.right) ** 2 for case in cases))


def calibration_error(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error of (probability, right).

    >>> round(calibration_error([(0.9, True), (0.9, False)]), 3)
    0.4
    """
    p, y = np.array([one[0] for one in pairs]), np.array([one[1] for one in pairs], float)
    slot = np.minimum((p * bins).astype(int), bins - 1)
    held = [slot == one for one in range(bins)]
    return float(sum(abs(p[one].mean() - y[one].mean()) * one.mean() for one in held if one.any()))


def left_out(cases: Sequence[Case], key: Callable[[Case], str]) -> list[tuple[float, bool]]:
    """(probability, right) of each case under the constants that the cases of all other keys choose."""
    found = []
    for name in sorted({key(one) for one in cases}):
        choice = chosen([one for one in cases if key(one) != name])
        found += [(chance(one.values, choice), one.right) for one in cases if key(one) == name]
    return found


def main(homes: Sequence[str]) -> None:
    """Print the table."""
    cases = [case for home in homes for case in answered(Path(home))]
    now = (TEMPERATURE, TEMPERATURE_SHARE, UNKNOWN_SCORE)
    for name in sorted({one.group for one in cases}):
        held = [one for one in cases if one.group == name]
        other = chosen([one for one in cases if one.group != name])
        right, mean = np.mean([one.right for one in held]), np.mean([chance(one.values, now) for one in held])
        unseen = np.mean([chance(one.values, other) for one in held])
        print(f"{name:20} {len(held):4} cases  first right {right:.3f}  said {mean:.3f}  left out {unseen:.3f}")
    fitted = [(chance(one.values, now), one.right) for one in cases]
    print(f"calibration error of the constants as they are   {calibration_error(fitted):.4f}")
    apart = left_out(cases, _group)
    print(f"leaving one set out                              {calibration_error(apart):.4f}")
    others = ", ".join(f"{calibration_error(apart, bins):.4f} in {bins}" for bins in OTHER_BINS)
    print(f"the same in other bins than ten                  {others}")
    print(f"leaving one kind of fault of a set out           {calibration_error(left_out(cases, _fault)):.4f}")


def _group(case: Case) -> str:
    return case.group


def _fault(case: Case) -> str:
    return case.fault


if __name__ == "__main__":
    main(sys.argv[1:])
