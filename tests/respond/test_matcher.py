"""Alertmanager's notation and meaning."""

from __future__ import annotations

import pytest

from aiops.errors import ConfigError
from aiops.respond.matcher import finding_labels, incident_labels, matches, parse
from aiops.types import Cause
from tests.respond.incident import finding, incident


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('a="b"', (("a", "=", "b"),)),
        ("a=b,c!=d", (("a", "=", "b"), ("c", "!=", "d"))),
        ('{a=~"x|y", b!~"z,.*"}', (("a", "=~", "x|y"), ("b", "!~", "z,.*"))),
        (r'a="say \"no\""', (("a", "=", 'say "no"'),)),
        ('a=""', (("a", "=", ""),)),
        ("a='b'", (("a", "=", "b"),)),
        ("{a='b c', d=~'e.*', f=\"it's\"}", (("a", "=", "b c"), ("d", "=~", "e.*"), ("f", "=", "it's"))),
        (r"a='it\'s', b=o'clock", (("a", "=", "it's"), ("b", "=", "o'clock"))),
    ],
)
def test_the_notation_is_read(text: str, read: object) -> None:
    assert parse(text) == read


@pytest.mark.parametrize("text", ["", "{}", "a", "a==b c", '9a="b"', 'a=~"("', 'a="b" c="d"', "a=~" + "x" * 2_000])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('world="llm"', True),
        ('world="it"', True),
        ('world!="llm"', False),
        ('world=~"l.*"', True),
        ('world=~"l"', False),
        ('world!~"mod.*"', True),
        ('absent=""', True),
        ('absent!=""', False),
        ('world="it",world="llm"', True),
    ],
)
def test_any_value_of_a_label_fits_and_a_negative_is_its_opposite(text: str, held: bool) -> None:
    assert matches(parse(text), {"world": ("it", "llm")}) is held


def test_a_series_label_cannot_disguise_an_alert() -> None:
    disguised = finding(labels={"severity": "info", "alertname": "Nothing", "pod": "x"})
    labels = finding_labels(disguised)
    assert labels["severity"] == ("page",)
    assert labels["alertname"] == ("HttpErrorRatio",)
    assert labels["pod"] == ("x",)


def test_an_incident_has_the_labels_of_all_its_findings_and_its_cause() -> None:
    one = incident(findings=(finding("a"), finding("b", world="llm")), causes=(Cause("c", 0.5),), entities=())
    labels = incident_labels(one)
    assert labels["entity"] == ("a", "b", "c")
    assert labels["world"] == ("it", "llm")
    assert labels["severity"] == ("page",)
