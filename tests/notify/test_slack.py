"""One message an incident, whatever Slack does."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from aiops.errors import PermanentError, TemporaryError
from aiops.notify.delivery import deliver
from aiops.notify.slack.receiver import SlackReceiver
from aiops.respond.message import Message, compose
from aiops.respond.outbox import Outbox, attempt, due, put, recover, settle
from aiops.types import Notification
from tests.respond.incident import incident
from tests.standins.slack import CHANNEL, TOKEN, FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(limits=False).running() as running:
        yield running


def receiver(slack: FakeSlack, token: str = TOKEN, **settings: object) -> SlackReceiver:
    config = {"channel": CHANNEL, "token": token, "url": slack.url, "timeout": 2, **settings}
    return SlackReceiver(SlackReceiver.Config.model_validate(config))


def message(status: str = "firing", id: str = "i1") -> Message:
    return compose(incident(id, status=status))


def test_one_message_is_posted_then_edited_in_place_and_ends_resolved(slack: FakeSlack) -> None:
    oncall = receiver(slack)
    thread = oncall.send(message(), "open", None)
    assert oncall.send(message("acknowledged"), "update", thread) == thread
    oncall.send(message("resolved"), "resolve", thread)
    assert len(slack.posts) == 1
    (post,) = slack.posts
    assert len(post.edits) == 2
    assert "Resolved" in post.shown
    assert "orders" in post.edits[0]["text"]
    assert post.content["metadata"] == {"event_type": "aiops_incident", "event_payload": {"id": "i1"}}


def test_a_reminder_is_a_reply_that_the_channel_sees(slack: FakeSlack) -> None:
    oncall = receiver(slack)
    thread = oncall.send(message(), "open", None)
    oncall.send(message(), "repeat", thread)
    assert len(slack.top) == 1
    reply = slack.posts[1].content
    assert (reply["thread_ts"], reply["reply_broadcast"]) == (thread["ts"], True)


def test_a_message_is_found_again_by_its_reference_beyond_the_first_page(slack: FakeSlack) -> None:
    oncall = receiver(slack)
    thread = oncall.send(message(id="old"), "open", None)
    for i in range(250):
        oncall.send(message(id=f"n{i}"), "open", None)
    assert oncall.find("old") == thread
    assert oncall.find("never") is None


@pytest.mark.parametrize(
    ("fault", "in_doubt", "posted"),
    [
        ("reset", True, 1),
        ("drop", True, 1),
        ("500_accepted", True, 1),
        ("html", True, 1),
        ("list", True, 1),
        ("slow", True, 1),
        ("500", True, 0),
        ("429", False, 0),
    ],
)
def test_what_may_have_arrived_is_in_doubt_and_nothing_is_tried_twice_by_the_client(
    slack: FakeSlack, fault: str, in_doubt: bool, posted: int
) -> None:
    slack.fail(fault, seconds=3.0)
    with pytest.raises(TemporaryError) as caught:
        receiver(slack, timeout=1).send(message(), "open", None)
    assert caught.value.in_doubt is in_doubt
    assert len(slack.posts) == posted
    assert len(slack.calls) == 1


def test_an_edit_is_never_in_doubt(slack: FakeSlack) -> None:
    oncall = receiver(slack)
    thread = oncall.send(message(), "open", None)
    slack.fail("reset", "chat.update")
    with pytest.raises(TemporaryError) as caught:
        oncall.send(message("resolved"), "resolve", thread)
    assert not caught.value.in_doubt


def test_retry_after_is_passed_on(slack: FakeSlack) -> None:
    slack.fail("429")
    with pytest.raises(TemporaryError) as caught:
        receiver(slack).send(message(), "open", None)
    assert caught.value.retry_after == 3.0


def test_nobody_listening_is_no_doubt() -> None:
    with FakeSlack().running() as gone:
        oncall = receiver(gone)
    with pytest.raises(TemporaryError) as caught:
        oncall.send(message(), "open", None)
    assert not caught.value.in_doubt


@pytest.mark.parametrize(
    ("settings", "said"), [({"token": "xoxb-revoked"}, "invalid_auth"), ({"channel": "C0OTHER"}, "channel_not_found")]
)
def test_what_cannot_work_says_how_to_mend_it(slack: FakeSlack, settings: dict[str, str], said: str) -> None:
    with pytest.raises(PermanentError, match=said) as caught:
        receiver(slack, **settings).send(message(), "open", None)  # type: ignore[arg-type]
    assert "(" in str(caught.value)
    assert "xoxb" not in str(caught.value)


def test_an_edit_of_a_message_that_somebody_deleted_is_over_and_a_reminder_posts_anew(slack: FakeSlack) -> None:
    oncall = receiver(slack)
    thread = oncall.send(message(), "open", None)
    slack.delete(slack.posts[0])
    gone = oncall.send(message("acknowledged"), "update", thread)
    assert oncall.send(message("resolved"), "resolve", gone) == gone
    assert slack.posts == []
    oncall.send(message(), "repeat", gone)
    assert len(slack.top) == 1


def test_check_says_who_and_where_and_posts_nothing(slack: FakeSlack) -> None:
    assert receiver(slack).check() == f"aiops in test, channel {CHANNEL}"
    assert slack.posts == []


@pytest.mark.parametrize("wrong", [{"channel": "#oncall"}, {"url": "ftp://x"}, {"chanel": "C0"}, {"timeout": "0s"}])
def test_wrong_settings_are_refused_and_no_secret_is_shown(slack: FakeSlack, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        receiver(slack, **wrong)  # type: ignore[arg-type]
    assert "xoxb" not in repr(SlackReceiver.Config(channel=CHANNEL, token=TOKEN))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_faults_and_crashes_at_random_leave_one_message_with_the_last_word(seed: int) -> None:
    rng = random.Random(seed)
    faults = ["500", "500_accepted", "429", "reset", "drop", "html"]
    with FakeSlack(limits=False).running() as slack:
        oncall = receiver(slack)
        for _ in range(6):
            method = rng.choice(["chat.postMessage", "chat.update", "conversations.history"])
            slack.fail(rng.choice(faults), method)
        outbox = put(Outbox(), Notification("oncall/i1/0", "oncall", "i1", "open", 0.0), message(), 0.0)
        for now in range(0, 40_000, 400):
            if now == 2_000:
                end = Notification("oncall/i1/1", "oncall", "i1", "resolve", 0.0)
                outbox = put(outbox, end, message("resolved"), now)
            for key in due(outbox, now):
                outbox, told = attempt(outbox, key, now)
                answer = deliver(oncall, told)
                if rng.random() < 0.3:
                    outbox, _ = recover(outbox, now)
                else:
                    outbox, _ = settle(outbox, key, answer, now, rng=rng)
        assert len(slack.posts) == 1
        assert "Resolved" in slack.posts[0].shown


def test_the_limits_are_kept_by_the_receivers_spacing() -> None:
    with FakeSlack().running() as slack:
        oncall, outbox = receiver(slack), Outbox()
        for i in range(3):
            note = Notification(f"oncall/i{i}/0", "oncall", f"i{i}", "open", 0.0)
            outbox = put(outbox, note, message(id=f"i{i}"), 0.0)
        assert oncall.spacing_seconds * 50 > 60
        (key,) = due(outbox, 0.0)
        outbox, told = attempt(outbox, key, 0.0)
        outbox, _ = settle(outbox, key, deliver(oncall, told), 0.0, rng=random.Random(0))
        assert due(outbox, 1.2) == []
        assert len(due(outbox, 1.25)) == 1
