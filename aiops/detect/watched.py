"""Which slots of a bank belong to a rule, and where their inputs stand in the plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from aiops.detect.node import Node
from aiops.detect.rule import Rule
from aiops.types import Ints, Labels


@dataclass(slots=True)
class Watched:
    """One rule in a bank: where its inputs stand and which slots are its own.

    A rule of two inputs has a slot for every label set of the total, so that a count not seen yet is 0; unless the
    signal has labels that the total lacks (a feature of a model): then one total is `shared` by several signals.
    """

    rule: Rule
    signal: Node
    total: Node | None
    shared: tuple[str, ...] | None = None
    seen: int = 0
    indexed: int = 0
    index: dict[Labels, int] = field(default_factory=dict)
    slots: list[int] = field(default_factory=list)
    outs: list[int] = field(default_factory=list)
    followed: list[int] = field(default_factory=list)
    wire: Wire | None = None

    def key(self, labels: Labels) -> Labels:
        """What the other input is found by."""
        if self.shared is None:
            return nameless(labels)
        return Labels.of("", {name: labels.get(name) for name in self.shared})


@dataclass(frozen=True, slots=True)
class Wire:
    """A rule's inputs as index arrays, made anew when series appear.

    `leader.out[outs]` goes to `slots`; where `there`, `follower.out[followed]` is the other input.
    """

    slots: Ints
    outs: Ints
    leader: Node
    follower: Node
    total: Node | None
    there: npt.NDArray[np.bool_]
    followed: Ints


def connect(one: Watched) -> Wire | None:
    """The index arrays of a rule; None while it has no slot."""
    if not one.slots:
        return None
    leads_total = one.total is not None and one.shared is None
    leader, follower = (one.total, one.signal) if leads_total else (one.signal, one.total)
    followed = np.asarray(one.followed, np.int64)
    slots, outs = np.asarray(one.slots, np.int64), np.asarray(one.outs, np.int64)
    there = followed >= 0
    return Wire(slots, outs, leader or one.signal, follower or one.signal, one.total, there, followed[there])


def nameless(labels: Labels) -> Labels:
    """Labels without the name of the metric."""
    return Labels(tuple(pair for pair in labels.pairs if pair[0] != "__name__"))
