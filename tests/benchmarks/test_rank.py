"""The incident that root causes are measured on is one: whoever is asked blames the same service."""

from __future__ import annotations

import pytest

from benchmarks.rank import METRICS, beside, incident, searched, told


def test_our_ranking_blames_the_service_that_began_it_whether_the_onset_is_told_or_not() -> None:
    one = incident(200)
    assert told(one)() == searched(one)() == one.root


def test_callers_of_the_service_suffer_and_most_others_do_not() -> None:
    one = incident(400)
    first = int(one.onset // 15)
    moved = abs(one.value[first:].mean(axis=0) / one.value[:first].mean(axis=0) - 1) > 0.2
    assert 2 * len(METRICS) < moved.sum() < len(moved) / 2


def test_figures_of_who_blames_another_are_refused() -> None:
    with pytest.raises(ValueError, match="mail is blamed for what db did"):
        beside(lambda: "mail", lambda: "db", "db")
