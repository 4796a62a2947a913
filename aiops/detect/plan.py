"""Evaluates signals column by column: each expression is a node, equal expressions are one node.

A node knows the labels of its outputs and grows as series appear; evaluating it is a few numpy calls over
index arrays. A bare selector of a counter means its rate: no detector can use a raw counter. Instant values
inside an aggregation are carried over a missed scrape for up to a minute, or a sum would dip with each.
"""

from __future__ import annotations

import math

import numpy as np

from aiops.detect.entity import EntityNode
from aiops.detect.expression import Aggregate, Binary, Buckets, Call, Entities, Expression, Number, Select, Time
from aiops.detect.histogram import BucketNode, QuantileNode
from aiops.detect.node import NewSeries, Node, Now, State, Stateless
from aiops.types import Floats, Ints, Kind, Labels

CARRY_SECONDS = 60.0


class _SelectNode:
    """Samples of the series that match, over a window of `steps` columns when a function is given."""

    def __init__(self, expression: Select, step_seconds: float, carry: bool) -> None:
        self._select, self._step = expression, step_seconds
        self.labels: list[Labels] = []
        self.out: Floats = np.empty(0)
        self.slots: Ints = np.empty(0, np.int64)
        steps = max(1, math.ceil(expression.window_seconds / step_seconds - 1e-9))
        if not expression.function and carry:
            steps = max(1, math.ceil(CARRY_SECONDS / step_seconds - 1e-9))
        self._steps, self._carry = steps, carry and not expression.function and steps > 1
        # Of a window: one column a step. Of a value that is carried: the value, and its age in columns.
        self._width = 2 if self._carry else steps
        self._ring: Floats = np.full((0, self._width), np.nan, order="F")

    def extend(self, new: NewSeries) -> None:
        found = new.matching(self._select.matchers)
        if not found:
            return
        keep_name = not self._select.function
        self.labels += [new.series[i] if keep_name else Labels.of("", new.series[i].as_dict()) for i in found]
        self.slots = np.append(self.slots, np.asarray(found, np.int64))
        if self._steps > 1:
            grown = np.full((len(self.slots), self._width), np.nan, order="F")
            grown[: len(self._ring)] = self._ring
            self._ring = grown

    def evaluate(self, now: Now) -> None:
        function = self._select.function
        if function in ("rate", "increase"):
            column = now.increase[self.slots]
        else:
            kind = now.kind[self.slots]
            column = now.value[self.slots]
            counters = kind == Kind.COUNTER
            if counters.any():
                column = np.where(counters, now.increase[self.slots] / self._step, column)
        if self._steps == 1:
            # A window shorter than a column is the column.
            self.out = column / self._step if function == "rate" else column
            return
        if self._carry:
            self.out = self._carried(column)
            return
        self._ring[:, now.at % self._steps] = column
        self.out = self._windowed(now, function)

    def _carried(self, column: Floats) -> Floats:
        value, age = self._ring[:, 0], self._ring[:, 1]
        fresh = ~np.isnan(column)
        np.copyto(value, column, where=fresh)
        age += 1.0
        age[fresh] = 0.0
        return np.where(age < self._steps, value, np.nan)

    def _windowed(self, now: Now, function: str) -> Floats:
        ring, have = self._ring, ~np.isnan(self._ring)
        count = have.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            if function in ("rate", "increase"):
                # A counter's increase is told per column, in the columns that were scraped; a count is told once.
                counter = now.kind[self.slots] == Kind.COUNTER
                out = np.where(have, ring, 0.0).sum(axis=1) * np.where(counter, self._steps / count, 1.0)
                out = out / (self._steps * self._step) if function == "rate" else out
            elif function in ("sum_over_time", "avg_over_time"):
                out = np.where(have, ring, 0.0).sum(axis=1)
                out = out / count if function == "avg_over_time" else out
            elif function == "delta":
                order = (now.at + 1 + np.arange(self._steps)) % self._steps
                first, last = have[:, order].argmax(axis=1), have[:, order[::-1]].argmax(axis=1)
                rows = np.arange(len(ring))
                out = ring[rows, order[::-1][last]] - ring[rows, order[first]]
            else:
                out = (np.fmax if function == "max_over_time" else np.fmin).reduce(ring, axis=1)
        return np.where(count > 0, out, np.nan)

    def state(self) -> State:
        return {"ring": self._ring} if self._steps > 1 else {}

    def load(self, state: State) -> None:
        # Rows are in the roster's order, so a ring written earlier is a prefix of ours.
        if (ring := state.get("ring")) is not None and ring.shape[1] == self._width:
            self._ring[: len(ring)] = ring[: len(self._ring)]


