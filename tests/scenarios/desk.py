"""Somebody on call who reads Slack and presses the button that a message offers, as Slack would pass it on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx

from aiops.daemon.host import Host
from tests.standins.slack import FakeSlack, press

ANSWER_SECONDS = 10.0
THINKS_LOOKS, PRESSES = 8, 2


class OnCall:
    """Thinks for two minutes, approves what is proposed, and, not sure that it went through, presses again.

    Parameters
    ----------
    acted : how often what the runbook calls was called so far.

    Attributes
    ----------
    answers : to each press, by the daemon.
    before : how often it was called when nobody had agreed yet.
    """

    def __init__(self, acted: Callable[[], int]) -> None:
        self._acted, self._looks, self._run = acted, 0, ""
        self.answers: list[httpx.Response] = []
        self.before = 0

    def __call__(self, host: Host, slack: FakeSlack) -> None:
        """Look at the channel; called once a step."""
        self._run = self._run or _offered(slack)
        self._looks += bool(self._run)
        if not self.answers:
            self.before = self._acted()
        if self._looks > THINKS_LOOKS and len(self.answers) < PRESSES:
            self.answers.append(_press(host, self._run, len(self.answers)))


def _offered(slack: FakeSlack) -> str:
    """The run that the newest message asks about; empty = none does."""
    found = [
        one["value"]
        for post in slack.top
        for block in post.content.get("blocks") or []
        for one in block.get("elements", [])
        if str(one.get("action_id", "")).startswith("approve")
    ]
    return str(found[-1]) if found else ""


def _press(host: Host, run: str, later: int) -> httpx.Response:
    """One press, some seconds `later`; the daemon answers it between two turns of its loop."""
    got: list[httpx.Response] = []

    def ask() -> None:
        body, headers = press("approve:0", run, time.time() + later)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        got.append(httpx.post(f"{host.url}/slack/interactions", content=body, headers=headers | kind, timeout=10.0))

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + ANSWER_SECONDS
    while asking.is_alive():
        assert time.monotonic() < until, "no answer to a press"
        host.service.turn([])
        time.sleep(0.001)
    return got[0]
