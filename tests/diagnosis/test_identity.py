"""Who is who: names of one thing are joined, equal numbers are told once, what was passed on stays with each."""

from __future__ import annotations

import numpy as np

from aiops.correlate.track import Track
from aiops.diagnosis.identity import joined, told_once, workloads
from aiops.types import Edge

TIME = np.arange(6.0)
POD, OTHER = "cart-6f4c9d77bf-x2x7z", "cart-6f4c9d77bf-k8d2p"


def _track(entity: str, metric: str, signal: str, *value: float) -> Track:
    return Track(entity, metric, signal, TIME, np.resize(np.array(value), len(TIME)))


def _told(made: list[Track], *calls: tuple[str, str]) -> set[tuple[str, str]]:
    return {(one.entity, one.metric) for one in told_once(made, calls)}


def test_a_failure_that_was_passed_on_along_a_call_is_told_by_both_ends() -> None:
    made = [_track(one, "availability", "error", 0, 0, 9) for one in ("gateway", "worker", "stranger")]
    assert _told(made, ("gateway", "worker")) == {("gateway", "availability"), ("worker", "availability")}


def test_equal_numbers_of_a_resource_are_what_two_share_even_when_one_calls_the_other() -> None:
    made = [_track(one, "node_cpu", "saturation", 1, 2, 3) for one in ("cart", "cache")]
    assert _told(made, ("cart", "cache")) == set()


def _entrance(*own: Track) -> list[Track]:
    """A gateway's view of the shop, and what the shop tells itself, which is more."""
    twice = [("p90", (1, 2, 9)), ("p99", (2, 3, 11))]
    return [
        *(_track(one, metric, "latency", *value) for one in ("front", "shop") for metric, value in twice),
        *(_track("shop", metric, "saturation", i, 3, 7) for i, metric in enumerate(("cpu", "memory", "disk"))),
        *own,
    ]


def test_what_an_unplaced_name_tells_beside_mostly_equal_numbers_is_of_whom_it_mirrors() -> None:
    made = _entrance(_track("front", "failures", "error", 0, 0, 22))
    found = _told(made, ("shop", "db"))
    assert ("shop", "failures") in found
    assert all(entity == "shop" for entity, _ in found)


def test_a_name_that_the_topology_places_is_somebody_of_its_own() -> None:
    made = _entrance(_track("front", "failures", "error", 0, 0, 22))
    assert ("front", "failures") in _told(made, ("front", "shop"))


def test_a_name_that_tells_as_much_of_its_own_is_somebody_of_its_own() -> None:
    own = [_track("front", metric, "error", i, 0, 22) for i, metric in enumerate(("failures", "timeouts"))]
    assert ("front", "failures") in _told(_entrance(*own))


def test_who_shares_a_host_is_joined_with_nobody() -> None:
    made = [
        *(_track(one, metric, "saturation", i, 2, 3) for one in ("a", "b") for i, metric in enumerate(("cpu", "disk"))),
        _track("b", "heap", "saturation", 5, 6, 8),
        _track("a", "failures", "error", 0, 0, 22),
    ]
    assert ("a", "failures") in _told(made)


def test_an_only_pod_is_its_workload_and_answers_by_that_name() -> None:
    edges = [Edge("web", "cart"), Edge("cart", "db"), Edge(POD, "node")]
    only, served = workloads({"web", "cart", "db", POD, "node"}, edges)
    assert (only, served) == ({POD: "cart"}, [])
    assert joined(edges, only) == [Edge("web", "cart"), Edge("cart", "db"), Edge("cart", "node")]


def test_each_of_two_pods_stays_itself_and_calls_what_its_workload_calls() -> None:
    only, served = workloads({"cart", "db", POD, OTHER}, [Edge("cart", "db")])
    assert not only
    assert set(served) == {edge for pod in (POD, OTHER) for edge in (Edge("cart", pod, "serves"), Edge(pod, "db"))}
