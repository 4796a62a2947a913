"""What each entity of an incident shows, in short: the strongest of each kind, since when, and how far it moved."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiops.correlate.deviation import Deviation

CALLEE = 1.3
"""A slow wire lies at either end; the callee's is the likelier, as it is what the caller waits for."""
_KIND = {
    "latency": "time", "self_time": "time", "error": "failure", "structure": "failure", "silence": "failure",
    "alert": "failure",
}  # fmt: skip


@dataclass(slots=True)
class Standing:
    """What an entity shows, in short.

    Attributes
    ----------
    own : its strongest deviation.
    wire, incoming : wire time of all its calls; of the slowest way into it.
    onset, paged : when it began to deviate; in a way that says what is wrong to whoever is paged.
    kinds : `time`, `failure` or `resource` -> the strongest deviation of that kind; what is merely odd is of none.
    change : unit -> the largest change.
    traces : of the requests that failed.
    spreads : whether it may be explained by others: rarity of alerts has set aside already what many show.
    """

    own: float = 0.0
    wire: float = 0.0
    incoming: float = 0.0
    onset: float = math.inf
    paged: float = math.inf
    kinds: dict[str, float] = field(default_factory=dict)
    change: dict[str, float] = field(default_factory=dict)
    spreads: bool = False
    traces: set[str] = field(default_factory=set)

    @property
    def strength(self) -> float:
        return max(self.own, self.incoming)


def shown_by(deviations: Sequence[Deviation]) -> dict[str, Standing]:
    """Entity, or callee of a slow call -> what it shows."""
    found: dict[str, Standing] = defaultdict(Standing)
    for one in sorted(deviations, key=lambda one: (one.entity, one.metric, one.peer, one.size)):
        mine = found[one.entity]
        mine.onset = min(mine.onset, one.onset)
        mine.paged = min(mine.paged, one.onset if one.plain == 0 else math.inf)
        mine.spreads |= one.signal != "alert"
        if one.signal == "wire":
            mine.wire += one.weight
            callee = found[one.peer]
            callee.onset = min(callee.onset, one.onset)
            callee.spreads = True
            callee.wire += CALLEE * one.weight
            callee.incoming = max(callee.incoming, one.weight)
            callee.kinds["time"] = max(callee.kinds.get("time", 0.0), one.weight)
            callee.change["s"] = max(callee.change.get("s", 0.0), abs(one.change))
            continue
        mine.own = max(mine.own, one.weight)
        mine.traces |= one.traces
        if one.signal != "odd":
            kind = _KIND.get(one.signal, "resource")
            mine.kinds[kind] = max(mine.kinds.get(kind, 0.0), one.weight)
        if one.unit and one.signal != "relief":
            mine.change[one.unit] = max(mine.change.get(one.unit, 0.0), abs(one.change))
    return dict(found)
