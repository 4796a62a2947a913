"""Where it failed first, and whom it reached."""

from __future__ import annotations

from aiops.correlate.deviation import Deviation
from aiops.correlate.ledger.fault import Fault

FAILING = ("error", "latency")
NEAR_SECONDS = 60.0


def first_failing(fault: Fault) -> str:
    """The entity that failed first: from the one that paged downward along failing calls, while the callee is no later.

    Without spans no call is known to fail; then what the topology says is called stands for it.

    Returns
    -------
    name, empty when nothing failed.
    """
    since = _since(fault)
    entity = fault.alerted or min(since, key=lambda one: (since[one], one), default="")
    callees = _failing_calls(fault) if fault.spans else {one: fault.topology.dependencies(one) for one in since}
    passed = {entity}
    while True:
        below = [
            one
            for one in callees.get(entity, ())
            if one not in passed and one in since and since[one] <= since.get(entity, fault.noticed)
        ]
        if not below:
            return entity
        entity = min(below, key=lambda one: (since[one], one))
        passed.add(entity)


def blast_radius(fault: Fault, first: str) -> tuple[str, ...]:
    """Other entities that failed, no earlier than `first` did as far as samples can tell, sorted."""
    since = _since(fault)
    begin = since.get(first, fault.failed) - NEAR_SECONDS
    return tuple(sorted(one for one, at in since.items() if one != first and at >= begin))


def _since(fault: Fault) -> dict[str, float]:
    """When each entity first returned errors, slowed down or wrote of trouble."""
    since: dict[str, float] = {}
    for one in fault.departures:
        if _fails(one):
            since[one.entity] = min(one.onset, since.get(one.entity, one.onset))
    heard = {one.entity for one in fault.departures} | {one.entity for one in fault.signals}
    heard |= {line.entity for line in fault.lines}
    for span in fault.spans:
        # An entity of which nothing but spans is known is a caller outside.
        if span.status == "error" and span.entity in heard:
            since[span.entity] = min(span.timestamp, since.get(span.entity, span.timestamp))
    return since


def _fails(one: Deviation) -> bool:
    return one.signal in FAILING and one.name != "falls"


def _failing_calls(fault: Fault) -> dict[str, list[str]]:
    parents = {span.span_id: span.entity for span in fault.spans}
    calls: dict[str, set[str]] = {}
    for span in fault.spans:
        above = parents.get(span.parent_id, "")
        if span.status == "error" and above and above != span.entity:
            calls.setdefault(above, set()).add(span.entity)
    return {caller: sorted(callees) for caller, callees in calls.items()}
