"""Who is tried again and again, and drowns what it depends on.

Who does not answer is tried again: it is asked for more while nobody above it is as much, and asks all that is below it
once more each time. What is asked for more below it, and got into trouble later, depends on it and not the other way
round. Where all began at one moment, as in a recording, nothing is known of that, and the graph stays as it is.

References
----------
Beyer et al. (2016), Site Reliability Engineering, ch. 22: addressing cascading failures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from aiops.correlate.deviation import TIMES
from aiops.correlate.standing import Standing
from aiops.correlate.topology import Topology

TRIED_AGAIN = math.log(1.5)
"""Asked for that much more than those who ask it are, somebody is asked again and again."""
UNANSWERED = 0.45
"""Nats of slowness or failure from which on that is because it does not answer."""


def drowned_by(standing: Mapping[str, Standing], topology: Topology) -> dict[str, list[str]]:
    """Who drowns what it depends on -> what."""
    found: dict[str, list[str]] = {}
    asked = {entity: one.change.get(TIMES, 0.0) for entity, one in standing.items()}
    for entity in sorted(entity for entity, times in asked.items() if times >= TRIED_AGAIN):
        mine = standing[entity]
        above = [asked.get(one, 0.0) for one in topology.dependents(entity)]
        unanswered = max(mine.kinds.get("time", 0.0), mine.kinds.get("failure", 0.0)) >= UNANSWERED
        if unanswered and above and asked[entity] - max(above) >= TRIED_AGAIN:
            below = (one for one in topology.dependencies(entity) if asked.get(one, 0.0) > 0.0)
            late = [one for one in below if standing[one].onset > mine.onset]
            found |= {entity: late} if late else {}
    return found


def turned(topology: Topology, storm: Mapping[str, Sequence[str]]) -> Topology:
    """The graph as a storm has it: who is drowned depends on who drowns it."""
    if not storm:
        return topology
    about = {(source, target) for source, targets in storm.items() for target in targets}
    return Topology(
        replace(one, source=one.target, target=one.source) if (one.source, one.target) in about else one
        for one in topology.edges
    )
