"""One recording's way: read, observe, find the onset, rank, answer."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from aiops.correlate.cause import best, rank
from aiops.correlate.deviation import Deviation
from aiops.correlate.onset import CALM_SAMPLES, barred, candidates, faded, search
from aiops.diagnosis import observe_alerts
from aiops.diagnosis.answer import Answer
from aiops.diagnosis.blame import Blame, blame
from aiops.diagnosis.case import Case, read
from aiops.diagnosis.observe import Sight, paged_at, see
from aiops.errors import ConfigError
from aiops.types import Cause, Floats

TOLD_WITHIN_SECONDS = 180.0
"""How far from where it was told the onset is looked for."""
SHARPNESS, MOST_TELLING = 0.1, 5
"""What the sharpest steps add, in nats of their own: explanations soon are as good as they can be, and then alike."""

CLEAR = 1.0
"""Nats of an explanation that is worth a word though too little came before it."""


@dataclass(frozen=True, slots=True)
class Study:
    """An answer and what it was made of; `onset` is NaN when nothing tells it."""

    answer: Answer
    case: Case
    sight: Sight
    onset: float
    deviations: tuple[Deviation, ...]


def study(path: Path) -> Study:
    """Answer about one recording.

    Raises
    ------
    ConfigError : it is no recording, or nothing in it can be used.
    """
    began = time.perf_counter()
    case = read(path)
    if case.is_mute and (case.notes or case.changes):
        told = case.notes[0] if case.notes else "only changes were recorded, and no change shows a fault by itself"
        raise ConfigError(f"holds no metric, span, log or alert that can be used: {told}", file=case.name)
    onset, shown, sight = deviations(case)
    causes = rank(shown, sight.topology, case.changes)
    found = blame(case, onset) if case.changes else _no_change(shown, causes)
    answer = Answer(
        recording=case.name,
        onset=onset if math.isfinite(onset) else None,
        causes=causes,
        changes=found.changes,
        none=found.none,
        first_failing=found.first_failing,
        blast_radius=found.blast_radius,
        seconds=time.perf_counter() - began,
        notes=(*case.notes, *_remarks(case, sight, causes)),
    )
    return Study(answer, case, sight, onset, tuple(shown))


def deviations(case: Case) -> tuple[float, list[Deviation], Sight]:
    """The onset (NaN when nothing tells it), what deviates at it, and all that was seen."""
    sight = see(case)
    return *judged(case, sight), sight


def judged(case: Case, sight: Sight) -> tuple[float, list[Deviation]]:
    """The onset and what deviates at it, of what was seen."""
    onset = _onset(case, sight)
    found = sight.settled(onset)
    if not sight.tracks:
        found += observe_alerts.observe(case, onset)
    return onset, found


def _no_change(shown: Sequence[Deviation], causes: Sequence[Cause]) -> Blame:
    """Where nobody told of a change there is none to blame, and the likeliest cause failed first."""
    first = causes[0].entity if causes else ""
    return Blame((), 1.0, first, tuple(sorted({one.entity for one in shown} - {first})))


def _onset(case: Case, sight: Sight) -> float:
    """Event time at which it began; NaN when there is nothing to find it in.

    Who tells it may have noticed late, so it is looked for around that time.
    """
    told = case.fault_start
    at = candidates(sight.tracks, case.interval)
    if math.isfinite(told):
        at = at[np.abs(at - told) <= max(TOLD_WITHIN_SECONDS, 2 * case.interval)]
        if not len(at):
            return told
    if not len(at):
        return min((one.timestamp for one in case.alerts), default=math.nan)
    return _searched(case, sight, at)[0]


def _searched(case: Case, sight: Sight, at: Floats) -> tuple[float, float]:
    """Of candidates the one at which the best explanation is best, and the nats of that."""
    told = case.fault_start
    z, sizes, change = sight.sizes(at)
    sharp = np.log1p(np.abs(z)) * np.array([[one.regular] for one in sight.tracks])
    lost: list[float] = faded(sizes, change).tolist()
    explained = [best(sight.quick(sizes[:, i], change[:, i], one), sight.topology) for i, one in enumerate(at.tolist())]

    def judge(i: int) -> float:
        return explained[i] - lost[i] + SHARPNESS * float(np.mean(np.sort(sharp[:, i])[-MOST_TELLING:]))

    found = search(at, judge, told if math.isfinite(told) else paged_at(case), case.interval).onset
    return found, explained[int(np.searchsorted(at, found))]


def _remarks(case: Case, sight: Sight, causes: Sequence[Cause]) -> list[str]:
    """What a reader has to know of an answer, and would do about it."""
    if len(causes) > 1 and not sight.topology.edges:
        return [
            "who depends on whom is not known, so a cause and those that suffer from it look alike: "
            "add topology.csv, or spans"
        ]
    if causes or not len(early := barred(sight.tracks, case.interval)):
        return []
    at, size = _searched(case, sight, early)
    if size < CLEAR:
        return []
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return [
        f"something began about {moment}, with too little calm before it to tell what: record {CALM_SAMPLES} samples "
        "or more of how it was before"
    ]
