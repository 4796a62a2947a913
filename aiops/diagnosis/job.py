"""One recording's way: read, observe, find the onset, rank, answer."""

from __future__ import annotations

import math
import time
from pathlib import Path

from aiops.correlate.cause import best, rank
from aiops.correlate.change import suspects
from aiops.correlate.onset import candidates, search
from aiops.diagnosis.answer import Answer
from aiops.diagnosis.case import Case, read
from aiops.diagnosis.observe import Sight, paged_at, see


def diagnose(path: Path) -> Answer:
    """Answer about one recording.

    Raises
    ------
    ConfigError : it is no recording.
    """
    began = time.perf_counter()
    case = read(path)
    sight = see(case)
    onset = _onset(case, sight)
    deviations = sight.settled(onset)
    causes = rank(deviations, sight.topology, case.changes)
    changes, none = suspects(case.changes, onset, causes, sight.topology)
    affected = sorted({one.entity for one in deviations} - {one.entity for one in causes[:1]})
    return Answer(
        recording=case.name,
        onset=onset if math.isfinite(onset) else None,
        causes=causes,
        changes=changes,
        none=round(none, 4),
        first_failing=causes[0].entity if causes else "",
        blast_radius=tuple(affected),
        seconds=time.perf_counter() - began,
        notes=tuple(f"{count} rows {reason}" for reason, count in sorted(case.bad.items())),
    )


def _onset(case: Case, sight: Sight) -> float:
    """Event time at which it began, told or found; NaN when there is nothing to find it in."""
    if math.isfinite(case.fault_start):
        return case.fault_start
    at = candidates(sight.tracks)
    if not len(at):
        return min((one.timestamp for one in case.alerts), default=math.nan)
    sizes, change = sight.sizes(at)

    def judge(i: int) -> float:
        return best(sight.quick(sizes[:, i], change[:, i], float(at[i])), sight.topology)

    return search(at, judge, paged_at(case), case.interval).onset
