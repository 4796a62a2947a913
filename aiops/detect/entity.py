"""Entities of a plan: the series that are about one host, service or model, as one row of columns.

Which series an entity consists of follows from the order in which they first hold a value, and from nothing else: a
column, once given, is kept, so what is learnt of it stays true. Series that ended leave theirs empty. Both the entities
and their columns are bounded, because a joint detector's state is large; what is left out is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from aiops.detect.expression import Entities
from aiops.detect.node import NewSeries, Now, Stateless
from aiops.types import ENTITY_LABELS, Floats, Ints, Kind, Labels

LEAST = 3
"""Series that make an entity; of fewer, their own rules say as much."""
FREE_SHARE = 0.5
"""Of an entity's columns, the first ones go to whatever comes; the rest only to kinds of metrics that are rare there:
a machine reports each of its discs and processors, and they must not leave its memory without a column."""
OF_ONE_KIND = 2


class EntityNode(Stateless):
    """One row an entity, `out` of shape (entities, most series): samples of gauges, rates of counters; NaN = none.

    Parameters
    ----------
    expression : which series, and how many of an entity.
    step_seconds : length of a column.
    most : entities; the first that have `LEAST` series, and those that come later are not watched.
    """

    def __init__(self, expression: Entities, step_seconds: float, most: int) -> None:
        super().__init__()
        self._expression, self._step, self._most = expression, step_seconds, most
        self._members: dict[Labels, list[int]] = defaultdict(list)
        self._kinds: dict[Labels, Counter[str]] = defaultdict(Counter)
        self._series: list[Labels] = []
        self._pick: Ints = np.empty((0, expression.most), np.int64)
        self.left_out: Counter[str] = Counter(entities=0, series=0)
        """What there was no room for: `entities`, and `series` of entities that are watched or could be."""

    def extend(self, new: NewSeries) -> None:
        self._series = new.series
        found = new.matching(self._expression.child.matchers)
        for i in found:
            if (entity := entity_of(new.series[i])) is not None:
                self._join(entity, i, new.series[i].metric)
        if found:
            self._pick = np.full((len(self.labels), self._expression.most), -1, np.int64)
            for row, entity in enumerate(self.labels):
                self._pick[row, : len(self._members[entity])] = self._members[entity]

    def _join(self, entity: Labels, i: int, metric: str) -> None:
        members, kinds, kind = self._members[entity], self._kinds[entity], "_".join(metric.split("_")[:2])
        free = len(members) < FREE_SHARE * self._expression.most or kinds[kind] < OF_ONE_KIND
        if len(members) == self._expression.most or not free:
            self.left_out["series"] += 1
            return
        kinds[kind] += 1
        members.append(i)
        if len(members) == LEAST:
            if len(self.labels) < self._most:
                self.labels.append(entity)
            else:
                self.left_out["entities"] += 1

    def evaluate(self, now: Now) -> None:
        pick, kind = self._pick, now.kind[self._pick]
        value = np.where(kind == Kind.COUNTER, now.increase[pick] / self._step, now.value[pick])
        # A counter that is not known for one yet would teach its column a level that no rate ever has.
        self.out: Floats = np.where((pick >= 0) & (kind != Kind.UNKNOWN), value, np.nan)

    def named(self, row: int, columns: list[int]) -> str:
        """Some columns of an entity, as people say them: metrics, and which series of a metric that has several."""
        every = [self._series[i] for i in self._members[self.labels[row]]]
        names = [_name(every[column], every) for column in columns]
        return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def entity_of(labels: Labels) -> Labels | None:
    """The label that tells what a series is about, alone; None = it has none.

    >>> entity_of(Labels.of("up", {"instance": "db-1", "job": "node"}))
    Labels(pairs=(('instance', 'db-1'),))
    """
    return next((Labels.of("", {name: value}) for name in ENTITY_LABELS if (value := labels.get(name))), None)


def _name(one: Labels, every: list[Labels]) -> str:
    alike = [other.as_dict() for other in every if other.metric == one.metric]
    told = [
        f'{key}="{value}"' for key, value in one.as_dict().items() if any(other.get(key) != value for other in alike)
    ]
    return f"{one.metric}{{{', '.join(told)}}}" if told else one.metric
