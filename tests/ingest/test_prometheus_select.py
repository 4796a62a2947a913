"""Selectors: read, written, made disjoint and cut, without losing or doubling a series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.ingest.prometheus.select import Matcher, Selector, disjoint, parse, render, shards
from tests.ingest.prometheus_world import matches

VALUES = st.sampled_from(["", "a", "b", "ab", "a.b"])
LABELS = st.fixed_dictionaries({"x": VALUES, "y": VALUES})
MATCHERS = st.builds(
    Matcher,
    st.sampled_from("xy"),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["a", "a|b", ".+", "", "a.b"]),
)
SELECTORS = st.lists(MATCHERS, min_size=1, max_size=3).map(tuple)


@given(st.lists(SELECTORS, min_size=1, max_size=4), LABELS)
def test_disjoint_selectors_match_the_union_and_nothing_twice(
    given_ones: list[Selector], labels: dict[str, str]
) -> None:
    wanted = any(matches(one, labels) for one in given_ones)
    assert sum(matches(one, labels) for one in disjoint(given_ones)) == int(wanted)


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 50), max_size=12), st.integers(1, 100), st.text()
)
def test_shards_hold_every_value_once_even_one_never_counted(
    counts: dict[str, int], largest: int, newcomer: str
) -> None:
    parts = shards((Matcher("job", "=", "a"),), "name", counts, largest)
    for value in (*counts, newcomer):
        found = [one for one in parts if matches(one, {"job": "a", "name": value})]
        assert len(found) == 1, value


def test_shards_are_no_larger_than_asked_unless_one_value_is() -> None:
    counts = {"a": 40, "b": 40, "c": 40, "d": 300}
    parts = shards((), "name", counts, 100)
    sizes = [sum(n for value, n in counts.items() if matches(one, {"name": value})) for one in parts]
    assert sizes == [80, 40, 300, 0]


@given(st.text(max_size=20))
def test_any_label_value_survives_escaping(value: str) -> None:
    selector = (Matcher("path", "=", value), Matcher("job", "=~", ".+"))
    assert parse(render(selector)) == selector


@pytest.mark.parametrize(
    "text", ["", "{}", "rate(up[5m])", "up[5m]", "up offset 5m", '{a="b" or c="d"}', "{job=}", "up @ 1"]
)
def test_what_is_no_plain_selector_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        parse(text)


def test_a_name_becomes_a_matcher() -> None:
    assert render(parse('up{job="a"}')) == '{__name__="up",job="a"}'
