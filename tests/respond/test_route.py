"""Alertmanager's tree."""

from __future__ import annotations

from aiops.respond.route import RouteNode, Way, match_all, receivers, ways
from tests.respond.incident import incident


def node(receiver: str, match: dict[str, str], **more: object) -> RouteNode:
    return RouteNode(receiver, matchers=match_all(match), **more)  # type: ignore[arg-type]


def test_the_first_child_that_matches_takes_it_and_inherits_what_it_does_not_say() -> None:
    tree = RouteNode("root", 20.0, 60.0, routes=(node("a", {"world": "it"}), node("b", {"world": "it"})))
    assert ways(tree, incident()) == (Way("a", 20.0, 60.0),)


def test_continue_goes_on_to_the_next() -> None:
    first = node("a", {"world": "it"}, goes_on=True, group_wait_seconds=1.0)
    tree = RouteNode("root", 20.0, 60.0, routes=(first, node("b", {"severity": "page"})))
    assert ways(tree, incident()) == (Way("a", 1.0, 60.0), Way("b", 20.0, 60.0))


def test_a_node_whose_children_do_not_match_takes_it_itself() -> None:
    inner = node("a", {"world": "it"}, routes=(node("deep", {"entity": "nobody"}),))
    assert [way.receiver for way in ways(RouteNode("root", routes=(inner,)), incident())] == ["a"]
    assert [way.receiver for way in ways(RouteNode("root"), incident())] == ["root"]


def test_a_receiver_reached_twice_is_told_once_the_first_way() -> None:
    first = node("a", {"world": "it"}, goes_on=True, group_wait_seconds=1.0)
    tree = RouteNode("root", 20.0, 60.0, routes=(first, node("a", {"world": "it"})))
    assert ways(tree, incident()) == (Way("a", 1.0, 60.0),)


def test_an_incident_of_two_worlds_matches_either() -> None:
    tree = RouteNode("root", routes=(node("hook", {"world": "llm"}),))
    assert [way.receiver for way in ways(tree, incident(worlds=("it", "llm")))] == ["hook"]


def test_no_receiver_at_all_is_nobody_to_tell() -> None:
    assert ways(RouteNode(), incident()) == ()


def test_all_receivers_are_named_once() -> None:
    tree = RouteNode("root", routes=(node("a", {}), node("root", {}), node("b", {})))
    assert receivers(tree) == ("root", "a", "b")
