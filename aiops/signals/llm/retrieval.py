"""What was found for answers: how often nothing, how well it fits, and whether it is always the same documents.

The scores of one index are compared with each other over time, never with a limit: a cosine of .8 is much for one
embedder and little for another. How few documents everything comes from is Herfindahl's sum of squared shares over the
latest passages; it rises when an index loses documents or an embedder maps all questions to one place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import xxhash

from aiops.signals.emitted import Key, key
from aiops.types import LlmCall

LATEST = 256
"""Passages that the concentration looks back on."""
LEAST = 64
MOST_INDEXES = 500
Name = tuple[str, str]


class Retrievals:
    """Passages of the latest retrievals, per (entity, index)."""

    def __init__(self) -> None:
        self._latest: dict[Name, list[int]] = {}

    def close(self, calls: Iterable[LlmCall], counts: dict[Key, float]) -> dict[Key, float]:
        """Count the step's retrievals into `counts`; return the gauges."""
        by_index: Mapping[Name, list[LlmCall]] = defaultdict(list)
        for call in calls:
            by_index[call.entity, call.host].append(call)
        gauges: dict[Key, float] = {}
        for name in sorted(by_index):
            where = {"service_name": name[0], "host_name": name[1]}
            some = by_index[name]
            counts[key("llm_retrievals", where)] += len(some)
            counts[key("llm_retrieval_errors", where)] += sum(bool(call.error) for call in some)
            counts[key("llm_empty_retrievals", where)] += sum(call.retrieved == 0 and not call.error for call in some)
            gauges |= _scores(some, where)
            if (share := self._concentration(name, some)) is not None:
                gauges[key("llm_document_concentration", where)] = share
        return gauges

    def _concentration(self, name: Name, calls: Sequence[LlmCall]) -> float | None:
        seen = [
            xxhash.xxh3_64_intdigest(one.encode("utf-8", "surrogatepass")) for call in calls for one in call.documents
        ]
        if not seen or (name not in self._latest and len(self._latest) >= MOST_INDEXES):
            return None
        latest = (self._latest.get(name, []) + seen)[-LATEST:]
        self._latest[name] = latest
        return sum((n / len(latest)) ** 2 for n in Counter(latest).values()) if len(latest) >= LEAST else None

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode(sorted(self._latest.items()))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._latest = dict(msgspec.msgpack.decode(part, type=list[tuple[Name, list[int]]]))


def _scores(calls: Sequence[LlmCall], where: Mapping[str, str]) -> dict[Key, float]:
    """Means of the best score, and of its lead over the next."""
    ranked = [sorted(call.scores, reverse=True) for call in calls if call.scores]
    leads = [scores[0] - scores[1] for scores in ranked if len(scores) > 1]
    gauges = {}
    if ranked:
        gauges[key("llm_retrieval_score_mean", where)] = sum(scores[0] for scores in ranked) / len(ranked)
    if leads:
        gauges[key("llm_retrieval_lead_mean", where)] = sum(leads) / len(leads)
    return gauges
