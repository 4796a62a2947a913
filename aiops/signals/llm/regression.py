"""Whether a new prompt or model version answers worse than the one before, tested at every call.

Each outcome of a call (a thumb down, a cut or refused answer, an error, a judge's score) is a trial. The weight of
evidence that both versions differ against that they are alike is a ratio of two Beta-binomial marginals; watched all
the time, one in a thousand harmless changes ever reaches a thousand to one. Scores between 0 and 1 count as shares of a
trial, which only weakens the evidence.

References
----------
Kass & Raftery (1995), JASA 90:773 (Bayes factors); Ville (1939) (why looking often does no harm).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from aiops.signals.emitted import Key, key
from aiops.signals.llm.amount import LIKELY, truncated
from aiops.types import LlmCall

MOST_VERSIONS = 2
MOST_TRIALS = 2_000.0
"""Trials that a version is remembered by: beyond, the oldest count less."""
MOST_ENTITIES = 500
MOST_OUTCOMES = 30
"""Of a version: names of scores are their judges' to invent."""
JUDGED = "judged_"
Counts = dict[str, tuple[float, float]]
"""Outcome -> (how bad, of how many)."""


class Regressions:
    """Outcomes of the present and the former version, per (entity, what was changed)."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], list[tuple[str, Counts]]] = {}

    def close(self, calls: Sequence[LlmCall]) -> dict[Key, float]:
        """Learn the step's calls; log10 of the evidence that the newer version is worse, where it is."""
        touched: set[tuple[str, str]] = set()
        for call in calls:
            for what, version in (("prompt", call.prompt_version), ("model", call.model)):
                name = (call.entity, what)
                if version and (name in self._seen or len(self._seen) < MOST_ENTITIES):
                    touched.add(name)
                    counts = self._of(name, version)
                    for outcome, bad in _outcomes(call):
                        if outcome not in counts and len(counts) >= MOST_OUTCOMES:
                            continue
                        counts[outcome] = _more(counts.get(outcome, (0.0, 0.0)), bad)
        gauges: dict[Key, float] = {}
        for name in sorted(touched):
            gauges |= self._compare(name)
        return gauges

    def _of(self, name: tuple[str, str], version: str) -> Counts:
        versions = self._seen.setdefault(name, [])
        for known, counts in versions:
            if known == version:
                return counts
        versions.append((version, {}))
        del versions[:-MOST_VERSIONS]
        return versions[-1][1]

    def _compare(self, name: tuple[str, str]) -> dict[Key, float]:
        versions = self._seen[name]
        if len(versions) < MOST_VERSIONS:
            return {}
        (_, before), (version, after) = versions
        where = {"service_name": name[0], "changed": name[1], "version": version}
        return {
            key("llm_regression", {**where, "outcome": outcome}): worse(
                before[outcome], after[outcome], outcome.startswith(JUDGED)
            )
            for outcome in sorted(before.keys() & after.keys())
        }

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode(sorted(self._seen.items(), key=lambda one: one[0]))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._seen = dict(msgspec.msgpack.decode(part, type=list[tuple[tuple[str, str], list[tuple[str, Counts]]]]))


def worse(before: tuple[float, float], after: tuple[float, float], either: bool = False) -> float:
    """log10 of how much likelier two shares are than one; 0 where the newer is lower, unless `either` way is bad.

    >>> round(worse((20, 200), (20, 200)), 1), worse((40, 100), (10, 100)), worse((10, 100), (40, 100)) > 4
    (0.0, 0.0, True)
    """
    (k, n), (j, m) = before, after
    if n < 1 or m < 1 or (j / m <= k / n and not either):
        return 0.0
    apart = _marginal(k, n) + _marginal(j, m) - _marginal(k + j, n + m)
    return max(0.0, apart / math.log(10))


def _marginal(bad: float, trials: float) -> float:
    """ln of the chance of the outcomes under a share of which nothing is known."""
    return math.lgamma(bad + 1) + math.lgamma(trials - bad + 1) - math.lgamma(trials + 2)


def _more(counts: tuple[float, float], bad: float) -> tuple[float, float]:
    keep = min(1.0, (MOST_TRIALS - 1) / max(counts[1], 1.0))
    return counts[0] * keep + bad, counts[1] * keep + 1.0


def _outcomes(call: LlmCall) -> Iterator[tuple[str, float]]:
    """(outcome, how bad from 0 to 1) of a call."""
    yield "error", float(bool(call.error))
    if call.error:
        return
    yield "truncated", float(truncated(call))
    if call.feedback is not None:
        yield "disliked", float(call.feedback < LIKELY)
    if call.said is not None and call.said.answered:
        yield "refused", float(call.said.refusal >= LIKELY)
    for name, score in _shares(call.evaluations):
        yield JUDGED + name, score


def _shares(evaluations: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Scores that are shares. Which end is good only their judge knows."""
    for name in sorted(evaluations)[:5]:
        if 0.0 <= evaluations[name] <= 1.0:
            yield name, evaluations[name]
