"""Alertmanager's v2 API: one alert an incident, for those who route and silence there already.

An alert is known by its labels, so those of the first post are kept in the receipt and used ever after. Posting it
twice is posting it once; nothing is ever in doubt for long.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

import msgspec
from pydantic import Field, SecretStr, field_validator

from aiops.config import Duration, Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.outbound import Answer, Request, send
from aiops.respond.message import Message
from aiops.respond.timestamp import rfc3339
from aiops.types import Json

# Without an end Alertmanager gives up after its resolve_timeout; incidents last as long as they last.
OPEN_END_SECONDS = 30 * 86_400.0


class AlertmanagerReceiver:
    """One Alertmanager."""

    class Config(Strict):
        url: str = Field(pattern=r"^https?://")
        bearer_token: SecretStr | None = None
        labels: dict[str, str] = Field(default_factory=dict)
        timeout: Duration = Field(10.0, gt=0, le=60)
        fallback: str = ""

        @field_validator("url")
        @classmethod
        def _without_slash(cls, url: str) -> str:
            return url.rstrip("/")

    spacing_seconds: ClassVar[float] = 0.0

    def __init__(self, config: Config) -> None:
        self._config = config

    def check(self) -> str:
        """Its version."""
        status = self._call("GET", "/api/v2/status")
        return f"Alertmanager {(status.get('versionInfo') or {}).get('version', '?')} at {self._config.url}"

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Post the alert as it stands now."""
        labels = (thread or {}).get("labels") or self._labels(message)
        ends = message.resolved if message.status == "resolved" else message.started + OPEN_END_SECONDS
        causes = [f"{cause.entity} {cause.percent} %: {'; '.join(cause.evidence)}" for cause in message.causes]
        alert = {
            "labels": labels,
            "annotations": {"summary": message.headline, "status": message.status, "causes": "\n".join(causes)},
            "startsAt": rfc3339(message.started),
            "endsAt": rfc3339(ends if ends is not None else message.started),
            "generatorURL": message.link,
        }
        self._call("POST", "/api/v2/alerts", [alert])
        return {"labels": labels}

    def find(self, reference: str) -> Json | None:
        """The labels it was posted under."""
        name = reference.replace("\\", "\\\\").replace('"', '\\"')
        wanted = quote(f'incident="{name}"')
        found = self._call("GET", f"/api/v2/alerts?filter={wanted}")
        return {"labels": found[0]["labels"]} if found else None

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _labels(self, message: Message) -> dict[str, str]:
        cause = message.causes[0].entity if message.causes else next(iter(message.entities), "")
        own = {
            "alertname": "Incident",
            "incident": message.reference,
            "severity": message.severity,
            "world": message.worlds[0] if message.worlds else "",
            "entity": cause,
        }
        return {name: value for name, value in {**self._config.labels, **own}.items() if value}

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._config.bearer_token:
            headers["Authorization"] = f"Bearer {self._config.bearer_token.get_secret_value()}"
        raw = msgspec.json.encode(body) if body is not None else b""
        answer = send(Request(method, self._config.url + path, headers, raw, self._config.timeout))
        return _read(answer)


def _read(answer: Answer) -> Any:
    if answer.status in (408, 429) or answer.status >= 500:
        raise TemporaryError(f"answered {answer.status}", retry_after=answer.retry_after)
    if answer.status >= 300:
        raise PermanentError(f"answered {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}")
    try:
        return msgspec.json.decode(answer.body) if answer.body else {}
    except msgspec.DecodeError as error:
        raise TemporaryError("answered something that is no JSON") from error
