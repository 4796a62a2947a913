"""Alertmanager's webhook, version 4: what already understands Alertmanager understands us.

One group an incident (`groupKey`), one alert a finding; the incident itself comes as a further key, `incident`. A
webhook cannot be asked what it has got, so a post in doubt is sent again, under the same `Idempotency-Key`.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

import msgspec
from pydantic import Field, SecretStr

from aiops.config import Duration, Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.outbound import Answer, Request, send
from aiops.respond.message import FindingLine, Message
from aiops.respond.timestamp import rfc3339
from aiops.types import Json

NEVER = "0001-01-01T00:00:00Z"


class WebhookReceiver:
    """One address."""

    class Config(Strict):
        url: str = Field(pattern=r"^https?://")
        bearer_token: SecretStr | None = None
        timeout: Duration = Field(10.0, gt=0, le=60)
        fallback: str = ""

    spacing_seconds: ClassVar[float] = 0.0

    def __init__(self, config: Config) -> None:
        self._config = config

    def check(self) -> str:
        """Whether somebody listens; nothing is posted."""
        answer = send(Request("HEAD", self._config.url, self._headers(), timeout_seconds=self._config.timeout))
        return f"{self._config.url} answers {answer.status}"

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Post the group as it stands now."""
        body = msgspec.json.encode(payload(message, action), order="deterministic")
        key = hashlib.sha256(body).hexdigest()[:32]
        headers = {**self._headers(), "Content-Type": "application/json", "Idempotency-Key": key}
        answer = send(Request("POST", self._config.url, headers, body, self._config.timeout))
        _judge(answer)
        return {"url": self._config.url}

    def find(self, reference: str) -> Json | None:
        """It cannot be known."""
        return None

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _headers(self) -> dict[str, str]:
        token = self._config.bearer_token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}


def payload(message: Message, action: str) -> Json:
    """Alertmanager's shape, with `incident` and `action` added."""
    alerts = [_alert(one, message) for one in message.findings]
    common = dict(set.intersection(*(set(alert["labels"].items()) for alert in alerts))) if alerts else {}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{incident="{message.reference}"}}',
        "truncatedAlerts": message.more_findings,
        "status": "firing" if message.resolved is None else "resolved",
        "receiver": "aiops",
        "groupLabels": {"incident": message.reference},
        "commonLabels": common,
        "commonAnnotations": {"summary": message.headline},
        "externalURL": message.link,
        "alerts": alerts,
        "action": action,
        "incident": msgspec.to_builtins(message),
    }


def _alert(one: FindingLine, message: Message) -> Json:
    own = {"alertname": one.alert, "entity": one.entity, "world": one.world, "severity": one.severity}
    labels = {**dict(one.labels), **own}
    identity = msgspec.json.encode([sorted(labels.items()), one.started])
    ended = one.ended if one.ended is not None else message.resolved
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": labels,
        "annotations": {"summary": one.summary, "value": one.value, "expected": one.expected},
        "startsAt": rfc3339(one.started),
        "endsAt": rfc3339(ended) if ended is not None else NEVER,
        "generatorURL": message.link,
        "fingerprint": hashlib.sha256(identity).hexdigest()[:16],
    }


def _judge(answer: Answer) -> None:
    if answer.status < 300:
        return
    said = f"answered {answer.status}"
    if answer.status in (408, 429, 503):
        raise TemporaryError(said, retry_after=answer.retry_after)
    if answer.status >= 500:
        raise TemporaryError(said, in_doubt=True)
    raise PermanentError(said)
