"""What a picture of an answer shows: the entities that play a part, since when, and why; who depends on whom."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aiops.correlate.deviation import Deviation
from aiops.correlate.ledger.departure import departed
from aiops.correlate.role import roles
from aiops.correlate.shift import settled
from aiops.correlate.track import Track, nats
from aiops.diagnosis.case import Case
from aiops.diagnosis.job import Study
from aiops.layout import Link
from aiops.types import Floats

SLOT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Box:
    """One entity.

    Attributes
    ----------
    role : one of `role.ROLES`, empty = not affected.
    probability : of being the cause, where it was ranked.
    began : epoch seconds at which the first of its own signals left its band; NaN where none can be dated.
    evidence : its leading evidence in words.
    heard : whether it told anything itself since the onset.
    """

    entity: str
    role: str = ""
    probability: float = 0.0
    began: float = math.nan
    evidence: str = ""
    heard: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes by name, and links (source, target, kind) between them."""

    boxes: dict[str, Box]
    links: tuple[Link, ...]


def graph(study: Study) -> Graph:
    """Of an answered recording; every entity that it names has a box."""
    case, answer = study.case, study.answer
    links = tuple((edge.source, edge.target, edge.kind) for edge in study.sight.topology.edges)
    shown: dict[str, list[Deviation]] = defaultdict(list)
    for one in study.deviations:
        shown[one.entity].append(one)
        if one.signal == "wire":
            shown[one.peer].append(one)
    # Where alerts are all there is, to say nothing is the rule.
    known = case.spans or len(case.metrics)
    heard = set(_heard(case, study.onset)) if known else {*shown, *(end for link in links for end in link[:2])}
    cause = answer.causes[0].entity if answer.causes else ""
    role = roles(cause, shown.keys(), heard, links)
    ranked = {one.entity: one for one in answer.causes}
    began = _began(study)
    boxes = {}
    for name in sorted({*heard, *role, *(end for link in links for end in link[:2])}):
        said = ranked[name].evidence if name in ranked else _sentences(shown.get(name, ())) * (name in role)
        boxes[name] = Box(
            entity=name,
            role=role.get(name, ""),
            probability=ranked[name].probability if name in ranked else 0.0,
            began=began.get(name, math.nan),
            evidence=said[0] if said else "",
            heard=name in heard,
        )
    return Graph(boxes, links)


def _heard(case: Case, onset: float) -> Iterator[str]:
    """Who told anything since the onset; where there is none, who told anything."""
    since = onset if math.isfinite(onset) else -math.inf
    series = case.metrics
    for i, entity in enumerate(series.entity):
        last = series.start[i + 1]
        if last > series.start[i] and series.time[last - 1] >= since:
            yield entity
    for events in (case.spans, case.logs, case.alerts):
        yield from (one.entity for one in events if one.timestamp >= since)


def _sentences(own: Sequence[Deviation]) -> tuple[str, ...]:
    told = tuple(one.sentence for one in sorted(own, key=lambda one: (-one.weight, one.sentence)) if one.sentence)
    return told or ("tells nothing itself, and all that depend on it are odd",)


def _began(study: Study) -> dict[str, float]:
    """When the first signal of each odd entity left its band for good; where nothing has a past, its first alert."""
    found: dict[str, float] = {}
    tracks = study.sight.tracks
    moved = nats(np.nan_to_num(settled(tracks, study.onset).z))
    for one in (tracks[i] for i in np.flatnonzero(moved).tolist()):
        left = departed(*((one.time, one.value) if one.regular else _slots(one)))
        if left is not None:
            found[one.entity] = min(left[0], found.get(one.entity, math.inf))
    if not study.sight.tracks:
        for alert in study.case.alerts:
            found.setdefault(alert.entity, alert.timestamp)
    return found


def _slots(track: Track) -> tuple[Floats, Floats]:
    """Requests as a regular series: the middle one of each slot, or the share of them."""
    slot, first = np.unique(np.floor(track.time / SLOT_SECONDS), return_index=True)
    middle = np.mean if track.unit == "share" else np.median
    return slot * SLOT_SECONDS, np.array([float(middle(some)) for some in np.split(track.value, first[1:])])