class _AggregateNode(Stateless):
    def __init__(self, expression: Aggregate, child: Node) -> None:
        super().__init__()
        self._operator, self._by, self._child = expression.operator, expression.by, child
        self._group: Ints = np.empty(0, np.int64)
        self._index: dict[Labels, int] = {}
        self._order: Ints | None = None
        """In which order to sum what does not come in the roster's order: floats know the difference."""

    def extend(self, new: NewSeries) -> None:
        groups: list[int] = []
        for labels in self._child.labels[len(self._group) :]:
            key = Labels.of("", {name: labels.grouped(name) for name in self._by})
            if key not in self._index:
                self._index[key] = len(self.labels)
                self.labels.append(key)
            groups.append(self._index[key])
        self._group = np.append(self._group, np.asarray(groups, np.int64))
        if groups and not isinstance(self._child, _SelectNode):
            labels_of = self._child.labels
            self._order = np.asarray(sorted(range(len(labels_of)), key=lambda i: labels_of[i].pairs), np.int64)

    def evaluate(self, now: Now) -> None:
        n, x, group = len(self.labels), self._child.out, self._group
        if self._order is not None:
            x, group = x[self._order], group[self._order]
        have = ~np.isnan(x)
        x, group = x[have], group[have]
        count: Floats = np.bincount(group, minlength=n).astype(np.float64)
        out: Floats
        if self._operator == "count":
            out = count
        elif self._operator in ("sum", "avg"):
            out = np.asarray(np.bincount(group, weights=x, minlength=n), np.float64)
            if self._operator == "avg":
                out = out / np.maximum(count, 1.0)
        else:
            out = np.full(n, np.inf if self._operator == "min" else -np.inf)
            (np.minimum if self._operator == "min" else np.maximum).at(out, group, x)
        self.out = np.where(count > 0, out, np.nan)


class _BinaryNode(Stateless):
    """Two signals with equal labels, or one and a number; a side that is None stands in the expression."""

    def __init__(self, expression: Binary, left: Node | None, right: Node | None, step_seconds: float) -> None:
        super().__init__()
        self._expression, self._left, self._right, self._step = expression, left, right, step_seconds
        self._pairs: list[tuple[int, int]] = []
        self._at: tuple[Ints, Ints] = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._known: set[Labels] = set()
        self._seen = (0, 0)

    def extend(self, new: NewSeries) -> None:
        left, right = self._left, self._right
        if left is None or right is None:
            side = left or right
            assert side is not None
            self.labels += [Labels.of("", one.as_dict()) for one in side.labels[len(self.labels) :]]
            return
        if (len(left.labels), len(right.labels)) == self._seen:
            return
        self._seen = (len(left.labels), len(right.labels))
        there = {Labels.of("", one.as_dict()): i for i, one in enumerate(right.labels)}
        for i, one in enumerate(left.labels):
            key = Labels.of("", one.as_dict())
            if key in there and key not in self._known:
                self._known.add(key)
                self.labels.append(key)
                self._pairs.append((i, there[key]))
        both = np.asarray(self._pairs, np.int64).reshape(-1, 2)
        self._at = (both[:, 0], both[:, 1])

    def evaluate(self, now: Now) -> None:
        whole, operator = self._left is None or self._right is None, self._expression.operator
        a, b = (
            self._constant(side, now) if node is None else node.out[slice(None) if whole else at]
            for node, side, at in zip(
                (self._left, self._right), (self._expression.left, self._expression.right), self._at, strict=True
            )
        )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if operator == "/":
                out = np.true_divide(a, b)
            else:
                out = {"+": np.add, "-": np.subtract, "*": np.multiply}[operator](a, b)
        self.out = np.where(np.isfinite(out), out, np.nan)

    def _constant(self, side: Expression, now: Now) -> float:
        return side.value if isinstance(side, Number) else now.at * self._step


