"""Adds up what speaks for and against each change, in nats, and against all of them.

Every term is the logarithm of a ratio of probabilities, "if this change did it" over "if something else did": how soon
the first deviation followed (against the same change anywhere in the hour), where it went live, how it is worded and
what its diff can have altered. Nothing is fitted: the constants are the few that stand below and beside each term.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aiops.correlate.ledger.diff import behaviour
from aiops.correlate.ledger.fault import Fault
from aiops.correlate.ledger.otherwise import Sign, signs
from aiops.correlate.ledger.shipment import Shipment, shipments
from aiops.correlate.ledger.text import FaultText
from aiops.types import Change, SuspectChange

LOOK_BACK_SECONDS = 6 * 3_600.0
BASE_SECONDS = 3_600.0
"""Time over which changes that did nothing are spread evenly."""
ROLLOUT_SECONDS = 300.0
"""Within this of going live, half of the changes that break something have shown it."""
PRIOR = math.log(2.0)
"""Nats for "a change did it" before anything is known: two incidents in three follow a change."""
BESIDE, ASIDE, NOWHERE, UNNAMED = -1.0, -2.5, -4.0, -1.0
"""On something calm: near the likeliest cause, near those who suffer alone, near neither; and of unknown place."""
LATE = -3.0
"""For a change after the first deviation of anything, though before the fault."""
HARMLESS_KINDS = {"scale": -1.2}
HOPS = 2
KEEP = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """Changes best first, the probability of none, and what speaks for none."""

    changes: tuple[SuspectChange, ...]
    none: float
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class _Weighed:
    shipment: Shipment
    weight: float
    evidence: tuple[str, ...]


def judge(changes: Sequence[Change], fault: Fault) -> Judgement:
    """Tell which recorded change is to blame.

    Parameters
    ----------
    changes : recorded so far, in any order; those after the onset are never blamed.
    fault : what is known of the fault.

    Returns
    -------
    probabilities that sum to 1 over all changes and none, with evidence; a commit stands for the deploys that ship it.
    """
    shipped = [one for one in shipments(changes) if _in_time(one, fault)]
    if not shipped:
        return Judgement((), 1.0)
    against = signs(fault, shipped)
    text = FaultText(fault, changes)
    prior = PRIOR - math.log(max(1, len({one.by or one.change.id for one in shipped if one.weight == 0.0})))
    best: dict[str, _Weighed] = {}
    for one in shipped:
        weighed = _weigh(one, fault, text, prior)
        if one.change.id not in best or weighed.weight > best[one.change.id].weight:
            best[one.change.id] = weighed
    none = math.exp(math.fsum(sign.weight for sign in against))
    total = none + math.fsum(math.exp(one.weight) for one in best.values())
    order = sorted(best.values(), key=lambda one: (-one.weight, one.shipment.at, one.shipment.change.id))
    ranked = tuple(_suspect(one, math.exp(one.weight) / total, against) for one in order[:KEEP])
    # Rounded one by one they may sum to more than 1.
    rest = 1.0 - math.fsum(one.probability for one in ranked)
    return Judgement(ranked, round(min(none / total, rest), 4), tuple(against))


def _in_time(one: Shipment, fault: Fault) -> bool:
    return fault.latest - LOOK_BACK_SECONDS <= one.at <= fault.latest


def _weigh(one: Shipment, fault: Fault, text: FaultText, prior: float) -> _Weighed:
    lag = fault.first - one.at
    when = math.log(BASE_SECONDS * ROLLOUT_SECONDS / (max(0.0, lag) + ROLLOUT_SECONDS) ** 2)
    told = f"{_ago(max(0.0, lag))} before the first deviation"
    if lag < -_slack(fault):
        when, told = when + LATE, f"{_ago(-lag)} after the first deviation, which it cannot have caused"
    where, place = _place(one, fault)
    alike, shared = text.shared(one.change)
    does, form = behaviour(one.change.files, one.change.diff) if one.change.kind in ("commit", "deploy") else (0.0, "")
    words = f"shares {', '.join(shared)} with the fault" if shared else "shares no word with the fault"
    kind = HARMLESS_KINDS.get(one.change.kind, 0.0)
    parts = ((one.weight, one.sentence), (when, told), (where, place), (alike, words), (does, form))
    evidence = tuple(f"{sentence} ({weight:+.1f})" for weight, sentence in parts if sentence)
    return _Weighed(one, prior + kind + math.fsum(weight for weight, _ in parts), evidence)


def _slack(fault: Fault) -> float:
    """How much later the first deviation may have been."""
    return max((one.error for one in fault.departures if one.onset == fault.first), default=0.0)


def _place(one: Shipment, fault: Fault) -> tuple[float, str]:
    if not one.entity:
        return UNNAMED, "names no entity"
    if one.entity == fault.root:
        return 0.0, f"on {one.entity}, the likeliest cause"
    if one.entity in fault.entities:
        close = not fault.root or one.entity in fault.topology.within(fault.root, 1)
        return (0.0 if close else BESIDE), f"on {one.entity}, which deviates"
    around = fault.topology.within(one.entity, HOPS)
    if near := sorted(around & fault.entities)[:3]:
        aside = fault.root and fault.root not in around
        far = f", but far from {fault.root}" if aside else ""
        return (ASIDE if aside else BESIDE), f"on {one.entity}, beside {', '.join(near)}{far}"
    return NOWHERE, f"{one.entity} shows nothing unusual and is not beside what does"


def _suspect(one: _Weighed, probability: float, against: Sequence[Sign]) -> SuspectChange:
    change = one.shipment.change
    contrary = tuple(f"against any change: {sign.sentence} ({-sign.weight:+.1f})" for sign in against[:1])
    return SuspectChange(
        id=change.id,
        probability=round(probability, 4),
        evidence=(*one.evidence, *contrary),
        kind=change.kind,
        entity=one.shipment.entity,
        summary=change.summary,
        timestamp=one.shipment.at,
    )


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
