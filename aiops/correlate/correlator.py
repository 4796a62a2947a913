"""Findings to incidents: those that overlap in time and touch in the topology are one, across all worlds.

Findings are taken in event-time order once every partition that still has a backlog has passed them, so it does
not matter which partition delivers first. Findings of severity `info` open nothing; they are evidence. An
incident's id comes from its earliest finding; when an earlier one joins, the id changes and the former ones
are kept, so that a message already sent is found again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import msgspec
import xxhash

from aiops.correlate.cause import rank
from aiops.correlate.change import LOOK_BACK_SECONDS, suspects
from aiops.correlate.topology import Topology, from_finding
from aiops.types import Change, Edge, Finding, Incident

GAP_SECONDS = 600.0
"""Findings this close in time, and incidents this shortly resolved, belong together."""
HOPS = 2
EVIDENCE_BEFORE, EVIDENCE_AFTER = 600.0, 1_800.0
KEEP_SECONDS = 6 * 3_600.0
WORLDS = ("it", "model", "llm")


@dataclass(frozen=True, slots=True)
class Moved:
    """What one call changed.

    Attributes
    ----------
    at : event time.
    incidents : new contents, by time of opening.
    renamed : new id -> former ids.
    """

    at: float
    incidents: list[Incident] = field(default_factory=list)
    renamed: dict[str, tuple[str, ...]] = field(default_factory=dict)


class _Memory(msgspec.Struct):
    """All that a restart must give back."""

    incidents: list[Incident] = []
    former: dict[str, tuple[str, ...]] = {}
    evidence: list[Finding] = []
    waiting: list[Finding] = []
    changes: list[Change] = []
    edges: list[tuple[Edge, float]] = []


class Correlator:
    """The incidents that are open or were of late.

    Parameters
    ----------
    topology : the user's edges; more are learnt.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._memory = _Memory()
        self._touched: set[str] = set()

    @property
    def incidents(self) -> list[Incident]:
        """Open ones and those resolved in the last hours."""
        return self._memory.incidents

    def former(self, identity: str) -> tuple[str, ...]:
        """Ids under which an incident was known before."""
        return self._memory.former.get(identity, ())

    def learn(self, edges: Iterable[Edge], changes: Iterable[Change], at: float) -> list[Edge]:
        """Take in topology and changes; return edges not known before."""
        self._memory.changes += changes
        return self.topology.learn(edges, at)

    def add(self, findings: Iterable[Finding]) -> None:
        """Queue findings that began or ended; `advance` takes them in."""
        self._memory.waiting += findings

    def advance(self, horizon: float, now: float) -> list[Moved]:
        """Take in what every partition has passed, moment by moment, and tell which incidents changed.

        Parameters
        ----------
        horizon : event time that all partitions with a backlog have reached; inf when there are none.
        now : newest event time; bounds what is remembered.
        """
        memory = self._memory
        due = sorted((one for one in memory.waiting if one.detected <= horizon), key=_arrival)
        if due:
            memory.waiting = [one for one in memory.waiting if one.detected > horizon]
        moved = [self._moment(at, list(group)) for at, group in groupby(due, key=lambda one: one.detected)]
        self._forget(now)
        return [one for one in moved if one.incidents]

    def _moment(self, at: float, findings: list[Finding]) -> Moved:
        memory = self._memory
        before = {incident.id: incident for incident in memory.incidents}
        formerly = dict(memory.former)
        self._touched = set()
        for finding in findings:
            self.topology.learn(from_finding(finding), at)
            self._take(finding)
        memory.incidents = [self._judged(one, at) if one.id in self._touched else one for one in memory.incidents]
        changed = [one for one in memory.incidents if before.get(one.id) != one]
        return Moved(at, changed, {new: old for new, old in memory.former.items() if formerly.get(new) != old})

    def _take(self, finding: Finding) -> None:
        if finding.severity != "page":
            self._memory.evidence = _upsert(self._memory.evidence, finding)
            self._touched |= {one.id for one in self._memory.incidents if _is_evidence(finding, one)}
            return
        home = self._home(finding)
        if home is None:
            if finding.ended is None or finding.ended > finding.started:
                self._open(finding)
            return
        self._join(home, finding)

    def _home(self, finding: Finding) -> Incident | None:
        for incident in self._memory.incidents:
            if any(_same(finding, one) for one in incident.findings):
                return incident
        near = self.topology.within(finding.entity, HOPS)
        for incident in self._memory.incidents:
            if _overlaps(finding, incident) and (near & set(incident.entities)):
                return incident
        return None

    def _open(self, finding: Finding) -> None:
        incident = Incident(
            id=identity(finding),
            title=finding.summary,
            severity=finding.severity,
            status="resolved" if finding.ended is not None else "firing",
            started=finding.started,
            detected=finding.detected,
            worlds=(finding.world,),
            entities=(finding.entity,),
            findings=(finding,),
        )
        self._memory.incidents.append(incident)
        self._touched.add(incident.id)

    def _join(self, incident: Incident, finding: Finding) -> None:
        findings = tuple(sorted(_upsert(list(incident.findings), finding), key=_order))
        renewed = replace(incident, id=identity(findings[0]), findings=findings)
        if renewed.id != incident.id:
            self._memory.former[renewed.id] = (*self._memory.former.pop(incident.id, ()), incident.id)
        place = self._memory.incidents.index(incident)
        self._memory.incidents[place] = renewed
        self._touched.add(renewed.id)

    def _judged(self, incident: Incident, at: float) -> Incident:
        """The incident with everything that follows from its findings."""
        findings = incident.findings
        near = {one for finding in findings for one in self.topology.within(finding.entity, HOPS)}
        evidence = [one for one in self._memory.evidence if one.entity in near and _is_evidence(one, incident)]
        onset = min(one.started for one in findings)
        changes = [one for one in self._memory.changes if onset - LOOK_BACK_SECONDS <= one.timestamp <= onset]
        causes = rank([*findings, *evidence], self.topology, changes)
        blamed, none = suspects(changes, onset, causes, self.topology)
        open_ones = [one for one in findings if one.ended is None]
        ended = max((one.ended for one in findings if one.ended is not None), default=onset)
        root = causes[0].entity if causes else findings[0].entity
        about = [one for one in evidence if one.entity == root]
        entities = tuple(sorted({one.entity for one in findings}))
        around = {*entities, *(cause.entity for cause in causes)}
        renewed = replace(
            incident,
            title=title([*findings, *about], root, entities),
            status=self._status(incident, open_ones),
            started=onset,
            detected=min(one.detected for one in findings),
            worlds=tuple(
                world for world in ("it", "model", "llm") if world in {one.world for one in [*findings, *about]}
            ),
            entities=entities,
            causes=causes,
            changes=blamed,
            none=round(none, 4),
            resolved=None if open_ones else ended,
            edges=tuple(edge for edge in self.topology.edges if edge.source in around and edge.target in around),
            updated=at,
        )
        return replace(renewed, timeline=timeline(renewed))

    @staticmethod
    def _status(incident: Incident, open_ones: Sequence[Finding]) -> str:
        if not open_ones:
            return "resolved"
        return "acknowledged" if incident.acknowledged_by else "firing"

    def find(self, identity: str) -> Incident | None:
        """An open or recent incident by its id or a former one."""
        ids = (identity, *(new for new, former in self._memory.former.items() if identity in former))
        return next((one for one in self._memory.incidents if one.id in ids), None)

    def change(self, identity: str, **fields: str) -> Incident:
        """Set `acknowledged_by`, `feedback` or `status`, as a person said.

        Raises
        ------
        KeyError : there is no such incident.
        """
        return self._put(self._known(identity), fields)

    def end(self, identity: str, at: float) -> Incident:
        """Resolve by hand: findings that still fire are taken as ended; a new one opens it again.

        Raises
        ------
        KeyError : there is no such incident.
        """
        found = self._known(identity)
        findings = tuple(one if one.ended is not None else replace(one, ended=at) for one in found.findings)
        return self._put(found, {"findings": findings, "status": "resolved", "resolved": at})

    def _known(self, identity: str) -> Incident:
        found = self.find(identity)
        if found is None:
            raise KeyError(identity)
        return found

    def _put(self, incident: Incident, fields: dict[str, Any]) -> Incident:
        renewed = replace(incident, **fields)
        self._memory.incidents[self._memory.incidents.index(incident)] = renewed
        return renewed

    def _forget(self, now: float) -> None:
        if not math.isfinite(now):
            return
        memory, old = self._memory, now - KEEP_SECONDS
        memory.incidents = [one for one in memory.incidents if one.resolved is None or one.resolved > old]
        memory.evidence = [one for one in memory.evidence if (one.ended or now) > old]
        memory.changes = [one for one in memory.changes if one.timestamp > old]
        alive = {one.id for one in memory.incidents}
        memory.former = {new: ids for new, ids in memory.former.items() if new in alive}
        self.topology.forget(now)

    def snapshot(self) -> bytes:
        self._memory.edges = self.topology.learnt()
        return msgspec.json.encode(self._memory)

    def restore(self, data: bytes) -> None:
        self._memory = msgspec.json.decode(data, type=_Memory)
        for edge, seen in self._memory.edges:
            self.topology.learn([edge], seen)


