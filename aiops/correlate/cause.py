"""Ranks the entities of an incident by how well each explains the rest, with written evidence.

Score of an entity = its own strongest deviation + the wire time of its calls + what it explains (deviations of its
dependents, reached upward through deviating entities only) - what is explained away by what it depends on + a bonus
for deviating first. Who moved by 3 ms explains no 450 ms: what is explained is damped where the change is under a
tenth of the dependent's. Few terms in natural units: fitted weights fail on kinds of faults they have not seen.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiops.correlate.change import LOOK_BACK_SECONDS
from aiops.correlate.deviation import Deviation
from aiops.correlate.standing import Standing, shown_by
from aiops.correlate.storm import drowned_by, turned
from aiops.correlate.topology import Topology
from aiops.types import Cause, Change

KEEP = 8
MATCH = 0.1
"""Share of a dependent's change that what it depends on must show to explain all of it."""
WEAK = 0.45
"""Less than this explains no more than its own share."""
CROSS = 0.5
"""Share that counts where a dependency shows another kind of trouble: slow, where the dependent fails."""
_UNIT = {"time": "s", "failure": "%"}
FIRST_BONUS, FIRST_SECONDS = 0.8, 90.0
CHANGE_BONUS = 0.5
TEMPERATURE, TEMPERATURE_SHARE = 0.3, 0.1
"""What one step of score is worth: scores of large incidents are sums of many terms, and no surer for that."""
UNKNOWN_SCORE = 0.5
"""Score of "something we do not see"; keeps the sum of probabilities below 1. These three are fitted so that
probabilities hold, onset searched for included: `python -m benchmarks.cause`."""

MOST_CERTAIN = 0.99
"""However clear it looks, one case in a hundred is something nobody thought of."""


@dataclass(frozen=True, slots=True)
class _Score:
    """An entity's score and what it is made of: entity -> nats."""

    value: float
    explained: Mapping[str, float]
    away: Mapping[str, float]


def rank(deviations: Sequence[Deviation], topology: Topology, changes: Sequence[Change]) -> tuple[Cause, ...]:
    """Order the entities that deviate.

    Parameters
    ----------
    deviations : of any entities, in any order.

    Returns
    -------
    causes, best first; probabilities sum to less than 1.
    """
    standing = shown_by(deviations)
    if not standing:
        return ()
    storm = drowned_by(standing, topology)
    found = _scores(standing, turned(topology, storm))
    first = min(one.onset for one in standing.values())
    bonus = {entity: _change_bonus(entity, first, changes) for entity in found}
    values = {entity: one.value + (CHANGE_BONUS if bonus[entity] else 0.0) for entity, one in found.items()}
    shown: dict[str, list[Deviation]] = defaultdict(list)
    for one in deviations:
        for entity in sorted({one.entity, one.peer} if one.signal == "wire" else {one.entity}):
            shown[entity].append(one)

    def place(entity: str) -> tuple[Any, ...]:
        """Best first; of equals who deviated first, then whom more depend on; a name decides nothing but the last."""
        mine = sorted((one.signal, one.name, one.metric) for one in shown[entity])
        return -round(values[entity], 9), standing[entity].onset, -len(topology.dependents(entity)), mine, entity

    order = sorted(values, key=place)
    chances = probabilities([values[entity] for entity in order])
    causes = []
    for entity, chance in zip(order[:KEEP], chances, strict=False):
        reasons = [*_shown(shown[entity]), *_reasons(entity, found[entity], storm)]
        if standing[entity].onset == first and first < _latest(standing):
            reasons.append("deviated first")
        causes.append(_cause(entity, shown[entity], chance, [*reasons, *bonus[entity]]))
    return tuple(causes)


def scores(deviations: Sequence[Deviation], topology: Topology) -> list[float]:
    """Scores of all entities that deviate, best first, in nats."""
    return sorted((one.value for one in _scores(shown_by(deviations), topology).values()), reverse=True)


def best(deviations: Sequence[Deviation], topology: Topology) -> float:
    """Score of the best explanation; 0 when nothing deviates."""
    return max((one.value for one in _scores(shown_by(deviations), topology).values()), default=0.0)


def probabilities(values: Sequence[float]) -> list[float]:
    """Of scores, best first; the sum is less than 1."""
    heat = max(TEMPERATURE, TEMPERATURE_SHARE * values[0])
    weights = [math.exp((one - values[0]) / heat) for one in values]
    total = math.fsum(weights) + math.exp((UNKNOWN_SCORE - values[0]) / heat)
    return [MOST_CERTAIN * one / total for one in weights]


