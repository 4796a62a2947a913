"""One recording's way: read, observe, find the onset, rank, answer."""

from __future__ import annotations

import math
import time
from pathlib import Path

from aiops.correlate.cause import rank
from aiops.correlate.change import suspects
from aiops.correlate.topology import Topology
from aiops.diagnosis import observe_alerts, observe_logs, observe_metrics, observe_spans
from aiops.diagnosis.answer import Answer
from aiops.diagnosis.case import Case, read

OBSERVERS = (observe_metrics.observe, observe_spans.observe, observe_logs.observe, observe_alerts.observe)


def diagnose(path: Path) -> Answer:
    """Answer about one recording.

    Raises
    ------
    ConfigError : it is no recording.
    """
    began = time.perf_counter()
    case = read(path)
    topology = Topology(case.edges)
    onset = _onset(case)
    deviations = [one for observe in OBSERVERS for one in observe(case, onset)]
    causes = rank(deviations, topology, case.changes)
    changes, none = suspects(case.changes, onset, causes, topology)
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


def _onset(case: Case) -> float:
    if math.isfinite(case.fault_start):
        return case.fault_start
    if len(case.metrics):
        first, last = float(case.metrics.time.min()), float(case.metrics.time.max())
        return last - (last - first) / 3
    return min((one.timestamp for one in case.alerts), default=math.nan)
