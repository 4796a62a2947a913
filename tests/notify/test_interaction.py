"""A press is Slack's, fresh and new, or it is 401."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from aiops.notify.slack.interaction import Nonces, Refused, commands, verify
from aiops.respond.command import Command
from tests.standins.slack import SECRET, press

NOW = 1_700_000_000.0


def refused(body: bytes, headers: dict[str, str], now: float = NOW, nonces: Nonces | None = None) -> str:
    with pytest.raises(Refused) as caught:
        verify(body, headers, SECRET, now, nonces or Nonces())
    return caught.value.reason


def test_a_true_press_says_who_wants_what() -> None:
    body, headers = press("ack:2", "i1", NOW)
    payload = verify(body, {name.lower(): value for name, value in headers.items()}, SECRET, NOW, Nonces())
    assert commands(payload) == [Command("ack", "i1", "slack:U1", "ada")]


def test_the_same_press_again_is_refused_and_another_is_not() -> None:
    nonces = Nonces()
    body, headers = press("ack", "i1", NOW)
    verify(body, headers, SECRET, NOW, nonces)
    assert refused(body, headers, NOW + 200.0, nonces) == "replayed"
    verify(*press("ack", "i2", NOW), SECRET, NOW, nonces)


@pytest.mark.parametrize("age", [301.0, 600.0])
def test_an_old_one_is_stale_and_one_from_the_future_too(age: float) -> None:
    assert refused(*press("ack", "i1", NOW - age)) == "stale"
    assert refused(*press("ack", "i1", NOW + age)) == "future"


@pytest.mark.parametrize("stamp", ["yesterday", "", "1e9", "-5", "٣" * 10, "9" * 40, "1700000000.5"])
def test_a_stamp_that_is_no_number_is_refused(stamp: str) -> None:
    assert refused(*press("ack", "i1", NOW, stamp=stamp)) in ("bad_timestamp", "unsigned", "future")


def test_a_wrong_secret_a_changed_body_and_no_signature_are_refused() -> None:
    assert refused(*press("ack", "i1", NOW, secret="wrong")) == "bad_signature"
    body, headers = press("ack", "i1", NOW)
    assert refused(body.replace(b"i1", b"i2"), headers) == "bad_signature"
    assert refused(body, {**headers, "X-Slack-Signature": "v0=é"}) == "bad_signature"
    assert refused(body, {"X-Slack-Request-Timestamp": headers["X-Slack-Request-Timestamp"]}) == "unsigned"
    with pytest.raises(Refused):
        verify(body, headers, "", NOW, Nonces())


def test_a_refused_one_uses_nothing_up() -> None:
    nonces = Nonces()
    body, headers = press("ack", "i1", NOW)
    assert refused(body, {**headers, "X-Slack-Signature": "v0=00"}, nonces=nonces) == "bad_signature"
    verify(body, headers, SECRET, NOW, nonces)


@pytest.mark.parametrize("payload", [b"payload=%7B", b"other=1", b"", b"payload=[]", b"payload=" + b"[" * 50_000])
def test_a_signed_body_that_is_no_payload_is_refused(payload: bytes) -> None:
    import hashlib
    import hmac

    stamp = str(int(NOW))
    mac = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + payload, hashlib.sha256).hexdigest()
    assert refused(payload, {"X-Slack-Signature": f"v0={mac}", "X-Slack-Request-Timestamp": stamp}) == "bad_payload"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "view_submission", "user": {}, "actions": []},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": "x"},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [None, {"action_id": "rm", "value": "x"}, {}]},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "ack", "value": 5}]},
    ],
)
def test_what_is_no_press_of_ours_wants_nothing(payload: dict[str, object]) -> None:
    assert commands(payload) == []
    assert urlencode({"payload": json.dumps(payload)})
