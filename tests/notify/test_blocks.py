"""Whatever an incident holds, Slack takes it and nobody is mentioned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.notify.slack.blocks import blocks, text
from aiops.respond.message import Proposal, compose
from aiops.types import Cause, SuspectChange
from tests.respond.incident import finding, incident
from tests.standins.slack import check_content

WORDS = st.text(st.characters(exclude_categories=()), max_size=200) | st.sampled_from(
    ["<!channel>", "&" * 4_000, "<" * 700, "é" * 5_000, "`x`", "", "\n" * 50, "a" * 20_000]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=6, max_size=6), st.integers(0, 40), st.integers(0, 20))
def test_any_text_and_any_number_of_things_fits(words: list[str], many: int, runs: int) -> None:
    a, b, c, d, e, f = words
    one = incident(
        title=a,
        causes=tuple(Cause(b or "x", 0.5, (c, d) * 4, e) for _ in range(many)),
        findings=tuple(finding(f or "x", c or "x", summary=d) for _ in range(many)),
        changes=tuple(SuspectChange(a or "x", 0.4, (e,), b, c, d) for _ in range(many)),
        timeline=tuple((float(i), c) for i in range(many)),
        acknowledged_by=d,
    )
    proposals = tuple(Proposal(f"r{i}", "restart-service", "proposed", whole(e), True) for i in range(runs))
    message = compose(one, link="http://127.0.0.1/incidents/i1", proposals=proposals, notes=(whole(f),))
    shown = {"text": text(message), "blocks": blocks(message)}
    json.dumps(shown, ensure_ascii=False).encode()
    check_content(shown)
    assert len(shown["text"].encode()) <= 4_000
    assert not any("<!channel>" in markup for markup in marked_up(shown["blocks"]))


def whole(word: str) -> str:
    return word.encode("utf-8", "replace").decode()


def marked_up(node: Any) -> Iterator[str]:
    """Every text that Slack looks for markup in; plain_text it does not."""
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for value in node.values():
            yield from marked_up(value)
    elif isinstance(node, list):
        for value in node:
            yield from marked_up(value)


def test_what_is_left_out_is_said() -> None:
    long = tuple(f"{i} " + "x" * 500 for i in range(8))
    shown = blocks(compose(incident(timeline=tuple((float(i), line) for i, line in enumerate(long)))))
    assert "lines more" in json.dumps(shown)


def test_the_header_names_the_cause() -> None:
    header = blocks(compose(incident()))[0]
    assert "orders" in header["text"]["text"]
