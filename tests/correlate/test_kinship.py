"""Which entity a set of entities amounts to."""

from __future__ import annotations

import random

import pytest

from aiops.correlate.kinship import Kinship
from aiops.types import Edge

EDGES = (
    *(Edge("cart", pod, "serves") for pod in ("c1", "c2", "c3")),
    *(Edge("pay", pod, "serves") for pod in ("p1", "p2")),
    Edge("mail", "m1", "serves"),
    *(Edge(pod, "north", "runs_on") for pod in ("c1", "p1", "m1")),
    *(Edge(pod, "south", "runs_on") for pod in ("c2", "c3")),
    Edge("shop", "cart", "calls"),
)


@pytest.mark.parametrize(
    ("holders", "units"),
    [
        ({"c1", "c2", "c3"}, {"cart"}),
        ({"c1", "c2"}, {"c1", "c2"}),
        ({"c1", "c2", "c3", "p1", "p2"}, {"cart", "pay"}),
        ({"c1", "p1", "m1"}, {"north"}),
        ({"c2", "c3"}, {"c2", "c3"}),
        ({"m1"}, {"m1"}),
        ({"stranger"}, {"stranger"}),
        (set(), set()),
    ],
    ids=["service", "part", "two", "host", "one service's tenants", "only instance", "unknown", "none"],
)
def test_holders_are_accounted_for_by_the_fewest(holders: set[str], units: set[str]) -> None:
    assert Kinship.of(EDGES).units(holders) == units


def test_names_and_the_order_of_edges_tell_nothing() -> None:
    rng = random.Random(3)
    names = sorted({end for edge in EDGES for end in (edge.source, edge.target)})
    for _ in range(20):
        alias = dict(zip(names, rng.sample([f"x{i}" for i in range(99)], len(names)), strict=True))
        edges = [Edge(alias[edge.source], alias[edge.target], edge.kind) for edge in EDGES]
        rng.shuffle(edges)
        holders = {alias[one] for one in ("c1", "c2", "c3", "p1")}
        assert Kinship.of(edges).units(holders) == {alias["cart"], alias["p1"]}


def test_callers_of_a_service_are_callers_of_its_instances() -> None:
    assert Kinship.of(EDGES).callers == {pod: {"shop"} for pod in ("c1", "c2", "c3")}
