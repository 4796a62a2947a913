"""The changes of a recording against its fault: what the ledger is told, from raw columns."""

from __future__ import annotations

from dataclasses import dataclass

from aiops.correlate.ledger.departure import departures, of_lines
from aiops.correlate.ledger.fault import Fault, Signal
from aiops.correlate.ledger.judge import judge
from aiops.correlate.ledger.spread import blast_radius, first_failing
from aiops.correlate.topology import Topology
from aiops.diagnosis.case import Case
from aiops.diagnosis.series import Series
from aiops.types import Edge, SuspectChange

NOTICED_SECONDS = 300.0
"""Without an alert, a fault is taken as plain this long after its onset."""


@dataclass(frozen=True, slots=True)
class Blame:
    """Changes best first, the probability of none, and where it failed: first, and whom it reached."""

    changes: tuple[SuspectChange, ...]
    none: float
    first_failing: str
    blast_radius: tuple[str, ...]


def blame(case: Case, onset: float) -> Blame:
    """Judge the changes of a recording.

    Parameters
    ----------
    onset : as found or told, epoch seconds.
    """
    about = fault(case, onset)
    judged, first = judge(case.changes, about), first_failing(about)
    return Blame(judged.changes, judged.none, first, blast_radius(about, first))


def fault(case: Case, onset: float) -> Fault:
    """What a recording shows of its fault.

    Parameters
    ----------
    onset : as found or told, epoch seconds.
    """
    fired = [one.timestamp for one in case.alerts if not case.alerted or one.entity == case.alerted]
    noticed = min(fired, default=onset + NOTICED_SECONDS)
    signals = _signals(case.metrics)
    return Fault(
        noticed=noticed,
        departures=[*departures(signals, noticed), *of_lines(case.logs, noticed)],
        topology=Topology([*case.edges, *_calls(case)]),
        alerted=case.alerted,
        lines=case.logs,
        spans=case.spans,
        alerts=case.alerts,
        signals=signals,
    )


def _signals(series: Series) -> list[Signal]:
    bounds = zip(series.start[:-1].tolist(), series.start[1:].tolist(), strict=True)
    return [
        Signal(series.entity[i], series.metric[i], series.time[first:last], series.value[first:last])
        for i, (first, last) in enumerate(bounds)
    ]


def _calls(case: Case) -> list[Edge]:
    parents = {span.span_id: span.entity for span in case.spans}
    pairs = {(parents.get(span.parent_id, ""), span.entity) for span in case.spans}
    return [Edge(above, below) for above, below in sorted(pairs) if above and above != below]
