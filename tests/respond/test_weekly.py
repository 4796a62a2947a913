"""One message a week says what was promised of false pages and what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiops.config import Config
from aiops.correlate.allowance import Allowance
from aiops.correlate.correlator import Correlator, Lesson
from aiops.correlate.topology import Topology
from aiops.daemon.weekly import Weekly
from aiops.detect.budget import WEEK_SECONDS
from aiops.respond import outbox
from aiops.respond.weekly import is_summary, reference, summary
from aiops.types import Notification, Verdict
from tests.correlate.story import finding

NOW = 1_760_000_000.0
CONFIG = {"receivers": {"out": {"type": "stdout"}, "am": {"type": "alertmanager"}}, "route": {"receiver": "out"}}


def weekly(stored: bytes | None = None, now: float = NOW, **fields: object) -> Weekly:
    return Weekly(Config.model_validate({**CONFIG, **fields}), stored, now)


def test_it_is_due_once_a_week_and_never_twice() -> None:
    made = weekly()
    days = [day for day in range(30) if made.due(NOW + day * 86_400.0)]
    assert days == [7, 14, 21, 28]


def test_a_restart_neither_repeats_nor_forgets_it() -> None:
    made = weekly()
    again = weekly(made.snapshot(), NOW + 3 * 86_400.0)
    assert not again.due(NOW + 6.9 * 86_400.0)
    assert again.due(NOW + 7 * 86_400.0)
    assert not weekly(again.snapshot(), NOW).due(NOW + 7.1 * 86_400.0)


def test_after_a_long_absence_one_week_is_told_of() -> None:
    made = weekly()
    assert [made.due(NOW + 5.5 * WEEK_SECONDS), made.due(NOW + 5.6 * WEEK_SECONDS)] == [True, False]
    assert made.due(NOW + 6 * WEEK_SECONDS)


@pytest.mark.parametrize("fields", [{"budget": {"weekly_summary": False}}, {"route": {"receiver": "am"}}])
def test_nobody_is_told_who_did_not_ask_or_knows_alerts_only(fields: dict[str, object]) -> None:
    assert not weekly(None, NOW, **fields).due(NOW + WEEK_SECONDS)


def test_it_says_pages_verdicts_the_noisiest_rules_and_what_less_would_have_left() -> None:
    allowance = Allowance(2.0, {"error-ratio": 5.0, "latency": 5.0})
    found = Correlator(Topology(()), allowance)
    found.learn(Lesson(NOW - WEEK_SECONDS, tests={"bus": {"error-ratio": 1e8}}))
    for i, surprise in enumerate((8.1, 20.0)):
        one = finding("web", NOW - 90_000.0 * (i + 1), surprise=surprise)
        found.add([one, replace(one, ended=one.started + 60, detected=one.started + 120)])
    found.advance(float("inf"))
    first = min(found.incidents, key=lambda one: one.findings[0].surprise) if found.incidents else None
    assert first is not None
    found.learn(Lesson(NOW - 10.0, verdicts=[Verdict(timestamp=NOW - 10.0, incident=first.id, right=False)]))
    found.advance(float("inf"))
    message = summary(allowance, NOW)
    said = "\n".join((message.headline, *message.notes))
    assert message.text == "This week: Budget 2 false pages a week: 2 pages, 1 judged false, 0 right"
    assert "Noisiest: error-ratio, 2 pages, 1 false" in said
    assert "1 a week: 1; 0.2 a week: 1" in said
    assert "1 not judged yet" in said


def test_a_quiet_week_is_said_in_two_lines() -> None:
    message = summary(Allowance(2.0, {}), NOW)
    assert message.headline.endswith("0 pages, 0 judged false, 0 right")
    assert len(message.notes) == 1
    assert (message.buttons, message.findings) == ((), ())


def test_it_goes_through_the_outbox_and_is_no_page() -> None:
    key = f"out/{reference(NOW)}/1"
    waiting = outbox.put(
        outbox.Outbox(), Notification(key, "out", "x", "open", NOW), summary(Allowance(2.0, {}), NOW), NOW
    )
    assert outbox.due(waiting, NOW) == [f"out/{reference(NOW)}"]
    assert is_summary(key)
    assert not is_summary("out/3f2a/1")