def identity(finding: Finding) -> str:
    """Id of an incident whose earliest finding this is."""
    return xxhash.xxh3_64_hexdigest(f"{finding.rule_id}\x00{finding.entity}\x00{finding.started:.0f}".encode())[:12]


def title(findings: Sequence[Finding], root: str, entities: tuple[str, ...]) -> str:
    """One line: what is odd about the root, and how far it reaches."""
    about = sorted((one for one in findings if one.entity == root), key=lambda one: (-one.surprise, _order(one)))
    others = len([one for one in entities if one != root])
    reach = f"; {others} more affected" if others else ""
    return f"{about[0].summary if about else root}{reach}"


def timeline(incident: Incident) -> tuple[tuple[float, str], ...]:
    """What happened when, oldest first."""
    rows = [
        (one.timestamp, f"{one.kind} {one.id}: {one.summary}") for one in incident.changes if one.probability >= 0.05
    ]
    rows += [(one.started, f"{one.alert} on {one.entity}: {one.summary}") for one in incident.findings]
    rows += [(one.ended, f"{one.alert} on {one.entity} ended") for one in incident.findings if one.ended is not None]
    if incident.resolved is not None:
        rows.append((incident.resolved, "all findings ended"))
    return tuple(sorted(rows))


def _arrival(finding: Finding) -> tuple[float, tuple[float, str, str, int, str]]:
    # `detected` is the event time at which we learnt it, of a beginning as of an end.
    return (finding.detected, _order(finding))


def _order(finding: Finding) -> tuple[float, str, str, int, str]:
    return (finding.started, finding.rule_id, finding.entity, finding.fingerprint, finding.partition)


def _same(one: Finding, other: Finding) -> bool:
    return (one.fingerprint, one.partition, one.started) == (other.fingerprint, other.partition, other.started)


def _upsert(findings: list[Finding], finding: Finding) -> list[Finding]:
    old = next((one for one in findings if _same(one, finding)), None)
    if old is None:
        return [*findings, finding]
    # The end keeps the time of detection and the evidence around the onset.
    merged = replace(finding, detected=old.detected, window=old.window or finding.window)
    return [merged if one is old else one for one in findings]


def _overlaps(finding: Finding, incident: Incident) -> bool:
    begin = min(one.started for one in incident.findings) - GAP_SECONDS
    ends = [one.ended for one in incident.findings]
    end = math.inf if None in ends else max(one for one in ends if one is not None) + GAP_SECONDS
    return begin <= (finding.ended or finding.started) and finding.started <= end


def _is_evidence(finding: Finding, incident: Incident) -> bool:
    onset = min(one.started for one in incident.findings)
    return onset - EVIDENCE_BEFORE <= finding.started <= onset + EVIDENCE_AFTER
