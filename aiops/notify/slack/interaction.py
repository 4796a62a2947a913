"""A press of a button: is it Slack's, is it new, and what does the person want?

Slack signs the raw body with a shared secret and a time stamp. A stamp more than five minutes off is refused, and a
signature is good once: the client library's verifier takes replays and trips over a stamp that is no number. Nothing
of the body is read before its signature holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from urllib.parse import parse_qs

from aiops.errors import AiopsError
from aiops.respond.command import INCIDENT_ACTIONS, RUN_ACTIONS, Command
from aiops.types import Json

TOLERANCE_SECONDS = 300.0
REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 10_000
LARGEST_BODY = 2**20


class Refused(AiopsError):
    """Answer 401; `reason` is a label for the counter, `lower_snake_case`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Nonces:
    """Signatures seen within the last ten minutes. Safe to share between threads."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def first(self, signature: str, now: float) -> bool:
        """Remember `signature`; tell whether it is new.

        When full, nothing is new: an attacker without the secret cannot get here, and forgetting would let replays in.
        """
        with self._lock:
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen = {one: at for one, at in self._seen.items() if now - at < REMEMBERED_SECONDS}
            known = signature in self._seen and now - self._seen[signature] < REMEMBERED_SECONDS
            if known or len(self._seen) >= MOST_REMEMBERED:
                return False
            self._seen[signature] = now
            return True


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float, nonces: Nonces) -> Json:
    """Return the payload of a rightly signed, fresh, new interaction.

    Parameters
    ----------
    body : as received, byte for byte.
    now : wall clock, epoch seconds.

    Raises
    ------
    Refused : with `unsigned`, `bad_timestamp`, `stale`, `future`, `bad_signature`, `replayed` or `bad_payload`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    signature, stamp = given.get("x-slack-signature", ""), given.get("x-slack-request-timestamp", "")
    if not secret or not signature or not stamp:
        raise Refused("unsigned")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        raise Refused("bad_timestamp")
    if now - int(stamp) > TOLERANCE_SECONDS:
        raise Refused("stale")
    if int(stamp) - now > TOLERANCE_SECONDS:
        raise Refused("future")
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    if not hmac.compare_digest(f"v0={mac.hexdigest()}".encode(), signature.encode("utf-8", "replace")):
        raise Refused("bad_signature")
    if not nonces.first(signature, now):
        raise Refused("replayed")
    return _payload(body)


def commands(payload: Json) -> list[Command]:
    """What the person wants; empty for anything that is no press of a button of ours."""
    actions, user = payload.get("actions"), payload.get("user")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or not isinstance(user, dict):
        return []
    who = f"slack:{user.get('id', '')}"
    name = str(user.get("name") or user.get("username") or user.get("id") or "")
    found = []
    for action in actions:
        pressed = str(action.get("action_id", "")).partition(":")[0] if isinstance(action, dict) else ""
        value = action.get("value") if isinstance(action, dict) else None
        if pressed in (*INCIDENT_ACTIONS, *RUN_ACTIONS) and isinstance(value, str):
            found.append(Command(pressed, value, who, name))
    return found


def _payload(body: bytes) -> Json:
    try:
        fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10) if len(body) <= LARGEST_BODY else {}
        payload = json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise Refused("bad_payload") from None
    if not isinstance(payload, dict):
        raise Refused("bad_payload")
    return payload
