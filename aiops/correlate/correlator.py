"""Findings to incidents, in order of event time, and what follows from an incident's findings: causes, changes, title.

Everything is taken in moment by moment once every partition that still has a backlog has passed it: topology and
changes first, then the findings of that moment, in canonical order. So neither batches nor the order in which
partitions deliver alter an incident. Findings of severity `info` open nothing; they are evidence. When an earlier
finding joins, or two incidents turn out to be one, the id changes and the former ones are kept, so that a message
already sent is found again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from aiops.correlate import group, reported
from aiops.correlate.allowance import Allowance
from aiops.correlate.cause import rank
from aiops.correlate.change import after_change, taken
from aiops.correlate.deviation import Deviation, from_findings, plainness
from aiops.correlate.ledger.fault import Fault
from aiops.correlate.ledger.judge import LOOK_BACK_SECONDS, judge
from aiops.correlate.topology import Topology, from_finding
from aiops.types import Cause, Change, Edge, Finding, Incident, Verdict

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


class Lesson(msgspec.Struct, frozen=True):
    """What one column showed beside findings."""

    at: float
    edges: list[Edge] = []
    changes: list[Change] = []
    verdicts: list[Verdict] = []
    tests: dict[str, dict[str, float]] = {}
    """Partition -> rule -> tests a week."""

    def __bool__(self) -> bool:
        return bool(self.edges or self.changes or self.verdicts or self.tests)


class _Memory(msgspec.Struct):
    """All that a restart must give back."""

    incidents: list[Incident] = []
    former: dict[str, tuple[str, ...]] = {}
    evidence: list[Finding] = []
    waiting: list[Finding] = []
    lessons: list[Lesson] = []
    changes: list[Change] = []
    edges: list[tuple[Edge, float]] = []
    allowance: bytes = b""


class Correlator:
    """The incidents that are open or were of late.

    Parameters
    ----------
    topology : the user's edges; more are learnt.
    allowance : which findings may page.
    """

    def __init__(self, topology: Topology, allowance: Allowance) -> None:
        self.topology, self.allowance = topology, allowance
        self._memory = _Memory()
        self._touched: set[str] = set()
        self._new_edges: list[Edge] = []

    @property
    def incidents(self) -> list[Incident]:
        """Open ones and those resolved in the last hours, by their start."""
        return self._memory.incidents

    def former(self, identity: str) -> tuple[str, ...]:
        """Ids under which an incident was known before."""
        return self._memory.former.get(identity, ())

    def learn(self, lesson: Lesson) -> None:
        """Queue what a column showed beside findings, or a person said; `advance` takes it in."""
        if lesson:
            self._memory.lessons.append(lesson)

    def add(self, findings: Iterable[Finding]) -> None:
        """Queue findings that began or ended; `advance` takes them in."""
        self._memory.waiting += findings

    def retire(self, alive: Collection[str]) -> None:
        """Let findings end that no rule of `alive` watches any more: nobody else would ever end them.

        Those of partitions that start with `_`, about ourselves, and alerts of others come from no rule.
        """
        at = max((one.updated for one in self.incidents), default=0.0)
        open_ones = [one for incident in self.incidents for one in incident.findings if one.ended is None]
        ours = [one for one in open_ones if not one.partition.startswith("_") and not reported.is_reported(one)]
        gone = [one for one in ours if one.rule_id not in alive]
        self.add(replace(one, ended=max(at, one.started), detected=max(at, one.detected)) for one in gone)

    def take_edges(self) -> list[Edge]:
        """Edges learnt since the last call that were not known before."""
        new, self._new_edges = self._new_edges, []
        return new

    def advance(self, horizon: float) -> list[Moved]:
        """Take in what every partition has passed, moment by moment, and tell which incidents changed.

        Parameters
        ----------
        horizon : event time that all partitions with a backlog have reached; inf when there are none. What they may
            still tell is not older.
        """
        memory = self._memory
        findings: dict[float, list[Finding]] = {}
        lessons: dict[float, list[Lesson]] = {}
        for finding in (one for one in memory.waiting if one.detected < horizon):
            findings.setdefault(finding.detected, []).append(finding)
        for lesson in (one for one in memory.lessons if one.at < horizon):
            lessons.setdefault(lesson.at, []).append(lesson)
        if not findings and not lessons:
            return []
        memory.waiting = [one for one in memory.waiting if one.detected >= horizon]
        memory.lessons = [one for one in memory.lessons if one.at >= horizon]
        moments = sorted({*findings, *lessons})
        moved = [self._moment(at, lessons.get(at, []), findings.get(at, [])) for at in moments]
        return [one for one in moved if one.incidents]

    def _moment(self, at: float, lessons: list[Lesson], findings: list[Finding]) -> Moved:
        memory = self._memory
        before = {incident.id: incident for incident in memory.incidents}
        formerly = dict(memory.former)
        self._touched = set()
        edges = [edge for lesson in lessons for edge in lesson.edges]
        self._learn([*edges, *(edge for one in findings for edge in from_finding(one))], at)
        for change in (one for lesson in lessons for one in lesson.changes):
            self._take_change(change)
        self._take_budget(lessons, at)
        for finding in sorted([*findings, *self._lapsed(at)], key=group.order):
            self._take(finding, at)
        judged = [self._judged(one, at) if one.id in self._touched else one for one in memory.incidents]
        memory.incidents = sorted(judged, key=lambda one: (one.started, one.id))
        changed = [one for one in memory.incidents if before.get(one.id) != one]
        for incident in changed:
            self.allowance.paged(incident, self.former(incident.id))
        renamed = {new: old for new, old in memory.former.items() if formerly.get(new) != old}
        self._forget(at)
        return Moved(at, changed, renamed)

    def _learn(self, edges: list[Edge], at: float) -> None:
        """Learn topology; incidents that touch by what is new become one."""
        new = self.topology.learn(edges, at)
        self._new_edges += new
        ends = {end for edge in new for end in (edge.source, edge.target)}
        around = {one for end in ends for one in self.topology.within(end, HOPS)}
        for incident in self._memory.incidents:
            live = incident.resolved is None or at - incident.resolved <= group.GAP_SECONDS
            if live and not around.isdisjoint(incident.entities):
                self._touched.add(incident.id)
        for identity in sorted(self._touched):
            for incident in [one for one in self._memory.incidents if one.id == identity]:
                self._gather(incident)

    def _take_change(self, change: Change) -> None:
        self._memory.changes = taken(self._memory.changes, change)
        self._touched |= {
            one.id for one in self._memory.incidents if 0 <= one.started - change.timestamp <= LOOK_BACK_SECONDS
        }

    def _take_budget(self, lessons: list[Lesson], at: float) -> None:
        for lesson in lessons:
            for partition, tests in sorted(lesson.tests.items()):
                self.allowance.expose(partition, tests, at)
        verdicts = [one for lesson in lessons for one in lesson.verdicts]
        for verdict in sorted(verdicts, key=lambda one: (one.timestamp, one.incident, one.weight, one.right)):
            self.allowance.judge(verdict)

    def _lapsed(self, at: float) -> list[Finding]:
        """Ends of alerts whose end nobody told in time."""
        long_ago = at - reported.FORGOTTEN_SECONDS
        open_ones = [one for incident in self._memory.incidents for one in incident.findings if one.ended is None]
        return [
            replace(one, ended=at, detected=at)
            for one in open_ones
            if reported.is_reported(one) and one.detected < long_ago
        ]

    def _take(self, finding: Finding, at: float) -> None:
        finding = after_change(self._begun(finding), self._memory.changes)
        home = next((one for one in self._memory.incidents if group.holds(one, finding)), None)
        if home is not None:
            # Neither earlier nor elsewhere than before, so nothing is touched that was not touched already.
            renewed = group.united([home], finding)
            self._memory.incidents = [renewed if one is home else one for one in self._memory.incidents]
            self._touched.add(renewed.id)
            return
        asked = self.allowance.asked(finding, at)
        if not finding.may_page or finding.surprise < asked.threshold:
            self._memory.evidence = group.upsert(self._memory.evidence, finding)
            self._touched |= {one.id for one in self._memory.incidents if _is_evidence(finding, one)}
        elif finding.ended is None:
            self._gather(group.opened(replace(finding, threshold=asked.threshold, asked_by=asked.by)))

    def _begun(self, finding: Finding) -> Finding:
        """The end of somebody else's alert, with the beginning that is known here; it tells none itself."""
        if not reported.is_reported(finding) or finding.ended is None:
            return finding
        place = (finding.fingerprint, finding.partition)
        about = (one for one in self._memory.incidents if finding.entity in one.entities)
        known = (one for incident in about for one in incident.findings)
        like = (one for one in (*known, *self._memory.evidence) if (one.fingerprint, one.partition) == place)
        started = min((one.started for one in like if one.ended is None), default=finding.started)
        return replace(finding, started=started)

    def _gather(self, whole: Incident) -> None:
        """Put in place of `whole`, known or new, the one that it makes with all it touches, and those in turn."""
        rest = [one for one in self._memory.incidents if one is not whole]
        parts = [whole] if len(rest) < len(self._memory.incidents) else []
        while True:
            near = {one for entity in whole.entities for one in self.topology.within(entity, HOPS)}
            found = [one for one in rest if group.touch(whole, one, near)]
            if not found:
                break
            whole = group.united([whole, *found])
            parts += found
            rest = [one for one in rest if not any(one is other for other in found)]
        self._rename(parts, whole.id)
        self._memory.incidents = [*rest, whole]
        self._touched.add(whole.id)

    def _rename(self, parts: list[Incident], identity: str) -> None:
        former = self._memory.former
        names = {name for one in parts for name in (one.id, *former.pop(one.id, ()))} - {identity}
        if names:
            former[identity] = tuple(sorted(names))

    def _judged(self, incident: Incident, at: float) -> Incident:
        """The incident with everything that follows from its findings."""
        findings = incident.findings
        near = {one for entity in {f.entity for f in findings} for one in self.topology.within(entity, HOPS)}
        evidence = [
            one
            for one in self._memory.evidence
            if one.entity in near and _is_evidence(one, incident) and not group.holds(incident, one)
        ]
        onset = min(one.started for one in findings)
        changes = [one for one in self._memory.changes if onset - LOOK_BACK_SECONDS <= one.timestamp <= onset]
        said = [*findings, *evidence]
        own = from_findings([one for one in said if not reported.is_reported(one)])
        deviations = [*own, *reported.deviations(said, self.topology)]
        causes = rank(deviations, self.topology, changes)
        judged = judge(changes, self._fault(findings, deviations, causes))
        open_ones = [one for one in findings if one.ended is None]
        ended = max((one.ended for one in findings if one.ended is not None), default=onset)
        root = causes[0].entity if causes else findings[0].entity
        about = [one for one in evidence if root in (one.entity, one.labels.get("peer"))]
        entities = tuple(sorted({one.entity for one in findings}))
        around = {*entities, *(cause.entity for cause in causes)}
        renewed = replace(
            incident,
            title=title([*findings, *about], root, entities),
            status=self._status(incident, open_ones),
            started=onset,
            detected=min(one.detected for one in findings),
            worlds=tuple(world for world in WORLDS if world in {one.world for one in [*findings, *about]}),
            entities=entities,
            causes=causes,
            changes=judged.changes,
            none=judged.none,
            resolved=None if open_ones else ended,
            edges=tuple(edge for edge in self.topology.edges if edge.source in around and edge.target in around),
        )
        renewed = replace(renewed, timeline=timeline(renewed))
        return incident if renewed == incident else replace(renewed, updated=max(at, incident.updated))

    def _fault(self, findings: Sequence[Finding], deviations: Sequence[Deviation], causes: Sequence[Cause]) -> Fault:
        """What the ledger is told of an incident: it failed with the first finding that paged, whatever came before."""
        earliest = min(findings, key=lambda one: (one.started, one.entity))
        return Fault(
            noticed=max(one.detected for one in findings),
            departures=deviations,
            topology=self.topology,
            alerted=earliest.entity,
            root=causes[0].entity if causes else "",
        )

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
        at = max(at, found.detected)  # before the first closed column there is no event time yet
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
        memory, old = self._memory, now - KEEP_SECONDS
        memory.incidents = [one for one in memory.incidents if one.resolved is None or one.resolved > old]
        memory.evidence = [one for one in memory.evidence if (one.ended or now) > old]
        memory.changes = [one for one in memory.changes if one.timestamp > old]
        alive = {one.id for one in memory.incidents}
        memory.former = {new: ids for new, ids in memory.former.items() if new in alive}
        self.topology.forget(now)
        self.allowance.forget(now)

    def snapshot(self) -> bytes:
        self._memory.edges = self.topology.learnt()
        self._memory.allowance = self.allowance.snapshot()
        return msgspec.json.encode(self._memory)

    def restore(self, data: bytes) -> None:
        self._memory = msgspec.json.decode(data, type=_Memory)
        for edge, seen in self._memory.edges:
            self.topology.learn([edge], seen)
        if self._memory.allowance:
            self.allowance.restore(self._memory.allowance)