class _CallNode(Stateless):
    """abs, clamp_min, clamp_max."""

    def __init__(self, expression: Call, child: Node) -> None:
        super().__init__()
        self._call, self._child = expression, child

    def extend(self, new: NewSeries) -> None:
        self.labels += [Labels.of("", one.as_dict()) for one in self._child.labels[len(self.labels) :]]

    def evaluate(self, now: Now) -> None:
        x = self._child.out
        if self._call.function == "abs":
            self.out = np.abs(x)
        else:
            clamp = np.maximum if self._call.function == "clamp_min" else np.minimum
            self.out = clamp(x, self._call.argument)


class Plan:
    """The nodes of one partition, children before parents.

    Parameters
    ----------
    step_seconds : length of a column.
    joint_entities : entities of which all series are watched as one, at most.
    """

    def __init__(self, step_seconds: float, joint_entities: int = 0) -> None:
        self._step, self._joint_entities = step_seconds, joint_entities
        self._nodes: dict[tuple[Expression, bool], Node] = {}
        self._live: list[Node] = []
        """Nodes with an output: most rules are about things that a partition does not have."""
        self._seen = 0

    def add(self, expression: Expression, carry: bool = False) -> Node:
        """Return the node of an expression; constants alone are no signal.

        Raises
        ------
        ValueError : a number where series are wanted.
        """
        key = (expression, carry)
        if key not in self._nodes:
            node = self._build(expression, carry)
            self._nodes[key] = node
        return self._nodes[key]

    def _build(self, expression: Expression, carry: bool) -> Node:
        if isinstance(expression, Select):
            return _SelectNode(expression, self._step, carry)
        if isinstance(expression, Aggregate):
            return _AggregateNode(expression, self.add(expression.child, carry=True))
        if isinstance(expression, Binary):
            left, right = (
                None if isinstance(one, Number | Time) else self.add(one, carry=True)
                for one in (expression.left, expression.right)
            )
            if left is None and right is None:
                raise ValueError("a signal needs a series")
            return _BinaryNode(expression, left, right, self._step)
        if isinstance(expression, Entities):
            return EntityNode(expression, self._step, self._joint_entities)
        if isinstance(expression, Buckets):
            return BucketNode(expression.most, self.add(expression.child, carry))
        if isinstance(expression, Call):
            child = self.add(expression.child, carry)
            return (QuantileNode if expression.function == "histogram_quantile" else _CallNode)(expression, child)
        raise ValueError("a signal needs a series")

    def extend(self, series: list[Labels]) -> bool:
        """Let every node see the series that are new; True if there were any."""
        if len(series) == self._seen:
            return False
        new = NewSeries(series, self._seen)
        for node in self._nodes.values():
            node.extend(new)
        self._live = [node for node in self._nodes.values() if node.labels]
        self._seen = len(series)
        return True

    def evaluate(self, now: Now) -> None:
        """Fill `out` of every node for one closed column."""
        for node in self._live:
            node.evaluate(now)

    def state(self) -> dict[str, State]:
        """Arrays by expression; a changed rule set keeps what is still the same."""
        return {f"{key[0]!r}{key[1]}": state for key, node in self._nodes.items() if (state := node.state())}

    def load(self, state: dict[str, State]) -> None:
        """The inverse, after `extend` has seen all series."""
        for key, node in self._nodes.items():
            node.load(state.get(f"{key[0]!r}{key[1]}", {}))
