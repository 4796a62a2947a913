"""Webhook and Alertmanager over real HTTP."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aiops.errors import PermanentError, TemporaryError
from aiops.notify.alertmanager import AlertmanagerReceiver
from aiops.notify.webhook import WebhookReceiver, payload
from aiops.respond.message import compose
from tests.respond.incident import finding, incident
from tests.standins.http import FakeServer


def webhook(url: str, **settings: object) -> WebhookReceiver:
    return WebhookReceiver(WebhookReceiver.Config.model_validate({"url": url, "timeout": 1, **settings}))


def alertmanager(url: str, **settings: object) -> AlertmanagerReceiver:
    return AlertmanagerReceiver(AlertmanagerReceiver.Config.model_validate({"url": url, "timeout": 1, **settings}))


def test_the_payload_is_alertmanagers_version_four() -> None:
    body = payload(compose(incident(findings=(finding("a"), finding("b", ended=1_500.0))), link="http://us"), "open")
    assert {"version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels"} <= set(body)
    assert body["version"] == "4"
    assert [alert["status"] for alert in body["alerts"]] == ["firing", "resolved"]
    assert body["alerts"][0]["startsAt"] == "1970-01-01T00:16:40.000Z"
    assert body["alerts"][0]["endsAt"].startswith("0001-01-01")
    assert body["commonLabels"]["alertname"] == "HttpErrorRatio"
    assert "service_name" not in body["commonLabels"]
    assert payload(compose(incident(status="resolved")), "resolve")["status"] == "resolved"


def test_it_is_posted_with_its_token_and_a_key_that_follows_the_content() -> None:
    with FakeServer().running() as server:
        hook = webhook(server.url + "/in?x=1", bearer_token="secret")
        for message in (compose(incident()), compose(incident()), compose(incident(title="other"))):
            hook.send(message, "open", None)
        keys = [one.headers["idempotency-key"] for one in server.asked]
        assert keys[0] == keys[1] != keys[2]
        assert server.asked[0].path == "/in?x=1"
        assert server.asked[0].headers["authorization"] == "Bearer secret"
        assert json.loads(server.asked[0].body)["incident"]["incident_id"] == "i1"


@pytest.mark.parametrize(
    ("status", "error", "in_doubt"),
    [
        (404, PermanentError, None),
        (302, PermanentError, None),
        (500, TemporaryError, True),
        (429, TemporaryError, False),
    ],
)
def test_an_answer_that_is_no_success_is_an_error_and_no_redirect_is_followed(
    status: int, error: type[Exception], in_doubt: bool | None
) -> None:
    with FakeServer(status=status, headers={"Location": "/elsewhere", "Retry-After": "9"}).running() as server:
        with pytest.raises(error) as caught:
            webhook(server.url).send(compose(incident()), "open", None)
        assert len(server.asked) == 1
    if isinstance(caught.value, TemporaryError):
        assert caught.value.in_doubt is in_doubt
        assert caught.value.retry_after == (9.0 if status == 429 else None)


@pytest.mark.parametrize("fault", [{"drop": True}, {"delay": 3.0}])
def test_a_lost_answer_is_in_doubt_and_nobody_there_is_not(fault: dict[str, float]) -> None:
    with FakeServer(**fault).running() as server:  # type: ignore[arg-type]
        with pytest.raises(TemporaryError) as caught:
            webhook(server.url).send(compose(incident()), "open", None)
        assert caught.value.in_doubt
    with pytest.raises(TemporaryError) as caught:
        webhook(server.url).send(compose(incident()), "open", None)
    assert not caught.value.in_doubt


def test_an_alert_keeps_the_labels_of_its_first_post_and_ends_with_its_incident() -> None:
    with FakeServer(body=b"").running() as server:
        receiver = alertmanager(server.url + "/", labels={"team": "shop"})
        thread = receiver.send(compose(incident()), "open", None)
        worse = replace(compose(incident(severity="critical", status="resolved")))
        assert receiver.send(worse, "resolve", thread) == thread
        first, last = (json.loads(one.body)[0] for one in server.asked)
        assert first["labels"] == last["labels"]
        assert first["labels"] | {"team": "shop", "incident": "i1", "severity": "page"} == first["labels"]
        assert last["endsAt"] == "1970-01-01T00:33:20.000Z"
        assert first["endsAt"] > "1970-01-30"


def test_an_alert_is_found_by_its_incident() -> None:
    with FakeServer(body=b'[{"labels": {"incident": "i1"}}]').running() as server:
        assert alertmanager(server.url).find('i"1') == {"labels": {"incident": "i1"}}
        assert server.asked[0].path == "/api/v2/alerts?filter=incident%3D%22i%5C%221%22"
    with FakeServer(body=b"[]").running() as server:
        assert alertmanager(server.url).find("i1") is None


def test_a_page_instead_of_json_is_a_temporary_error() -> None:
    with FakeServer(body=b"<html>").running() as server, pytest.raises(TemporaryError):
        alertmanager(server.url).check()


def test_a_real_alertmanager_takes_it_and_gives_it_back(alertmanager: object) -> None:
    url = str(getattr(alertmanager, "url"))  # noqa: B009
    receiver = AlertmanagerReceiver(AlertmanagerReceiver.Config.model_validate({"url": url, "timeout": 5}))
    assert "Alertmanager" in receiver.check()
    now_firing = replace(compose(incident("real-1")), started=4e9)
    thread = receiver.send(now_firing, "open", None)
    assert receiver.find("real-1") == thread