def _scores(standing: Mapping[str, Standing], topology: Topology) -> dict[str, _Score]:
    through = {entity for entity, one in standing.items() if one.spreads and one.strength > 0}
    # What opens nothing may well be first by chance: it is no earlier than what pages.
    first = min((one.paged for one in standing.values()), default=math.inf)
    found = {}
    for entity in sorted(standing):
        mine = standing[entity]
        explained: dict[str, float] = {}
        away: dict[str, float] = {}
        if entity in through:
            for above in topology.reaches_up(entity, through):
                explained[above] = _explained(mine, standing[above])
            for below in topology.dependencies(entity):
                if below in through:
                    theirs = standing[below]
                    away[below] = min(_explained(theirs, mine), theirs.strength)
        early = FIRST_BONUS * math.exp(-max(0.0, mine.onset - first) / FIRST_SECONDS)
        value = mine.own + mine.wire + math.fsum(explained.values()) - max(away.values(), default=0.0) + early
        found[entity] = _Score(value, explained, away)
    return found


def _explained(below: Standing, above: Standing) -> float:
    """Nats of what `above` shows that `below` can explain: the most of any kind, as far as the magnitudes match."""
    most = 0.0
    for kind, nats in above.kinds.items():
        # A share is 1 at most.
        if nats > most and (part := _share(kind, below, above) * nats) > most:
            most = part
    return most


def _share(kind: str, below: Standing, above: Standing) -> float:
    if kind == "failure" and below.traces and above.traces:
        return len(below.traces & above.traces) / len(above.traces)
    mine = below.kinds.get(kind)
    if mine is not None:
        unit = _UNIT.get(kind, "")
        change, theirs = below.change.get(unit), above.change.get(unit)
        if change and theirs:
            return min(1.0, change / (MATCH * theirs))
        if mine >= WEAK:
            return 1.0
    ratio = min(1.0, below.strength / above.strength)
    return ratio if kind == "resource" or below.kinds.get("resource", 0.0) >= WEAK else CROSS * ratio


def _latest(standing: Mapping[str, Standing]) -> float:
    return max(one.onset for one in standing.values())


def _change_bonus(entity: str, first: float, changes: Sequence[Change]) -> list[str]:
    for change in changes:
        if change.entity == entity and 0 <= first - change.timestamp <= LOOK_BACK_SECONDS / 4:
            return [f"{change.kind} {change.id} {first - change.timestamp:.0f} s before the onset"]
    return []


def _telling(one: Deviation) -> tuple[int, float, float, str, str, str]:
    return (one.plain, -one.weight, one.onset, one.name, one.metric, one.sentence)


def _shown(mine: Sequence[Deviation], most: int = 3) -> list[str]:
    """The strongest deviations in words, the one that says best what is wrong first."""
    return [one.sentence for one in sorted(mine, key=_telling)[:most] if one.sentence]


def _reasons(entity: str, score: _Score, storm: Mapping[str, Sequence[str]]) -> list[str]:
    reasons = []
    drowns = storm.get(entity, ())
    above = sorted(score.explained.keys() - set(drowns), key=lambda one: (-score.explained[one], one))
    below = ", ".join(drowns)
    if below:
        reasons.append(f"those who ask it are not asked for more: it is tried again, and drowns {below} with that")
    if above:
        listed = ", ".join(above[:4]) + (f" and {len(above) - 4} more" if len(above) > 4 else "")
        depend = "depend" if len(above) > 1 else "depends"
        total = math.fsum(score.explained.values())
        what = f"it or on {below}" if below else "it"
        reasons.append(f"explains {listed}, which {depend} on {what} ({total:.1f} of {score.value:.1f} nats)")
    by = [one for one in sorted(score.away) if entity in storm.get(one, ())]
    for why, names in (("is drowned by", by), ("depends on", sorted(score.away.keys() - set(by)))):
        if names:
            off = max(score.away[one] for one in names)
            reasons.append(f"against it: {why} {', '.join(names)}, unusual as well ({off:.1f} nats off)")
    return reasons


def _cause(entity: str, mine: Sequence[Deviation], probability: float, evidence: Sequence[str]) -> Cause:
    telling = min(mine, key=_telling)
    return Cause(
        entity=entity,
        probability=round(probability, 4),
        evidence=tuple(evidence),
        metric=telling.metric or None,
        host=next((one.host for one in sorted(mine, key=_telling) if one.host), None),
        kind=telling.name,
    )
