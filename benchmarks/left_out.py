"""Root causes: what the constants of the ranking owe to the sets they were chosen on.

    python -m benchmarks.left_out RECORDINGS...

reads folders with recordings and their truth (`<set>.truth.json` beside the folder `<set>`) and judges each recording
with every constant of the ranking as it is, halved and doubled, one at a time. Of these settings the best one for all
other sets, or for all other kinds of faults, is used on the set, or the kind, that was left out: what that costs
against the constants as they are is what was fitted. Sets whose truth is a change are left out altogether.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aiops.correlate.cause import rank
from aiops.correlate.deviation import WEIGHTS
from aiops.diagnosis.case import Case, read
from aiops.diagnosis.job import judged
from aiops.diagnosis.observe import Sight, see
from aiops.diagnosis.series import Series
from aiops.types import Floats

CONSTANTS = (
    "correlate.standing.CALLEE", "correlate.cause.MATCH", "correlate.cause.WEAK", "correlate.cause.CROSS",
    "correlate.track.SURE", "correlate.track.BELOW", "correlate.track.MOST_NATS", "correlate.track.MOST_SCALES",
    "correlate.track.FLOOR_SD", "correlate.track.FLOOR_LEVEL", "correlate.track.FLOOR_POINTS",
    "correlate.request_shift.FLOOR_SHARE", "correlate.request_shift.RECENT_SECONDS",
    "correlate.rarity.FALLING", "correlate.rarity.PRIVATE", "correlate.rarity.NEXT",
    "diagnosis.observe.OTHER_KIND", "diagnosis.job.SHARPNESS", "correlate.onset.HINT",
    "correlate.onset.FADING", "correlate.onset.CALM_SAMPLES",
)  # fmt: skip
SIGNALS = (("saturation", "other"), ("load", "relief"))
"""Kinds of signals that are weighed alike."""
FACTORS = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Question:
    """A recording with its truth; of what is in it, no more is kept than judging it needs."""

    group: str
    fault: str
    case: Case
    sight: Sight
    fold: str
    entities: frozenset[str]

    def right(self) -> bool:
        """Whether the first cause is right under the constants as they now are."""
        _, found = judged(self.case, self.sight)
        causes = rank(found, self.sight.topology, self.case.changes)
        return bool(causes) and self.known_as(causes[0].entity) in map(self.known_as, self.entities)

    def known_as(self, name: str) -> str:
        """A name as the set compares it."""
        return re.sub(self.fold, "", name) if self.fold else name


def questions(homes: Sequence[Path]) -> Iterator[Question]:
    """Every recording of every set whose truth is an entity."""
    for listing in (file for home in homes for file in sorted(home.glob("*.truth.json"))):
        truth = json.loads(listing.read_text())
        for name, told in truth["cases"].items():
            if "culprit" in told:
                continue
            case = read(listing.parent / truth["set"] / name)
            sight = see(case)
            if sight.tracks:
                case = replace(case, metrics=Series(), spans=(), logs=())
            fault = f"{truth['set']}/{told['group']}"
            yield Question(truth["set"], fault, case, sight, truth["fold"], frozenset(told["entities"]))


@contextmanager
def altered(path: str, factor: float) -> Iterator[None]:
    """A constant times a factor, in every module that took it over by name."""
    room, _, name = path.rpartition(".")
    value = getattr(sys.modules[f"aiops.{room}"], name)
    taken = [one for at, one in sorted(sys.modules.items()) if at.startswith("aiops.") and vars(one).get(name) is value]
    try:
        for one in taken:
            setattr(one, name, value * factor)
        yield
    finally:
        for one in taken:
            setattr(one, name, value)


@contextmanager
def weighed(signals: Sequence[str], factor: float) -> Iterator[None]:
    """Kinds of signals at a factor of their weight."""
    before = dict(WEIGHTS)
    try:
        WEIGHTS.update({one: before[one] * factor for one in signals})
        yield
    finally:
        WEIGHTS.update(before)


def tried(asked: Sequence[Question]) -> tuple[list[str], Floats]:
    """Names of the settings, that of the constants as they are first, and right or not, shape (settings, questions)."""
    names, rows = ["as is"], [[one.right() for one in asked]]
    for factor in FACTORS:
        for path in CONSTANTS:
            with altered(path, factor):
                names.append(f"{path.rpartition('.')[2]} x {factor:g}")
                rows.append([one.right() for one in asked])
        for signals in SIGNALS:
            with weighed(signals, factor):
                names.append(f"weight of {signals[0]} x {factor:g}")
                rows.append([one.right() for one in asked])
    return names, np.array(rows, float)


def without(asked: Sequence[Question], right: Floats, key: Callable[[Question], str]) -> Floats:
    """Right or not of each question under the setting that is best for those of all other keys; shape (questions,).

    Every set weighs the same; of equal settings the first counts, which is that of the constants as they are.
    """
    size = {name: sum(one.group == name for one in asked) for name in {one.group for one in asked}}
    weight = np.array([1.0 / size[one.group] for one in asked])
    keys = np.array([key(one) for one in asked])
    found = np.empty(len(asked))
    for name in sorted(set(keys.tolist())):
        best = int(np.argmax((right * weight)[:, keys != name].sum(axis=1).round(9)))
        found[keys == name] = right[best, keys == name]
    return found


def main(homes: Sequence[str]) -> None:
    """Print the table, and the settings that change most."""
    asked = list(questions([Path(one) for one in homes]))
    names, right = tried(asked)
    sets, faults = without(asked, right, lambda one: one.group), without(asked, right, lambda one: one.fault)
    where: dict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(asked):
        where[one.group].append(i)
    print(f"{'first right':20} cases  as is  set left out  kind left out  worst of {len(names)}  which")
    for group, held in sorted(where.items()):
        share = right[:, held].mean(axis=1)
        worst = int(np.argmin(share))
        figures = f"{share[0]:.3f}  {sets[held].mean():12.3f}  {faults[held].mean():13.3f}  {share[worst]:11.3f}"
        print(f"{group:20} {len(held):5}  {figures}  {names[worst]}")
    means = np.array([[row[held].mean() for held in where.values()] for row in right]).mean(axis=1)
    print(f"mean of the sets as is {means[0]:.3f}, least {means.min():.3f} at {names[int(np.argmin(means))]}")
    for i in np.argsort(-means, kind="stable")[:5].tolist():
        print(f"  {means[i]:.3f}  {names[i]}")


if __name__ == "__main__":
    main(sys.argv[1:])
