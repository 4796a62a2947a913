"""How many of a rule's series count: those that move together are one source of false pages, not many.

In each column it is counted how many of a rule's series are unusual (surprise 2 and more, one in a hundred). Of n
series that have nothing to do with each other that number varies as a binomial does; the more they share, the more it
varies. The ratio of both variances is by how many each series is accompanied. One comparison and one count a column;
nothing is stored per series.

References
----------
Kish (1965), Survey Sampling, section 5.4 (design effect).
"""

from __future__ import annotations

import msgspec
import numpy as np

from aiops.types import Floats, Ints

UNUSUAL = 2.0
HALF_LIFE_COLUMNS, LEAST_COLUMNS = 2_880.0, 720
MOST_TOGETHER = 10.0
"""Never fewer than a tenth of the series count: what moves together by day may not do so in its rarest hours."""


class Crowd(msgspec.Struct):
    """One rule: mean number of unusual series, its variance, that of a binomial, columns seen."""

    mean: float = 0.0
    variance: float = 0.0
    binomial: float = 0.0
    seen: int = 0


class Effective:
    """The rules of one bank."""

    def __init__(self) -> None:
        self._crowds: dict[str, Crowd] = {}

    def learn(self, surprise: Floats, rule_of: Ints, rules: list[tuple[str, int]]) -> None:
        """Take in one column.

        Parameters
        ----------
        surprise : shape (n,).
        rule_of : shape (n,), place of the slot's rule in `rules`, -1 = none.
        rules : (id, number of slots).
        """
        with np.errstate(invalid="ignore"):
            unusual = rule_of[surprise >= UNUSUAL]
        counts = np.bincount(unusual[unusual >= 0], minlength=len(rules))
        for (rule, slots), count in zip(rules, counts.tolist(), strict=True):
            if slots > 1:
                _learn(self._crowds.setdefault(rule, Crowd()), count, slots)

    def share(self, rule: str) -> float:
        """Share of the rule's series that counts, 1 while too little was seen."""
        crowd = self._crowds.get(rule)
        if crowd is None or crowd.seen < LEAST_COLUMNS or crowd.binomial <= 0.0:
            return 1.0
        return 1.0 / min(max(crowd.variance / crowd.binomial, 1.0), MOST_TOGETHER)

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._crowds)

    def restore(self, data: bytes) -> None:
        self._crowds = msgspec.msgpack.decode(data, type=dict[str, Crowd])


def _learn(crowd: Crowd, count: int, slots: int) -> None:
    crowd.seen += 1
    rate = max(1.0 - 0.5 ** (1.0 / HALF_LIFE_COLUMNS), 1.0 / crowd.seen)
    away = count - crowd.mean
    crowd.mean += rate * away
    share = min(max(crowd.mean / slots, 0.0), 1.0)
    crowd.variance += rate * ((1.0 - rate) * away * away - crowd.variance)
    crowd.binomial += rate * (slots * share * (1.0 - share) - crowd.binomial)
