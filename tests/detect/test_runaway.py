"""From tool calls to a page that names the conversation, while it still spends."""

from __future__ import annotations

import msgspec

from aiops.detect.partition import Settings
from aiops.detect.rule import load_rules
from aiops.pipeline import Pipeline
from aiops.types import Finding, LlmCall, Records

STEP, START = 15.0, 1_760_000_010.0
RULES = tuple(rule for rule in load_rules(("llm",)) if rule.id == "llm-runaway")


def play(answers: list[str]) -> list[Finding]:
    """One tool call a step, each with another question, answered in turn."""
    pipeline = Pipeline(Settings(STEP, 0.0, 1e12, RULES))
    fired: list[Finding] = []
    for i, answer in enumerate(answers):
        call = LlmCall(
            timestamp=START + i * STEP, entity="bot", model="", operation="execute_tool", tool="search",
            prompt=f'{{"page": {i}}}', completion=answer, conversation_id="c-17",
        )  # fmt: skip
        outcome = pipeline.step([Records.many("bus", [msgspec.json.encode(call)])], START + i * STEP)
        fired += [one for closed in outcome.closed for one in closed.fired]
    return fired


def test_a_conversation_that_gets_nowhere_pages_and_is_named() -> None:
    (finding,) = play(["nothing found"] * 14)
    assert (finding.alert, finding.severity, finding.entity) == ("LlmRunawayConversation", "page", "bot")
    assert "conversation c-17" in finding.summary
    assert "in a row without news" in finding.summary


def test_one_that_learns_something_each_time_does_not() -> None:
    assert play([f"page {i}" for i in range(14)]) == []
