"""Findings to incidents, in order of event time: which belong together, how many causes there are, under which ids.

Everything is taken in moment by moment once every partition that still has a backlog has passed it: topology and
changes first, then the findings of that moment, in canonical order. So neither batches nor the order in which
partitions deliver alter an incident. Findings of severity `info` open nothing; they are evidence. When an earlier
finding joins, or two incidents turn out to be one, the id changes and the former ones are kept, so that a message
already sent is found again. One that turns out to be two goes on where its first finding is; the other is a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from aiops.correlate import group, reported
from aiops.correlate.allowance import Allowance
from aiops.correlate.change import after_change, taken
from aiops.correlate.cluster import GAP_SECONDS, HOPS, Cluster, Clusters
from aiops.correlate.describe import Known, describe, settled
from aiops.correlate.evidence import Evidence
from aiops.correlate.ledger.judge import LOOK_BACK_SECONDS
from aiops.correlate.lineage import Lineage
from aiops.correlate.part import Part, parts
from aiops.correlate.topology import Topology, from_finding
from aiops.signals.model import asks_for_reference
from aiops.types import Change, Edge, Finding, Incident, Verdict

EVIDENCE_BEFORE, EVIDENCE_AFTER = 600.0, 1_800.0
KEEP_SECONDS = 6 * 3_600.0
MOST_FINDINGS = 500
"""Of one incident: in a storm that never ends its first finding, what goes on and the newest of what ended stay."""


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

    clusters: list[tuple[Incident, ...]] = []
    reach: dict[str, float] = {}
    lineage: Lineage = msgspec.field(default_factory=Lineage)
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
        self._clusters = Clusters(topology)
        self._evidence = Evidence()
        self._touched: dict[Cluster, None] = {}
        self._new_edges: list[Edge] = []
        self._reported_since = float("inf")

    @property
    def incidents(self) -> list[Incident]:
        """Open ones and those resolved in the last hours, by their start."""
        return sorted((one for cluster in self._clusters for one in cluster.parts), key=_by_start)

    def former(self, identity: str) -> tuple[str, ...]:
        """Ids under which an incident was known before."""
        return self._memory.lineage.former.get(identity, ())

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
        formerly = dict(self._memory.lineage.former)
        self._touched = {}
        edges = [edge for lesson in lessons for edge in lesson.edges]
        self._learn([*edges, *(edge for one in findings for edge in from_finding(one))], at)
        for change in sorted((one for lesson in lessons for one in lesson.changes), key=_by_time):
            self._take_change(change)
        self._take_budget(lessons, at)
        for finding in sorted([*findings, *self._lapsed(at)], key=group.order):
            self._take(finding, at)
        # One that was touched may have become part of another since.
        touched = [one for one in self._touched if one in self._clusters]
        changed = sorted((one for cluster in touched for one in self._judge(cluster, at)), key=_by_start)
        renamed = {one.id: now for one in changed if formerly.get(one.id, ()) != (now := self.former(one.id))}
        for incident in changed:
            self.allowance.paged(incident, self.former(incident.id))
        self._forget(at)
        return Moved(at, changed, renamed)

    def _learn(self, edges: list[Edge], at: float) -> None:
        """Learn topology; clusters that touch by what is new become one."""
        new = self.topology.learn(edges, at)
        self._new_edges += new
        ends = {end for edge in new for end in (edge.source, edge.target)}
        around = {one for end in ends for one in self.topology.within(end, HOPS)}
        for cluster in self._clusters.at(around):
            if cluster in self._clusters and at - cluster.end <= GAP_SECONDS:
                cluster = self._clusters.gather(cluster)
                self._touch(cluster, cluster.parts)

    def _touch(self, cluster: Cluster, stale: Iterable[Incident] = ()) -> None:
        cluster.stale |= {one.id for one in stale}
        self._touched[cluster] = None

    def _take_change(self, change: Change) -> None:
        self._memory.changes = taken(self._memory.changes, change)
        for cluster in self._clusters:
            after = [one for one in cluster.parts if 0 <= one.started - change.timestamp <= LOOK_BACK_SECONDS]
            if after:
                self._touch(cluster, after)
            if asks_for_reference(change):
                self._note_reference(cluster, change)

    def _note_reference(self, cluster: Cluster, change: Change) -> None:
        """What ends a drift by declaring it normal stands in the timeline of whoever drifted."""
        for one in cluster.parts:
            if one.status != "resolved" and change.entity in one.entities and change.timestamp > one.started:
                said = f"{change.kind} {change.id}: {change.summary or change.after}"
                self._memory.lineage.note(one.id, change.timestamp, said)
                self._touch(cluster, [one])

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
        if self._reported_since >= long_ago:
            return []
        held = (one for cluster in self._clusters for one in cluster.findings.values())
        open_ones = [one for one in (*held, *self._evidence) if one.ended is None and reported.is_reported(one)]
        self._reported_since = min((one.detected for one in open_ones if one.detected >= long_ago), default=at)
        return [replace(one, ended=at, detected=at) for one in open_ones if one.detected < long_ago]

    def _take(self, finding: Finding, at: float) -> None:
        finding = after_change(self._begun(finding), self._memory.changes)
        if reported.is_reported(finding):
            self._reported_since = min(self._reported_since, finding.detected)
        home = self._clusters.home(finding)
        if home is not None:
            self._touch(self._clusters.renew(home, finding))
            return
        asked = self.allowance.asked(finding, at)
        if not finding.may_page or finding.surprise < asked.threshold:
            self._evidence.put(finding)
            for cluster in self._clusters.at(self.topology.within(finding.entity, HOPS)):
                about = [one for one in cluster.parts if _is_evidence(finding, one)]
                if about:
                    self._touch(cluster, about)
        elif finding.ended is None:
            self._touch(self._clusters.add(replace(finding, threshold=asked.threshold, asked_by=asked.by)))

    def _begun(self, finding: Finding) -> Finding:
        """The end of somebody else's alert, with the beginning that is known here; it tells none itself."""
        if not reported.is_reported(finding) or finding.ended is None:
            return finding
        place = group.place(finding)
        like = (*self._clusters.stretches(place), *self._evidence.stretches(place))
        started = min((one.started for one in like if one.ended is None), default=finding.started)
        return replace(finding, started=started)

    def _judge(self, cluster: Cluster, at: float) -> list[Incident]:
        """Divide a cluster by its causes, and tell which of its incidents changed."""
        divided = parts(cluster.ordered, self._trouble(cluster), self.topology, self._memory.reach)
        found = [self._shortened(cluster, part) for part in divided]
        firsts = {group.key(one.findings[0]): one for one in cluster.parts}
        went = [[firsts[key] for one in part.findings if (key := group.key(one)) in firsts] for part in found]
        self._memory.lineage.pass_on(found, went, at)
        before = {one.id: one for one in cluster.parts}
        made = [self._made(cluster, part, old, before, at) for part, old in zip(found, went, strict=True)]
        cluster.parts = tuple(made)
        cluster.stale.clear()
        cluster.fresh.clear()
        return [one for one in made if before.get(one.id) is not one]

    def _made(
        self, cluster: Cluster, part: Part, went: Sequence[Incident], before: Mapping[str, Incident], at: float
    ) -> Incident:
        """The incident of a part: as it was, if nothing has changed."""
        old = before.get(group.identity(part.findings[0]))
        if old is not None and old.id not in cluster.stale and old.findings == part.findings:
            return old
        one = group.incident(part.findings, went)
        if old is None or self._is_stale(cluster, one, old):
            one = describe(one, self._known(cluster, part))
        else:
            one = replace(old, findings=one.findings, acknowledged_by=one.acknowledged_by, feedback=one.feedback)
        one = settled(one, self._memory.lineage.moves.get(one.id, ()))
        if old is not None and one == old:
            return old
        return replace(one, updated=max(at, one.updated))

    @staticmethod
    def _is_stale(cluster: Cluster, new: Incident, old: Incident) -> bool:
        """Whether more has changed than that findings ended."""
        keys = [group.key(one) for one in new.findings]
        same = keys == [group.key(one) for one in old.findings]
        return not same or old.id in cluster.stale or not cluster.fresh.isdisjoint(keys)

    def _trouble(self, cluster: Cluster) -> set[str]:
        """Who shows anything unusual, whatever its severity."""
        near = self._clusters.near(cluster)
        return {one.entity for one in self._evidence.between(cluster.start - EVIDENCE_BEFORE, float("inf"), near)}

    def _known(self, cluster: Cluster, part: Part) -> Known:
        """What is known beside the findings of a part: nothing that only shows what another cause does."""
        own = {one for entity in {one.entity for one in part.findings} for one in self.topology.within(entity, HOPS)}
        onset = part.findings[0].started
        near = self._evidence.between(max(onset - EVIDENCE_BEFORE, part.since), onset + EVIDENCE_AFTER, own)
        mine = [one for one in near if not part.is_of_others(one.entity, self.topology)]
        return Known(mine, self._memory.changes, self.topology)

    def find(self, identity: str) -> Incident | None:
        """An open or recent incident by its id or a former one."""
        ids = (identity, *(new for new, former in self._memory.lineage.former.items() if identity in former))
        return next((one for cluster in self._clusters for one in cluster.parts if one.id in ids), None)

    def change(self, identity: str, **fields: str) -> Incident:
        """Set `acknowledged_by`, `feedback` or `status`, as a person said.

        Raises
        ------
        KeyError : there is no such incident.
        """
        return self._put(self._known_as(identity), fields)

    def end(self, identity: str, at: float) -> Incident:
        """Resolve by hand: findings that still fire are taken as ended; a new one opens it again.

        Raises
        ------
        KeyError : there is no such incident.
        """
        found = self._known_as(identity)
        at = max(at, found.detected)  # before the first closed column there is no event time yet
        findings = tuple(one if one.ended is not None else replace(one, ended=at) for one in found.findings)
        return self._put(found, {"findings": findings, "status": "resolved", "resolved": at})

    def _known_as(self, identity: str) -> Incident:
        found = self.find(identity)
        if found is None:
            raise KeyError(identity)
        return found

    def _put(self, incident: Incident, fields: dict[str, Any]) -> Incident:
        renewed = replace(incident, **fields)
        for cluster in self._clusters:
            if any(one is incident for one in cluster.parts):
                cluster.parts = tuple(renewed if one is incident else one for one in cluster.parts)
                for finding in renewed.findings:
                    cluster.put(finding)
        return renewed

    def _shortened(self, cluster: Cluster, part: Part) -> Part:
        """The part without what ended longest ago, where there is too much; it keeps its first finding."""
        more = len(part.findings) - MOST_FINDINGS
        ended = [one for one in part.findings[1:] if one.ended is not None] if more > 0 else []
        gone = sorted(ended, key=group.end_of)[:more]
        if not gone:
            return part
        self._clusters.drop(cluster, gone)
        lost = {group.key(one) for one in gone}
        first, *rest = (one for one in part.findings if group.key(one) not in lost)
        # What is let go of was no calm.
        self._memory.reach[group.identity(first)] = min((one.started for one in rest), default=first.started)
        return replace(part, findings=(first, *rest))

    def _forget(self, now: float) -> None:
        memory, old = self._memory, now - KEEP_SECONDS
        for cluster in list(self._clusters):
            gone = [one for one in cluster.parts if one.resolved is not None and one.resolved <= old]
            if gone and len(gone) == len(cluster.parts):
                self._clusters.remove(cluster)
            elif gone:
                cluster.parts = tuple(one for one in cluster.parts if one not in gone)
                self._clusters.drop(cluster, (finding for one in gone for finding in one.findings))
        self._evidence.forget(old)
        memory.changes = [one for one in memory.changes if one.timestamp > old]
        alive = {one.id for cluster in self._clusters for one in cluster.parts}
        memory.lineage.forget(alive)
        memory.reach = {name: until for name, until in memory.reach.items() if name in alive}
        self.topology.forget(now)
        self.allowance.forget(now)

    def snapshot(self) -> bytes:
        memory = self._memory
        memory.clusters = sorted((cluster.parts for cluster in self._clusters), key=lambda some: _by_start(some[0]))
        memory.evidence = list(self._evidence)
        memory.edges = self.topology.learnt()
        memory.allowance = self.allowance.snapshot()
        return msgspec.json.encode(memory)

    def restore(self, data: bytes) -> None:
        self._memory = memory = msgspec.json.decode(data, type=_Memory)
        for edge, seen in memory.edges:
            self.topology.learn([edge], seen)
        self._clusters, self._evidence = Clusters(self.topology), Evidence(memory.evidence)
        for some in memory.clusters:
            cluster = self._clusters.keep((finding for one in some for finding in one.findings), some)
            cluster.fresh.clear()
        self._reported_since = float("-inf")
        if memory.allowance:
            self.allowance.restore(memory.allowance)


def _by_start(incident: Incident) -> tuple[float, str]:
    return (incident.started, incident.id)


def _by_time(change: Change) -> tuple[float, str, str, str]:
    return (change.timestamp, change.id, change.entity, change.kind)


def _is_evidence(finding: Finding, incident: Incident) -> bool:
    return -EVIDENCE_BEFORE <= finding.started - incident.findings[0].started <= EVIDENCE_AFTER
