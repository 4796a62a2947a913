"""What is shown, and when it counts as changed."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from aiops.respond.message import MOST_FINDINGS, Message, Proposal, compose
from aiops.types import Cause
from tests.respond.incident import finding, incident


def test_the_first_line_names_the_cause_and_only_once() -> None:
    assert compose(incident()).headline == "orders: requests fail"
    assert compose(incident(title="orders fails")).headline == "orders fails"


def test_nothing_says_resolved_before_it_is() -> None:
    assert "resolved" not in str(msgspec.to_builtins(compose(incident()))).lower().replace("'resolved': none", "")
    assert compose(incident(status="resolved")).text.startswith("Resolved: ")


def test_small_changes_of_numbers_are_no_change() -> None:
    one = compose(incident())
    other = compose(incident(causes=(replace(incident().causes[0], probability=0.81),)))
    assert one.digest == other.digest
    assert one.digest != compose(incident(causes=(Cause("web", 0.8),))).digest


def test_a_new_reference_is_no_change_and_a_new_id_is() -> None:
    one = compose(incident())
    assert replace(one, reference="former").digest == one.digest
    assert compose(incident("i2")).digest != one.digest


def test_firing_findings_come_first_and_the_rest_is_counted() -> None:
    many = tuple(finding(f"e{i:02}", ended=1.0 if i < 5 else None) for i in range(30))
    shown = compose(incident(findings=many))
    assert len(shown.findings) == MOST_FINDINGS
    assert all(one.ended is None for one in shown.findings)
    assert shown.more_findings == 20


def test_buttons_fit_the_state() -> None:
    def pressed(message: Message) -> list[str]:
        return [button.action for button in message.buttons]

    assert pressed(compose(incident())) == ["ack", "resolve", "silence", "feedback_true", "feedback_false"]
    assert "ack" not in pressed(compose(incident(status="acknowledged")))
    assert pressed(compose(incident(status="resolved"))) == ["feedback_true", "feedback_false"]
    waiting = compose(incident(), proposals=(Proposal("r1", "restart", "proposed", "orders", True),))
    assert [(button.action, button.value) for button in waiting.buttons[:2]] == [("approve", "r1"), ("abort", "r1")]
    assert "approve" not in pressed(compose(incident(), proposals=(Proposal("r1", "restart", "running", "orders"),)))
    doubtful = compose(incident(), proposals=(Proposal("r1", "restart", "in_doubt", "orders"),))
    assert pressed(doubtful)[:2] == ["happened", "did_not_happen"]


def test_half_a_character_from_a_log_line_is_made_whole() -> None:
    message = compose(incident(title="bad \ud800 line", timeline=((1.0, "\udfff"),)))
    assert msgspec.json.decode(msgspec.json.encode(message), type=Message) == message
