"""Every receiver that comes with the agent keeps the contract, and the check notices one that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, SecretStr

from aiops import plugins
from aiops.config import Strict
from aiops.errors import TemporaryError
from aiops.notify.alertmanager import AlertmanagerReceiver
from aiops.notify.file import FileReceiver
from aiops.notify.slack.receiver import SlackReceiver
from aiops.notify.stdout import StdoutReceiver
from aiops.notify.webhook import WebhookReceiver
from aiops.respond.message import Message, compose
from aiops.testing import check_config, check_receiver
from tests.standins.http import FakeServer
from tests.standins.slack import CHANNEL, TOKEN, FakeSlack

NOBODY = "http://127.0.0.1:1/"


def test_every_receiver_is_checked_here() -> None:
    built_in = {plugins.load("aiops.notifiers", name) for name in plugins.names("aiops.notifiers")}
    assert built_in == {AlertmanagerReceiver, FileReceiver, SlackReceiver, StdoutReceiver, WebhookReceiver}


def test_file(tmp_path: Path) -> None:
    def made(name: str) -> FileReceiver:
        return FileReceiver(FileReceiver.Config(path=tmp_path / name))

    def told() -> int:
        file = tmp_path / "told"
        lines = file.read_text().splitlines() if file.exists() else []
        return len({json.loads(line)["reference"] for line in lines})

    check_receiver(lambda: made("told"), compose, count=told, away=lambda: made("no/such/folder"))


@pytest.mark.parametrize("format", ["text", "json"])
def test_stdout(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = StdoutReceiver.Config.model_validate({"format": format})
    check_receiver(lambda: StdoutReceiver(config), compose, findable=False)
    said = capsys.readouterr().out.replace("\n", "")
    assert said.isprintable()


def test_webhook() -> None:
    def made(url: str, **settings: object) -> WebhookReceiver:
        return WebhookReceiver(WebhookReceiver.Config.model_validate({"url": url, "timeout": 5, **settings}))

    with FakeServer().running() as server, FakeServer(drop=True).running() as deaf:
        check_receiver(
            lambda: made(server.url),
            compose,
            count=lambda: len({json.loads(one.body)["groupKey"] for one in server.asked if one.method == "POST"}),
            findable=False,
            away=lambda: made(NOBODY),
            lost=lambda: made(deaf.url),
        )


def test_slack() -> None:
    def made(url: str) -> SlackReceiver:
        config = {"channel": CHANNEL, "token": TOKEN, "url": url, "timeout": 5}
        return SlackReceiver(SlackReceiver.Config.model_validate(config))

    with FakeSlack(limits=False).running() as slack, FakeSlack(limits=False).running() as deaf:
        deaf.fail("reset")
        check_receiver(
            lambda: made(slack.url),
            compose,
            count=lambda: len(slack.top),
            away=lambda: made(NOBODY),
            lost=lambda: made(deaf.url),
        )
        assert slack.errors == []


def test_alertmanager(alertmanager: Any) -> None:
    def made(url: str) -> AlertmanagerReceiver:
        return AlertmanagerReceiver(AlertmanagerReceiver.Config.model_validate({"url": url, "timeout": 5}))

    with FakeServer(drop=True).running() as deaf:
        check_receiver(lambda: made(alertmanager.url), compose, away=lambda: made(NOBODY), lost=lambda: made(deaf.url))


class Board:
    """A receiver that posts to a dictionary; what it may be broken by, one at a time."""

    class Config(Strict):
        pass

    spacing_seconds: ClassVar[float] = 0.0

    def __init__(self, posts: dict[str, str], fault: str = "") -> None:
        self._posts, self._fault = posts, fault

    def check(self) -> str:
        return "a board"

    def send(self, message: Message, action: str, thread: dict[str, Any] | None) -> dict[str, Any]:
        if self._fault == "library":
            raise ConnectionResetError("reset")
        new = thread is None or self._fault == "forgets"
        key = f"p{len(self._posts)}" if thread is None or new else thread["key"]
        self._posts[key] = message.reference
        return {"key": (key,) if self._fault == "tuple" else key}

    def find(self, reference: str) -> dict[str, Any] | None:
        if self._fault == "blind":
            return None
        return next(({"key": key} for key, one in self._posts.items() if one == reference), None)

    def close(self) -> None:
        if self._fault == "closes once":
            self._fault = "closed"
        elif self._fault == "closed":
            raise ValueError("closed already")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("library", "ConnectionResetError is a library's own"),
        ("forgets", "update answered the receipt"),
        ("tuple", "comes back from JSON"),
        ("blind", r"find\(\) found None"),
        ("closes once", "closed already"),
    ],
)
def test_a_broken_receiver_is_told_what_it_breaks(fault: str, said: str) -> None:
    sound: dict[str, str] = {}
    check_receiver(lambda: Board(sound), compose, count=lambda: len(sound))
    posts: dict[str, str] = {}
    broken = Board(posts, fault)
    with pytest.raises((AssertionError, ValueError), match=said):
        check_receiver(lambda: broken, compose, count=lambda: len(posts))


def test_a_receiver_that_is_too_sure_of_itself_is_told() -> None:
    class Sure(Board):
        def send(self, message: Message, action: str, thread: dict[str, Any] | None) -> dict[str, Any]:
            raise TemporaryError("no answer")

    posts: dict[str, str] = {}
    with pytest.raises(AssertionError, match="send to nobody succeeded"):
        check_receiver(lambda: Board(posts), compose, away=lambda: Board({}))
    with pytest.raises(AssertionError, match="not in doubt"):
        check_receiver(lambda: Board(posts), compose, lost=lambda: Sure({}))


def test_a_configuration_that_takes_anything_or_shows_its_secret_is_told() -> None:
    class Loose(BaseModel):
        url: str

    class Outer(Strict):
        inner: Loose

    class Open(Strict):
        api_token: str

    class Closed(Strict):
        api_token: SecretStr | None = None

    told = {Loose: "Loose takes unknown keys", Outer: "Loose takes unknown keys", Open: "api_token is not a SecretStr"}
    for config, said in told.items():
        with pytest.raises(AssertionError, match=said):
            check_config(config)
    check_config(Closed)
