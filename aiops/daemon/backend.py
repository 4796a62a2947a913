"""What the pages and the API see and do: reads from the store, deeds on the daemon's main thread.

Reads never touch the pipeline's state; they go to the store and the ring files, or to frozen values. A deed is
done once the commit that holds it is durable.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from aiops import __version__
from aiops.daemon.deed import Deeds
from aiops.daemon.service import Service
from aiops.daemon.show import Shown, curves
from aiops.errors import AiopsError
from aiops.ingest.push.inbox import FullError
from aiops.notify.slack.interaction import Nonces, Refused, commands, verify
from aiops.respond.command import Command as Pressed
from aiops.types import Json
from aiops.web.backend import Busy, Command, Curve, Full, Person, Pushed, SeriesQuery, WebError
from aiops.web.live import Broadcast

COMMAND_SECONDS = 10.0
SLACK_SECONDS = 2.0
"""Slack wants its answer within 3 s."""
STATUS_SECONDS = 5.0
TOPICS = {"silence": "silence", "expire": "silence", "run": "run", "approve": "run", "abort": "run", "decide": "run"}
BUILT_IN = "push"
ROLES = ("viewer", "operator", "approver")
"""Each includes those before it."""


class DaemonBackend:
    """The web server's view of one service.

    Parameters
    ----------
    service : running on another thread.
    push : the durable inbox behind the HTTP ways in.
    """

    def __init__(self, service: Service, push: Any) -> None:
        self._service, self._push = service, push
        self._events = Broadcast()
        self._deeds = Deeds(service)
        self._shown = Shown(service)
        self._nonces = Nonces()
        self._told_at = time.monotonic()
        service.listeners.append(self._publish)

    @property
    def events(self) -> Broadcast:
        return self._events

    def _publish(self, outcome: Any) -> None:
        for moved in outcome.moved:
            for incident in moved.incidents:
                self._events.publish("incident", incident.id)
        if outcome.closed and time.monotonic() - self._told_at > STATUS_SECONDS:
            self._told_at = time.monotonic()
            self._events.publish("status")

    def now(self) -> float:
        return self._service.clock()

    def healthy(self) -> bool:
        return True

    def ready(self) -> tuple[bool, Json]:
        waiting = {
            name: status.detail or "no first answer yet"
            for name, feeder in self._service.feeders.items()
            if not (status := feeder.status()).ready
        }
        return not waiting, {"ready": not waiting, "waiting_for": waiting}

    def metrics(self) -> str:
        self._service.refresh()
        return self._service.telemetry.page()

    def status(self) -> Json:
        return {"version": __version__, **self._shown.status()}

    def incidents(self, status: str | None, limit: int) -> list[Json]:
        return self._shown.incidents(status, limit)

    def incident(self, id: str) -> Json | None:
        return self._shown.incident(id)

    def series(self, query: SeriesQuery) -> list[Curve]:
        return curves(self._service, query)

    def silences(self) -> list[Json]:
        return self._shown.silences()

    def rules(self) -> list[Json]:
        return self._shown.rules()

    def runbooks(self) -> list[Json]:
        return self._shown.runbooks()

    def runs(self, incident_id: str | None = None) -> list[Json]:
        return self._shown.runs(incident_id)

    def command(self, command: Command, seconds: float = COMMAND_SECONDS) -> Json:
        try:
            done: Json = self._service.order(lambda: self._deeds.do(command)).result(seconds)
        except TimeoutError:
            raise Busy("the daemon is at work: it will be done as soon as it can") from None
        topic = TOPICS.get(command.action, "incident")
        self._events.publish(topic, command.target)
        return done

    def ingest(self, kind: Pushed, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            self._push.offer(kind, body)
        except FullError as error:
            raise Full(str(error), error.retry_after or 5.0) from error
        return 1

    def interaction(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Json]:
        try:
            payload = self._verified(body, headers)
        except Refused as error:
            return 401, {"error": error.reason}
        for pressed in commands(payload):
            try:
                self.command(self._deeds.pressed(pressed, self._person(pressed)), SLACK_SECONDS)
            except (WebError, AiopsError) as error:
                return 200, {"text": str(error)}
        return 200, {}

    def _person(self, pressed: Pressed) -> Person:
        """Who pressed. The identity is Slack's, the name only for reading; roles are `web.auth.roles`, all if none."""
        given = self._service.config.web.auth.roles
        role = given.get(pressed.user, "viewer") if given else ROLES[-1]
        return Person(f"{pressed.name} ({pressed.user})", ROLES[: ROLES.index(role) + 1])

    def _verified(self, body: bytes, headers: Mapping[str, str]) -> Json:
        """The payload under whichever receiver's secret signed it."""
        refused = Refused("unsigned")
        for secret in self._secrets():
            try:
                return verify(body, headers, secret, time.time(), self._nonces)
            except Refused as error:
                refused = error
        raise refused

    def _secrets(self) -> list[str]:
        receivers = self._service.config.receivers.values()
        return [str(one["signing_secret"]) for one in receivers if one.get("signing_secret")]
