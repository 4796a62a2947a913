"""Ranks the entities of an incident by how well each explains the rest, with written evidence.

Score of an entity = its own strongest deviation + what it explains (deviations of its dependents, reached upward
through deviating entities only) - what is explained away by what it depends on + a bonus for deviating first.
Local resources (cpu, memory, temperature) weigh less than symptoms (errors, latency, drift) and load least: a
busy host is common, a failing one is not. Few terms in natural units: fitted weights fail on kinds of
faults they have not seen.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from aiops.correlate.change import LOOK_BACK_SECONDS
from aiops.correlate.deviation import Deviation
from aiops.correlate.topology import Topology
from aiops.types import Cause, Change

KEEP = 8
UPWARD = 0.5
"""Share of a dependent's deviation that counts for what it depends on."""
FIRST_BONUS, FIRST_SECONDS = 0.8, 90.0
CHANGE_BONUS = 0.5
TEMPERATURE, TEMPERATURE_SHARE = 0.7, 0.2
"""What one step of score is worth: scores of large incidents are sums of many terms, and no surer for that."""
UNKNOWN_SCORE = 0.5
"""Score of "something we do not see"; keeps the sum of probabilities below 1."""


def rank(deviations: Sequence[Deviation], topology: Topology, changes: Sequence[Change]) -> tuple[Cause, ...]:
    """Order the entities that deviate.

    Parameters
    ----------
    deviations : of any entities, in any order.

    Returns
    -------
    causes, best first; probabilities sum to less than 1.
    """
    own = _own(deviations)
    if not own:
        return ()
    first = min(one.onset for one in own.values())
    scores: dict[str, float] = {}
    reasons: dict[str, list[str]] = {}
    for entity in sorted(own):
        scores[entity], reasons[entity] = _score(entity, own, topology, first)
        for change in changes:
            if change.entity == entity and 0 <= first - change.timestamp <= LOOK_BACK_SECONDS / 4:
                scores[entity] += CHANGE_BONUS
                reasons[entity].append(f"{change.kind} {change.id} {first - change.timestamp:.0f} s before the onset")
                break
    order = sorted(scores, key=lambda entity: (-scores[entity], own[entity].onset, entity))
    top = scores[order[0]]
    heat = max(TEMPERATURE, TEMPERATURE_SHARE * top)
    weights = {entity: math.exp((scores[entity] - top) / heat) for entity in order}
    total = math.fsum(weights.values()) + math.exp((UNKNOWN_SCORE - top) / heat)
    return tuple(_cause(own[one], one, weights[one] / total, reasons[one]) for one in order[:KEEP])


@dataclass(frozen=True, slots=True)
class _Own:
    """An entity's deviations in short."""

    strength: float
    telling: Deviation
    onset: float
    spreads: bool
    """Whether it may be explained by others: rarity of alerts has set aside already what many show."""


def _own(deviations: Sequence[Deviation]) -> dict[str, _Own]:
    """The strongest deviation of each entity, and the one that says best in what way it is odd."""
    grouped: dict[str, list[Deviation]] = defaultdict(list)
    for one in deviations:
        grouped[one.entity].append(one)
    best = {}
    for entity, mine in grouped.items():
        telling = min(mine, key=lambda one: (one.plain, -one.weight, one.onset, one.name, one.metric, one.sentence))
        spreads = any(one.signal != "alert" for one in mine)
        best[entity] = _Own(max(one.weight for one in mine), telling, min(one.onset for one in mine), spreads)
    return best


def _score(entity: str, own: dict[str, _Own], topology: Topology, first: float) -> tuple[float, list[str]]:
    mine = own[entity]
    reasons = [mine.telling.sentence]
    through = {one for one in own if own[one].spreads}
    above = topology.reaches_up(entity, through)
    explained = UPWARD * math.fsum(own[one].strength for one in above)
    below = [one for one in topology.dependencies(entity) if one in through] if mine.spreads else []
    away = max((min(own[one].strength, mine.strength) for one in below), default=0.0)
    if above:
        shown = ", ".join(above[:4]) + (f" and {len(above) - 4} more" if len(above) > 4 else "")
        depend = "depend" if len(above) > 1 else "depends"
        reasons.append(f"explains {shown}, which {depend} on it")
    if below:
        reasons.append(f"depends on {', '.join(below)}, unusual as well")
    early = FIRST_BONUS * math.exp(-(mine.onset - first) / FIRST_SECONDS)
    if mine.onset == first:
        reasons.append("deviated first")
    return mine.strength + explained - away + early, reasons


def _cause(mine: _Own, entity: str, probability: float, evidence: Sequence[str]) -> Cause:
    telling = mine.telling
    return Cause(
        entity=entity,
        probability=round(probability, 4),
        evidence=tuple(evidence),
        metric=telling.metric or None,
        host=telling.host or None,
        kind=telling.name,
    )
