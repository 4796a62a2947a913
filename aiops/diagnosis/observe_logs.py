"""Tracks of what requests do: grave lines they log, and steps that always went together and no longer do.

A visit is one trace's stay in one entity; its steps are the statements it logs and the operations it runs. Steps that
occurred equally often in nearly every early visit of the same kind belong together (an invariant): where an exception
cuts a method short, what came after it is missing. Without traces there are no visits; then each line stands for
itself.

References
----------
Lou et al. (2010), Mining Invariants from Console Logs for System Problem Detection, USENIX ATC.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from aiops.correlate.onset import BEFORE_SHARE
from aiops.correlate.track import Track
from aiops.diagnosis.case import Case
from aiops.types import LogRecord

NEEDED = 5
MOST_LINES = 400_000
WORDS = 8
"""Plain words that tell statements apart; further on they are often values."""
MOST_STEPS = 300
TOGETHER = 0.9
"""Share of early visits in which two steps must occur equally often to belong together; edges of what was recorded
tear some apart."""
_GRAVE = frozenset({"ERROR", "FATAL", "CRITICAL"})
_WORD = re.compile(r"(?<![\w-])[A-Za-z_]{2,}(?![\w-])")
_VALUE = re.compile(r"[\w.:/@#-]*\d[\w.:/@#-]*(?<![.:,])")
LONGEST, MOST_TOLD = 400, 160
"""Letters of a line that are looked at, and that are told of a statement."""
Kind = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class Visit:
    """One trace's stay in an entity: when it began, how often it took each step, by which operations it was entered."""

    trace: str
    at: float
    steps: Counter[str] = field(default_factory=Counter)
    entered: set[str] = field(default_factory=set)
    grave: set[str] = field(default_factory=set)


def tracks(case: Case) -> list[Track]:
    """A track for each grave statement and each broken invariant."""
    visits: dict[tuple[str, str], Visit] = {}
    owner = {(one.trace_id, one.span_id): one.entity for one in case.spans}
    for span in case.spans:
        visit = visits.setdefault((span.trace_id, span.entity), Visit(span.trace_id, span.timestamp))
        visit.at = min(visit.at, span.timestamp)
        visit.steps[span.name] += 1
        if owner.get((span.trace_id, span.parent_id)) != span.entity:
            visit.entered.add(span.name)
    examples: dict[str, str] = {}
    for number, line in enumerate(case.logs[:MOST_LINES]):
        step = statement(line)
        examples.setdefault(step, line.body)
        visit = visits.setdefault(
            (line.trace_id or f"line {number}", line.entity), Visit(line.trace_id, line.timestamp)
        )
        visit.at = min(visit.at, line.timestamp)
        visit.steps[step] += 1
        if line.severity in _GRAVE:
            visit.grave.add(step)
    kinds: dict[Kind, list[Visit]] = defaultdict(list)
    for (_, entity), visit in sorted(visits.items(), key=lambda one: (one[1].at, one[0])):
        kinds[entity, tuple(sorted(visit.entered))].append(visit)
    if not kinds:
        return []
    first = min(one[0].at for one in kinds.values())
    early = first + BEFORE_SHARE * (max(one[-1].at for one in kinds.values()) - first)
    found: list[Track] = []
    for (entity, _), held in sorted(kinds.items()):
        if len(held) >= NEEDED:
            found += _grave(entity, held, examples)
            found += _broken(entity, held, early, examples)
    return found


def statement(line: LogRecord) -> str:
    """What tells one log statement from another: its severity and first plain words, variables left out.

    >>> statement(LogRecord(timestamp=0, entity="a", body="user 17 logged in from 10.0.0.1", severity="INFO"))
    'INFO user logged in from'
    """
    return " ".join([line.severity, *_WORD.findall(line.body[:400])[:WORDS]])


def _grave(entity: str, visits: Sequence[Visit], examples: dict[str, str]) -> Iterator[Track]:
    time, traces = np.array([one.at for one in visits]), tuple(one.trace for one in visits)
    for step in sorted({step for one in visits for step in one.grave}):
        value = np.array([float(step in one.grave) for one in visits])
        label = f"share of {_counted(traces)} {_named(step, examples)}"
        yield Track(
            entity, "log", "error", time, value, "share", regular=False, label=label, needed=NEEDED, traces=traces
        )


def _broken(entity: str, visits: Sequence[Visit], early: float, examples: dict[str, str]) -> Iterator[Track]:
    """Steps that went with another in nearly every early visit, and the visits in which they are missing.

    Of all steps that one went with, it is held against the one that occurs most: the one that was not cut off as well.
    """
    count = int(np.searchsorted([one.at for one in visits], early))
    steps = sorted({step for one in visits[:count] for step in one.steps})
    if count < NEEDED or not 2 <= len(steps) <= MOST_STEPS:
        return
    times = np.array([[one.steps[step] for one in visits] for step in steps])
    total = times.sum(axis=1)
    time, traces = np.array([one.at for one in visits]), tuple(one.trace for one in visits)
    for i, step in enumerate(steps):
        held = (times[:, :count] > 0) | (times[i, :count] > 0)
        equal = ((times[:, :count] == times[i, :count]) & held).sum(axis=1) / np.maximum(held.sum(axis=1), 1)
        fellow = int(np.argmax(np.where(equal >= TOGETHER, total, -1)))
        value = (times[i] < times[fellow]).astype(np.float64)
        if fellow == i or not value.any():
            continue
        label = f"share of requests that lack {_named(step, examples)}, which went with "
        label += _named(steps[fellow], examples)
        yield Track(
            entity, "steps", "structure", time, value, "share", regular=False, label=label, needed=NEEDED, traces=traces
        )


def _counted(traces: Sequence[str]) -> str:
    return "requests that log" if any(traces) else "lines that say"


def _named(step: str, examples: dict[str, str]) -> str:
    """A statement as a person writes it, values left out."""
    return repr(_VALUE.sub("<*>", examples.get(step, step)[:LONGEST])[:MOST_TOLD])
