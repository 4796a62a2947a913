"""Posts one message an incident and edits it in place; a reminder is a reply that the channel sees.

The message's metadata carries the incident's reference, so that `find` recognises it after an attempt in doubt. The
client's own retries are off (its default posts again after a connection reset). A reset, a timeout, a 5xx or an answer
that is no JSON leave a post in doubt; `ok: false` is Slack's word that nothing was posted.
"""

from __future__ import annotations

import http.client
import urllib.error
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr, field_validator

from aiops.config import Duration, Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.notify.slack.blocks import blocks, text
from aiops.respond.message import WORDS, Message
from aiops.types import Json

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

EVENT_TYPE = "aiops_incident"
PAGES = 10
TRANSIENT = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
GONE = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
MEND = {
    "invalid_auth": "the token is wrong",
    "not_authed": "the token is missing",
    "token_revoked": "the token was revoked: install the app again",
    "token_expired": "the token has expired",
    "account_inactive": "the app's user was deleted",
    "channel_not_found": "no such channel, or the app was not invited to it",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "the channel is archived",
    "missing_scope": "the app lacks a scope; it needs chat:write and channels:history",
}


class SlackReceiver:
    """One channel."""

    class Config(Strict):
        """`channel` is its id: a name can be given to another channel."""

        channel: str = Field(pattern=r"^[CGD][A-Z0-9]{2,}$")
        token: SecretStr
        signing_secret: SecretStr | None = None
        url: str = "https://slack.com/api/"
        timeout: Duration = Field(10.0, gt=0, le=60)
        fallback: str = ""
        """The receiver that is told when Slack refuses for good."""

        @field_validator("url")
        @classmethod
        def _with_slash(cls, url: str) -> str:
            if not url.startswith(("http://", "https://")):
                raise ValueError("must begin with https://")
            return url if url.endswith("/") else url + "/"

    # 50 edits a minute and a message a second are allowed; this keeps below both.
    spacing_seconds: ClassVar[float] = 1.25

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client: WebClient | None = None

    def check(self) -> str:
        """Who we are and where we post."""
        team = self._call("auth.test", {}, posts=False)
        return f"{team.get('user')} in {team.get('team')}, channel {self._config.channel}"

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Post or edit; see `notify.receiver.Receiver.send`."""
        if thread is None or (thread.get("gone") and action == "repeat"):
            return self._post(message)
        if thread.get("gone"):
            return thread
        if action == "repeat":
            thread = self._edit(message, thread)
            self._remind(message, thread)
            return thread
        return self._edit(message, thread)

    def find(self, reference: str) -> Json | None:
        """Look through the newest messages of the channel."""
        cursor = ""
        for _ in range(PAGES):
            asked: Json = {"channel": self._config.channel, "limit": 200, "include_all_metadata": True}
            page = self._call("conversations.history", asked | ({"cursor": cursor} if cursor else {}), posts=False)
            for message in page.get("messages") or []:
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == EVENT_TYPE and payload.get("id") == reference:
                    return {"channel": self._config.channel, "ts": str(message["ts"])}
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _post(self, message: Message) -> Json:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": message.reference}}
        shown = {"text": text(message), "blocks": blocks(message), "metadata": metadata}
        quiet = {"unfurl_links": False, "unfurl_media": False}
        said = self._call("chat.postMessage", {"channel": self._config.channel, **shown, **quiet}, posts=True)
        return {"channel": str(said["channel"]), "ts": str(said["ts"])}

    def _edit(self, message: Message, thread: Json) -> Json:
        place = {"channel": thread["channel"], "ts": thread["ts"]}
        try:
            self._call("chat.update", {**place, "text": text(message), "blocks": blocks(message)}, posts=False)
        except _Gone:
            # Somebody deleted it: that is their word, not a reason to page a second channel.
            return {**place, "gone": True}
        return place

    def _remind(self, message: Message, thread: Json) -> None:
        reply = {"channel": thread["channel"], "thread_ts": thread["ts"], "reply_broadcast": True}
        word = "Still firing" if message.status == "firing" else WORDS.get(message.status, message.status)
        payload = {"id": message.reference, "reminder": True}
        metadata = {"event_type": f"{EVENT_TYPE}_reminder", "event_payload": payload}
        said = f"{word}: {text(message).partition(': ')[2]}"
        self._call("chat.postMessage", {**reply, "text": said, "metadata": metadata}, posts=True)

    def _call(self, method: str, arguments: Json, *, posts: bool) -> Any:
        from slack_sdk.errors import SlackApiError

        if self._client is None:
            self._client = self._connected()
        try:
            return self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            raise _translated(method, error.response, posts) from error
        except urllib.error.URLError as error:
            sent = not isinstance(error.reason, ConnectionRefusedError) and "resolution" not in str(error.reason)
            raise TemporaryError(f"{method}: {error.reason}", in_doubt=posts and sent) from error
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # AttributeError: the client expects an object and got other JSON.
            raise TemporaryError(f"{method}: {error or type(error).__name__}", in_doubt=posts) from error

    def _connected(self) -> WebClient:
        from slack_sdk import WebClient

        return WebClient(
            token=self._config.token.get_secret_value(),
            base_url=self._config.url,
            timeout=int(max(1.0, self._config.timeout)),
            retry_handlers=[],
        )


class _Gone(PermanentError):
    """The message to be edited is no longer there."""


def _translated(method: str, response: SlackResponse, posts: bool) -> TemporaryError | PermanentError:
    status, error = int(response.status_code), _error(response)
    if status == 429 or error in LIMITED:
        return TemporaryError(f"{method}: rate limited", retry_after=_retry_after(response.headers))
    if status >= 500 or error in TRANSIENT or " " in error:
        # A sentence instead of a code is the client's own word for an answer that was no JSON.
        return TemporaryError(f"{method}: {error[:100] or status}", in_doubt=posts)
    if error in GONE:
        return _Gone(f"{method}: {error}")
    details = "; ".join((response.get("response_metadata") or {}).get("messages") or [])
    told = MEND.get(error, details)
    return PermanentError(f"{method}: {error}" + (f" ({told})" if told else ""))


def _error(response: SlackResponse) -> str:
    data = response.data
    return str(data.get("error") or "") if isinstance(data, dict) else "no JSON object"


def _retry_after(headers: Any) -> float | None:
    for name, value in dict(headers).items():
        if name.lower() == "retry-after":
            try:
                return float(value)
            except ValueError:
                return None
    return None