def title(findings: Sequence[Finding], root: str, entities: tuple[str, ...]) -> str:
    """One line: what is odd about the root, and how far it reaches."""
    about = sorted(
        # Who tells nothing is known by what others say of calls to it.
        (one for one in findings if root in (one.entity, one.labels.get("peer"))),
        key=lambda one: (plainness(one), -one.surprise, group.order(one)),
    )
    others = len([one for one in entities if one != root])
    reach = f"; {others} more affected" if others else ""
    return f"{about[0].summary if about else root}{reach}"


def timeline(incident: Incident) -> tuple[tuple[float, str], ...]:
    """What happened when, oldest first."""
    rows = [
        (one.timestamp, f"{one.kind} {one.id}: {one.summary}") for one in incident.changes if one.probability >= 0.05
    ]
    rows += [(one.started, f"{one.alert}: {one.summary}") for one in incident.findings]
    ended = [(one.ended, one) for one in incident.findings if one.ended is not None]
    rows += [(at, f"{one.alert} on {one.entity} ended{one.reason and ': '}{one.reason}") for at, one in ended]
    if incident.resolved is not None:
        rows.append((incident.resolved, "all findings ended"))
    return tuple(sorted(rows))


def _is_evidence(finding: Finding, incident: Incident) -> bool:
    onset = min(one.started for one in incident.findings)
    return onset - EVIDENCE_BEFORE <= finding.started <= onset + EVIDENCE_AFTER
