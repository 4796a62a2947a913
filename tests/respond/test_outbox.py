"""Nothing lost, nothing said twice, wherever it is interrupted."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.errors import PermanentError, TemporaryError
from aiops.notify.delivery import deliver
from aiops.respond.message import Message, compose
from aiops.respond.outbox import (
    Answer,
    Outbox,
    attempt,
    documents,
    due,
    forget,
    next_due,
    put,
    recover,
    restore,
    settle,
)
from aiops.types import Json, Notification
from tests.respond.incident import incident

RNG = random.Random(1)
SENT = Answer("sent", {"ts": "1"})


def note(serial: int, action: str, receiver: str = "oncall", reference: str = "i1") -> Notification:
    return Notification(f"{receiver}/{reference}/{serial}", receiver, reference, action, float(serial))


def message(title: str = "requests fail", id: str = "i1") -> Message:
    return compose(incident(id, title=title))


def filled(*actions: str) -> Outbox:
    outbox = Outbox()
    for serial, action in enumerate(actions):
        outbox = put(outbox, note(serial, action), message(f"title {serial}"), float(serial))
    return outbox


@pytest.mark.parametrize(
    ("actions", "merged"),
    [
        (("open", "update", "update"), "open"),
        (("open", "resolve"), "open"),
        (("open", "repeat"), "open"),
        (("update", "resolve"), "resolve"),
        (("repeat", "update"), "repeat"),
        (("update", "repeat"), "repeat"),
        (("resolve", "update"), "resolve"),
        (("resolve", "repeat"), "repeat"),
    ],
)
def test_of_several_changes_the_newest_content_is_said_once(actions: tuple[str, ...], merged: str) -> None:
    outbox, told = attempt(filled(*actions), "oncall/i1", 9.0)
    assert (told.action, told.message.headline) == (merged, f"orders: title {len(actions) - 1}")
    outbox, results = settle(outbox, "oncall/i1", SENT, 9.0, rng=RNG)
    assert [one.outcome for one in results] == ["superseded"] * (len(actions) - 1) + ["sent"]
    assert due(outbox, 99.0) == []


def test_a_suppressed_notification_is_not_queued() -> None:
    held = Notification("oncall/i1/1", "oncall", "i1", "open", 0.0, "s1")
    assert put(Outbox(), held, message(), 0.0) == Outbox()


def test_one_call_at_a_time_a_receiver_and_others_do_not_wait_for_it() -> None:
    outbox = put(filled("open"), note(1, "open", reference="i2"), message(id="i2"), 1.0)
    outbox = put(outbox, note(1, "open", "hook"), message(), 1.0)
    assert due(outbox, 1.0) == ["oncall/i1", "hook/i1"]
    outbox, _ = attempt(outbox, "oncall/i1", 1.0)
    assert due(outbox, 1.0) == ["hook/i1"]
    outbox, _ = settle(outbox, "oncall/i1", Answer("sent", {}, spacing_seconds=2.0), 1.0, rng=RNG)
    assert due(outbox, 2.9) == ["hook/i1"]
    assert due(outbox, 3.0) == ["hook/i1", "oncall/i2"]


def test_pages_go_before_edits() -> None:
    outbox = put(filled("update"), note(1, "open", reference="i2"), message(id="i2"), 5.0)
    assert due(outbox, 5.0) == ["oncall/i2"]


def test_a_failing_receiver_is_left_alone_longer_each_time_and_as_long_as_it_asks() -> None:
    outbox, delays, now = filled("open"), [], 0.0
    for _ in range(12):
        outbox, _ = attempt(outbox, "oncall/i1", now)
        outbox, _ = settle(outbox, "oncall/i1", Answer("retry"), now, rng=RNG)
        later = next_due(outbox, now)
        assert later is not None
        delays.append(later - now)
        now = later
    assert 0.5 <= delays[0] <= 1.0
    assert 150.0 <= delays[-1] <= 300.0
    outbox, _ = attempt(outbox, "oncall/i1", now)
    outbox, _ = settle(outbox, "oncall/i1", Answer("retry", retry_after=7.0), now, rng=RNG)
    assert due(outbox, now + 6.9) == []
    assert due(outbox, now + 7.8) == ["oncall/i1"]


@pytest.mark.parametrize("asked", [float("inf"), float("nan"), 1e9])
def test_who_asks_to_be_left_alone_for_ever_is_tried_again(asked: float) -> None:
    outbox, _ = attempt(filled("open"), "oncall/i1", 0.0)
    outbox, _ = settle(outbox, "oncall/i1", Answer("retry", retry_after=asked), 0.0, rng=RNG)
    assert due(outbox, 4_000.0) == ["oncall/i1"]


def test_one_that_keeps_failing_lets_its_neighbours_pass() -> None:
    outbox, _ = attempt(filled("open"), "oncall/i1", 0.0)
    outbox, _ = settle(outbox, "oncall/i1", Answer("retry", retry_after=1.0), 0.0, rng=RNG)
    outbox = put(outbox, note(1, "update", reference="i2"), message(id="i2"), 0.0)
    assert due(outbox, 5.0) == ["oncall/i2"]


def test_what_is_refused_for_good_goes_to_the_stand_in_and_opens_there() -> None:
    outbox, _ = attempt(filled("update"), "oncall/i1", 0.0)
    refused = Answer("failed", error="token_revoked")
    outbox, results = settle(outbox, "oncall/i1", refused, 0.0, rng=RNG, fallback={"oncall": "second"})
    assert [(one.outcome, one.error) for one in results] == [("failed", "token_revoked")]
    assert due(outbox, 0.0) == ["second/i1"]
    outbox, told = attempt(outbox, "second/i1", 0.0)
    assert (told.action, told.thread, told.message.reference) == ("open", None, "i1")


def test_a_reminder_in_doubt_after_a_restart_counts_as_said() -> None:
    outbox, _ = attempt(filled("open"), "oncall/i1", 0.0)
    outbox, _ = settle(outbox, "oncall/i1", SENT, 0.0, rng=RNG)
    outbox, _ = attempt(put(outbox, note(1, "repeat"), message(), 1.0), "oncall/i1", 1.0)
    outbox, results = recover(outbox, 2.0)
    assert [one.outcome for one in results] == ["sent"]
    assert due(outbox, 99.0) == []


def test_documents_hold_what_changed_and_bring_it_back() -> None:
    before = put(filled("open"), note(1, "open", reference="i2"), message(id="i2"), 1.0)
    after, _ = attempt(before, "oncall/i1", 2.0)
    stored, gone = documents(before, after)
    assert [(one["key"], one["state"]) for one in stored] == [("oncall/i1", "flight")]
    assert gone == []
    everything, _ = documents(Outbox(), after)
    assert restore(msgspec.json.decode(msgspec.json.encode(everything))).conversations == after.conversations


def test_what_is_over_and_old_is_forgotten_and_what_waits_is_not() -> None:
    outbox = put(filled("open"), note(1, "open", reference="i2"), message(id="i2"), 1.0)
    outbox, _ = attempt(outbox, "oncall/i1", 2.0)
    outbox, _ = settle(outbox, "oncall/i1", SENT, 2.0, rng=RNG)
    assert list(forget(outbox, 1e9).conversations) == ["oncall/i2"]
    assert list(forget(outbox, 1e9, {"i1"}).conversations) == ["oncall/i1", "oncall/i2"]


class Channel:
    """A receiver that loses answers, before or after it has posted, as told."""

    Config = None  # type: ignore[assignment]
    spacing_seconds = 0.0

    def __init__(self, faults: list[str]) -> None:
        self.faults, self.posts, self.found = faults, dict[str, list[str]](), 0

    def check(self) -> str:
        return ""

    def close(self) -> None:
        pass

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "refused":
            raise TemporaryError("429", retry_after=1.0)
        if fault == "lost_before":
            raise TemporaryError("reset", in_doubt=thread is None)
        shown = self.posts.setdefault(message.reference, [])
        if thread is None:
            shown.append(message.headline)
        else:
            shown[thread["index"]] = message.headline
        if fault == "lost_after":
            raise TemporaryError("reset", in_doubt=thread is None)
        return {"index": 0} if thread is None else thread

    def find(self, reference: str) -> Json | None:
        self.found += 1
        if self.faults and self.faults[0] == "find_fails":
            self.faults.pop(0)
            raise TemporaryError("429")
        return {"index": 0} if self.posts.get(reference) else None


FAULTS = st.lists(st.sampled_from(["", "refused", "lost_before", "lost_after", "find_fails"]), max_size=12)
STORY = st.lists(
    st.sampled_from(["update", "update", "resolve", "deliver", "crash_before", "crash_after"]), max_size=25
)


@settings(max_examples=200)
@given(FAULTS, STORY)
def test_one_message_an_incident_with_the_last_content_whatever_fails_and_wherever_it_dies(
    faults: list[str], story: list[str]
) -> None:
    channel, now, serial = Channel(faults), 0.0, 0
    durable = put(Outbox(), note(0, "open"), message("title 0"), 0.0)
    for event in [*story, *["deliver"] * 40]:
        now += 400.0
        if event in ("update", "resolve"):
            serial += 1
            durable = put(durable, note(serial, event), message(f"title {serial}"), now)
            continue
        for key in due(durable, now):
            durable, told = attempt(durable, key, now)
            if event == "crash_before":
                durable, _ = recover(durable, now)
                continue
            answer = deliver(channel, told)
            if event == "crash_after":
                durable, _ = recover(durable, now)
                continue
            durable, _ = settle(durable, key, answer, now, rng=RNG)
    assert channel.posts == {"i1": [f"orders: title {serial}"]}
    assert due(durable, 1e9) == []


def test_nobody_is_asked_to_look_unless_there_is_a_doubt() -> None:
    channel = Channel([])
    _, told = attempt(filled("open"), "oncall/i1", 0.0)
    assert deliver(channel, told).status == "sent"
    assert channel.found == 0


def test_a_receiver_that_may_not_read_is_told_again_rather_than_never() -> None:
    class Blind(Channel):
        def find(self, reference: str) -> Json | None:
            raise PermanentError("missing_scope")

    outbox, _ = attempt(filled("open"), "oncall/i1", 0.0)
    outbox, _ = recover(outbox, 0.0)
    outbox, told = attempt(outbox, "oncall/i1", 0.0)
    assert told.in_doubt
    assert deliver(Blind([]), told).status == "sent"
