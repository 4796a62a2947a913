"""What part each entity plays: the cause, its symptoms, who is silent, and who is odd for reasons of its own."""

from __future__ import annotations

from aiops.correlate.role import AFFECTED, APART, CAUSE, SILENT, roles

LINKS = [("web", "orders", "calls"), ("orders", "db", "reads"), ("web", "mail", "calls")]
ALL = {"web", "orders", "db", "mail"}


def test_who_depends_on_the_cause_along_odd_entities_is_its_symptom() -> None:
    assert roles("db", {"web", "orders", "db"}, ALL, LINKS) == {"web": AFFECTED, "orders": AFFECTED, "db": CAUSE}


def test_a_calm_entity_in_between_explains_nothing() -> None:
    assert roles("db", {"web", "db"}, ALL, LINKS) == {"web": APART, "db": CAUSE}


def test_what_the_cause_depends_on_is_no_symptom_of_it() -> None:
    assert roles("orders", {"orders", "db"}, ALL, LINKS)["db"] == APART


def test_who_was_never_heard_of_while_all_that_depend_on_it_are_odd_is_suspected() -> None:
    links = [("a", "node", "runs_on"), ("b", "node", "runs_on"), ("a", "store", "reads")]
    found = roles("a", {"a", "b"}, {"a", "b"}, links)
    assert found["node"] == SILENT
    assert "store" not in found  # one that suffers is too few: nearly everybody calls somebody


def test_one_calm_dependent_clears_the_silent() -> None:
    links = [(name, "node", "runs_on") for name in "abc"]
    assert "node" not in roles("a", {"a", "b"}, {"a", "b", "c"}, links)


def test_the_cause_stays_the_cause_when_it_is_silent() -> None:
    assert roles("db", {"orders", "db"}, {"orders"}, LINKS) == {"orders": AFFECTED, "db": CAUSE}


def test_a_circle_ends() -> None:
    found = roles("a", {"a", "b"}, {"a", "b"}, [("a", "b", "calls"), ("b", "a", "calls"), ("a", "a", "calls")])
    assert found == {"a": CAUSE, "b": AFFECTED}


def test_without_a_cause_all_are_odd_for_their_own_reasons() -> None:
    assert roles("", {"a", "b"}, {"a", "b"}, [("a", "b", "calls")]) == {"a": APART, "b": APART}
