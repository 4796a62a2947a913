"""Spans as series: rate, errors and durations per service and per edge, self and wire time, topology.

A request of a service is a span that enters it: a server or consumer span, or, where the kind is not
said, one whose parent belongs to another entity or is not known. It counts in the step it came in.

Self time and edges need the children. A span waits in a bounded buffer until it has ended before the
closing step (its children have begun by then) and is settled: self time is its duration less the union of its
children's, and each child of another entity is a call over the edge. Where a client span stands between
the two, its duration less the callee's is the time on the wire. A child that comes after its parent was
settled still counts as a call as long as the parent is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import xxhash

from aiops.signals.deployed import Deployed
from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.provider import peer_of
from aiops.signals.quantile import RecentQuantiles
from aiops.signals.recent import Recent
from aiops.types import Edge, Span

HOLD_STEPS = 4
"""Steps a span is remembered after it came; the longest a span waits for its children."""
MOST_HELD = 50_000
FORMAT = 1
ENTERING = frozenset({"server", "consumer"})
LEAVING = frozenset({"client", "producer"})
DESTINATION = ("messaging.destination.name", "messaging.destination")
PEER_ATTRIBUTES = (
    "peer.service",
    *DESTINATION,
    "server.address",
    "net.peer.name",
    "db.system.name",
    "db.system",
    "messaging.system",
)
Name = tuple[str, ...]


class _Held(msgspec.Struct, array_like=True, gc=False):
    """A span that still waits for children or is remembered for late ones."""

    step: float
    parent: int
    entity: str
    host: str
    kind: str
    start: float
    seconds: float
    failed: bool
    peer: str
    settled: bool = False
    attributed: bool = False
    """Whether the call it answers has been counted."""
    link: str = "calls"
    """Kind of its edge to the peer that its attributes name."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """What one step adds up to."""

    counts: dict[Key, float] = field(default_factory=lambda: defaultdict(float))
    seconds: dict[Name, list[float]] = field(default_factory=lambda: defaultdict(list))
    edges: set[Edge] = field(default_factory=set)


class SpanSignal:
    """Series and edges of one partition's spans.

    Parameters
    ----------
    step_seconds : length of a step.
    """

    def __init__(self, step_seconds: float = 15.0) -> None:
        self._step_seconds = step_seconds
        self._recent = Recent()
        self._quantiles = RecentQuantiles(step_seconds)
        self._deployed = Deployed()
        self._held: dict[int, _Held] = {}
        self._children: dict[int, dict[int, None]] = {}
        self._encoded: bytes | None = None

    def close(self, step: float, events: Sequence[Span]) -> Emitted:
        """Count the step's spans and settle those whose children are all there."""
        tally = _Tally()
        for span in self._hold(step, events):
            if span.host and span.host != span.entity:
                tally.edges.add(Edge(span.entity, span.host, "runs_on"))
            if span.kind == "consumer" and span.peer and span.link == "reads":
                tally.edges.add(Edge(span.entity, span.peer, "reads"))
            if self._enters(span):
                where = {"service_name": span.entity, "host_name": span.host}
                tally.counts[key("span_requests", where)] += 1
                tally.counts[key("span_errors", where)] += span.failed
                tally.seconds["span_duration_seconds", span.entity, span.host].append(span.seconds)
        self._settle(step, tally)
        self._forget(step)
        values = self._recent.fill(step, tally.counts) | self._durations(step, tally.seconds)
        edges = sorted(tally.edges, key=lambda edge: (edge.source, edge.target, edge.kind))
        return Emitted(values=values, edges=edges, changes=self._deployed.see(events))

    def _hold(self, step: float, events: Sequence[Span]) -> list[_Held]:
        fresh = []
        for event in events:
            name = _identity(event.trace_id, event.span_id)
            parent = _identity(event.trace_id, event.parent_id) if event.parent_id else 0
            peer = next((str(event.attributes[a]) for a in PEER_ATTRIBUTES if event.attributes.get(a)), "")
            peer = peer_of(event.attributes, peer)
            span = _Held(
                step, parent, event.entity, event.host, event.kind.lower(), event.timestamp,
                max(event.duration_s, 0.0), event.status == "error", peer, link=_link(event),
            )  # fmt: skip
            fresh.append(span)
            if name in self._held or len(self._held) >= MOST_HELD:
                continue
            self._held[name] = span
            if parent:
                self._children.setdefault(parent, {})[name] = None
        if events:
            self._encoded = None
        return fresh

    def _enters(self, span: _Held) -> bool:
        if span.kind in ENTERING:
            return True
        if span.kind:
            return False
        parent = self._held.get(span.parent)
        return parent is None or parent.entity != span.entity

    def _settle(self, step: float, tally: _Tally) -> None:
        oldest = step - (HOLD_STEPS - 1.5) * self._step_seconds
        for name, span in self._held.items():
            children = [self._held[child] for child in self._children.get(name, ()) if child in self._held]
            if not span.settled:
                if span.start + span.seconds > step and span.step > oldest:
                    continue
                span.settled = True
                self._encoded = None
                own = span.seconds - _covered(span, children)
                tally.seconds["span_self_seconds", span.entity, span.host].append(max(own, 0.0))
                elsewhere = any(child.entity != span.entity for child in children)
                if span.kind in LEAVING and span.peer and (not elsewhere or _announces(span)):
                    self._call(span, span.peer, None, tally)
            for child in children:
                if child.entity != span.entity and not child.attributed:
                    child.attributed = True
                    self._encoded = None
                    # Who announces something needs the queue, not those who read it.
                    if not _announces(span):
                        self._call(span, child.entity, child, tally)

    def _call(self, caller: _Held, peer: str, answer: _Held | None, tally: _Tally) -> None:
        """One call over an edge; `answer` is the callee's span, None when the callee sends none."""
        where = {"service_name": caller.entity, "peer": peer}
        waiting = self._waits(caller)
        failed = answer.failed if answer is not None else caller.failed
        took = caller.seconds if waiting or answer is None else answer.seconds
        tally.edges.add(Edge(caller.entity, peer, caller.link if peer == caller.peer else "calls"))
        tally.counts[key("span_edge_requests", where)] += 1
        tally.counts[key("span_edge_errors", where)] += failed or (waiting and caller.failed)
        tally.seconds["span_edge_seconds", caller.entity, peer].append(took)
        # A producer does not wait for its consumer: their difference is no wire.
        if waiting and answer is not None and caller.kind != "producer":
            tally.seconds["span_edge_wire_seconds", caller.entity, peer].append(max(took - answer.seconds, 0.0))

    def _waits(self, span: _Held) -> bool:
        """Whether a span does nothing but wait for its callee: a client span, or one that looks like it."""
        if span.kind:
            return span.kind in LEAVING
        parent = self._held.get(span.parent)
        return parent is not None and parent.entity == span.entity

    def _forget(self, step: float) -> None:
        horizon = step - (HOLD_STEPS - 0.5) * self._step_seconds
        for name in [name for name, span in self._held.items() if span.step < horizon]:
            parent = self._held.pop(name).parent
            siblings = self._children.get(parent)
            if siblings is not None:
                siblings.pop(name, None)
                if not siblings:
                    del self._children[parent]
            self._encoded = None

    def _durations(self, step: float, seconds: Mapping[Name, Sequence[float]]) -> dict[Key, float]:
        values: dict[Key, float] = {}
        for (metric, entity, other), (half, most) in self._quantiles.close(step, seconds, (0.5, 0.95)):
            label = "peer" if "_edge_" in metric else "host_name"
            where = {"service_name": entity, label: other}
            values[key(f"{metric}_p50", where)] = half
            if metric == "span_duration_seconds":
                values[key(f"{metric}_p95", where)] = most
        return values

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; what did not change is the same object as last time."""
        if self._encoded is None:
            self._encoded = msgspec.msgpack.encode((FORMAT, list(self._held.items())))
        return {
            "held": self._encoded,
            "recent": self._recent.snapshot(),
            "quantiles": self._quantiles.snapshot(),
            "deployed": self._deployed.snapshot(),
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when a part is of another format.
        """
        version, held = msgspec.msgpack.decode(parts["held"], type=tuple[int, list[tuple[int, _Held]]])
        if version != FORMAT:
            raise ValueError(f"spans of format {version}; this version reads {FORMAT}")
        self._held = dict(held)
        self._children = {}
        for name, span in held:
            if span.parent:
                self._children.setdefault(span.parent, {})[name] = None
        self._encoded = parts["held"]
        self._recent.restore(parts["recent"])
        self._quantiles.restore(parts["quantiles"])
        if "deployed" in parts:
            self._deployed.restore(parts["deployed"])


def _announces(span: _Held) -> bool:
    return span.kind == "producer" and bool(span.peer)


def _link(event: Span) -> str:
    """Kind of an edge by what is asked: data of a database or of a queue, passages of an index, or any other work."""
    told = event.attributes
    if told.get("gen_ai.operation.name") == "retrieval" or told.get("db.vector.query.top_k"):
        return "retrieves"
    if told.get("db.system.name") or told.get("db.system"):
        return "reads"
    consumes = event.kind.lower() == "consumer" and any(told.get(name) for name in DESTINATION)
    return "reads" if consumes else "calls"


def _identity(trace_id: str, span_id: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{trace_id}/{span_id}".encode("utf-8", "surrogatepass")) or 1


def _covered(span: _Held, children: Iterable[_Held]) -> float:
    """Seconds of a span during which at least one child ran."""
    covered, until = 0.0, span.start
    for start, stop in sorted((child.start, child.start + child.seconds) for child in children):
        begin, end = max(start, until), min(stop, span.start + span.seconds)
        if end > begin:
            covered += end - begin
            until = end
    return covered
