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
from aiops.correlate.topology import Topology
from aiops.types import Cause, Change, Finding

KEEP = 8
UPWARD = 0.5
"""Share of a dependent's deviation that counts for what it depends on."""
FIRST_BONUS, FIRST_SECONDS = 0.8, 90.0
CHANGE_BONUS = 0.5
TEMPERATURE, TEMPERATURE_SHARE = 0.7, 0.2
"""What one step of score is worth: scores of large incidents are sums of many terms, and no surer for that."""
UNKNOWN_SCORE = 0.5
"""Score of "something we do not see"; keeps the sum of probabilities below 1."""
_RESOURCE = (
    "cpu",
    "memory",
    "temp",
    "clock",
    "util",
    "disk",
    "filesystem",
    "network",
    "gpu",
    "kv_cache",
    "connections",
)
_LOAD = ("requests_total", "span_requests", "rows", "calls", "log_lines", "receive_bytes", "tokens", "_count", "offset")


@dataclass(frozen=True, slots=True)
class Deviation:
    """How odd an entity is, and the finding that says best in what way."""

    strength: float
    finding: Finding
    onset: float


def rank(findings: Sequence[Finding], topology: Topology, changes: Sequence[Change]) -> tuple[Cause, ...]:
    """Order the entities that deviate.

    Parameters
    ----------
    findings : those of the incident and, as further evidence, those that page nobody.

    Returns
    -------
    causes, best first; probabilities sum to less than 1.
    """
    own = deviations(findings)
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


def deviations(findings: Sequence[Finding]) -> dict[str, Deviation]:
    """The strongest deviation of each entity that is named."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.entity:
            grouped[finding.entity].append(finding)
    best = {}
    for entity, mine in grouped.items():
        strongest = max(strength(one) for one in mine)
        telling = min(mine, key=lambda one: (plainness(one), -strength(one), one.started, one.fingerprint))
        best[entity] = Deviation(strongest, telling, min(one.started for one in mine))
    return best


def plainness(finding: Finding) -> int:
    """How little a finding tells a person: a page says what is wrong, a bare series only that something is odd."""
    if finding.severity == "page":
        return 0
    return 2 if finding.labels.get("metric") else 1


def strength(finding: Finding) -> float:
    """How odd, 0..4, by size of the change and surprise together, weighed by what kind of thing it is.

    A size without surprise is noise, a surprise without size is trivia.
    """
    value, expected = finding.value, finding.expected
    if value is None or expected is None:
        size = math.log1p(finding.surprise)
    else:
        scale = max(abs(expected), 0.05 * abs(value), 1e-9)
        size = math.log1p(5.0 * abs(value - expected) / scale)
    return min(4.0, size, finding.surprise / 3.0) * _weight(finding)


def _weight(finding: Finding) -> float:
    about = f"{finding.labels.get('metric', '')} {finding.signal}".lower()
    if finding.severity == "page":
        return 1.0
    if any(word in about for word in _LOAD):
        return 0.2
    return 0.6 if any(word in about for word in _RESOURCE) else 0.8


def _score(entity: str, own: dict[str, Deviation], topology: Topology, first: float) -> tuple[float, list[str]]:
    mine = own[entity]
    reasons = [_words(mine.finding)]
    through = set(own)
    above = topology.reaches_up(entity, through)
    explained = UPWARD * math.fsum(own[one].strength for one in above)
    below = [one for one in topology.dependencies(entity) if one in own]
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


def _words(finding: Finding) -> str:
    return f"{finding.summary} (surprise {finding.surprise:.1f})"


def _cause(mine: Deviation, entity: str, probability: float, evidence: Sequence[str]) -> Cause:
    finding = mine.finding
    return Cause(
        entity=entity,
        probability=round(probability, 4),
        evidence=tuple(evidence),
        metric=finding.labels.get("metric"),
        host=finding.host or None,
        kind=finding.alert,
    )
