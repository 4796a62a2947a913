"""What the nodes of a plan have in common: what they see, and what they must be able to do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aiops.detect.expression import Matcher
from aiops.types import Floats, Ints, Labels

State = dict[str, Floats]


class NewSeries:
    """Series that nodes have not seen yet, by metric name: most matchers name one metric."""

    def __init__(self, series: list[Labels], first: int) -> None:
        self.series = series
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for i in range(first, len(series)):
            self._by_name[series[i].metric].append(i)

    def matching(self, matchers: tuple[Matcher, ...]) -> list[int]:
        """Slots of the new series that match, ascending."""
        named = [m for m in matchers if m.label == "__name__"]
        rest = [m for m in matchers if m.label != "__name__"]
        probe = {name: Labels.of(name) for name in self._by_name}
        names = [name for name in self._by_name if all(m.matches(probe[name]) for m in named)]
        found = [i for name in names for i in self._by_name[name] if all(m.matches(self.series[i]) for m in rest)]
        return sorted(found)


@dataclass(slots=True)
class Now:
    """What nodes evaluate: dense columns over all slots of the partition.

    Attributes
    ----------
    at : number of the step.
    value : shape (slots,), the sample, NaN = none.
    increase : shape (slots,), increase of a counter or delta in this step, NaN = none or a gauge.
    kind : shape (slots,), `types.Kind`.
    """

    at: int
    value: Floats
    increase: Floats
    kind: Ints


class Node(Protocol):
    """One expression of the plan; `out` has one entry per label set after `evaluate`."""

    labels: list[Labels]
    out: Floats

    def extend(self, new: NewSeries) -> None: ...

    def evaluate(self, now: Now) -> None: ...

    def state(self) -> State: ...

    def load(self, state: State) -> None: ...


class Stateless:
    """A node that remembers nothing."""

    def __init__(self) -> None:
        self.labels: list[Labels] = []
        self.out: Floats = np.empty(0)

    def state(self) -> State:
        return {}

    def load(self, state: State) -> None:
        """Nothing to load."""
