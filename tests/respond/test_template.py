"""Filled in, never evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.respond.template import comparison_names, fill, holds, names


@given(st.text(), st.text())
def test_a_value_is_put_in_as_it_is_and_not_looked_at_again(value: str, other: str) -> None:
    filled = fill("{{ a }}|{{b}}", {"a": value, "b": other})
    assert filled == f"{value}|{other}"


def test_braces_in_a_value_stay_braces() -> None:
    assert fill(["{{ a }}"], {"a": "{{ b }}", "b": "secret"}) == ["{{ b }}"]


def test_keys_and_numbers_stay_as_they_are() -> None:
    assert fill({"{{ a }}": 1, "n": None, "l": (True, "{{ a }}")}, {"a": "x"}) == {
        "{{ a }}": 1,
        "n": None,
        "l": [True, "x"],
    }


@pytest.mark.parametrize("text", ["{{ a.__class__ }}", "{{ a|upper }}", "{{ a() }}", "{% for x in y %}", "{{ 1+1 }}"])
def test_what_looks_like_code_is_a_name_nobody_declared(text: str) -> None:
    assert set(names(text)) - {"a"}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('severity == "page"', True),
        ("severity != 'page'", False),
        ("n >= 3", True),
        ("n < 3.5", True),
        ("n == 3.0", True),
        ("10 > n", True),
        ('n < "x"', True),
    ],
)
def test_when_compares_numbers_as_numbers_and_the_rest_as_text(text: str, held: bool) -> None:
    assert holds(text, {"severity": "page", "n": "3"}) is held


@pytest.mark.parametrize("text", ["", "a", "a == b == c", "a and b", "__import__('os')", "a == b()", "a = b"])
def test_when_is_one_comparison_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="no comparison"):
        comparison_names(text)
