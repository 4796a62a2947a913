"""What the web server asks of the daemon, and nothing more.

Every method is called from a worker thread of the server and may block for a short while (a command waits for the
main thread); only `healthy`, `now` and `events` are called on the server's own loop and must return at once.
Documents are JSON as the store keeps them: `Incident`, `Silence`, `respond.run.Run` and so on through msgspec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aiops.errors import AiopsError
from aiops.types import Json
from aiops.web.live import Broadcast

Action = Literal["ack", "resolve", "feedback", "silence", "expire", "run", "approve", "abort", "decide"]
Pushed = Literal["metrics", "logs", "traces", "write", "changes", "alerts"]


class WebError(AiopsError):
    """A request that gets a 4xx or 5xx; the message is shown to whoever asked."""

    status = 400


class Invalid(WebError):
    """The body or an argument cannot be understood."""


class Denied(WebError):
    """This person may not do that."""

    status = 403


class NotFound(WebError):
    """There is no such thing."""

    status = 404


class Conflict(WebError):
    """It exists but is in no state to do that: resolved already, expired, aborted."""

    status = 409


class Busy(WebError):
    """It is accepted, and not durable yet."""

    status = 503


class TooLarge(WebError):
    """More than is taken, packed or unpacked."""

    status = 413


class Full(WebError):
    """The queue is full: come back after `retry_after` seconds."""

    status = 429

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. `roles` are viewer, operator, approver; each includes those before it."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A deed of a person.

    Attributes
    ----------
    action, target, arguments :
        ack, resolve : incident id; none.
        feedback : incident id; `right` (bool): whether the page was right.
        silence : ""; `matchers` (list of [label, operator, value], checked), `seconds` (float), `comment`.
        expire : silence id; none.
        run : name of a runbook; `incident_id`: propose it again for this incident.
        approve, abort : run id; none.
        decide : run id in doubt; `happened` (bool).
    """

    action: Action
    target: str
    by: Person
    arguments: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Which curves: those of an incident's findings, or of the series that match a selector.

    Attributes
    ----------
    incident : id; empty = not by incident.
    selector : Prometheus' notation, `name{label="value"}`; empty = not by selector.
    start, end : event time; None = the backend's choice (around the incident; the last hour).
    """

    incident: str = ""
    selector: str = ""
    start: float | None = None
    end: float | None = None
    limit: int = 12


@dataclass(frozen=True, slots=True)
class Curve:
    """One watched series over time.

    Attributes
    ----------
    title : what is plotted, such as `http_server_requests_total{service_name="web"}`.
    points : (time, value, expected, surprise) ascending; None = nothing known.
    gates : the watch's state at each point (`quiet`, `pending`, `firing`), or empty.
    started, ended : the anomalous stretch; ended None = it goes on; started None = there is none.
    threshold : surprise that counts, -log10 p.
    note : why it did not page, or what muted it; shown as it is.
    """

    title: str
    points: tuple[tuple[float, float | None, float | None, float | None], ...]
    entity: str = ""
    rule: str = ""
    unit: str = ""
    gates: tuple[str, ...] = ()
    started: float | None = None
    ended: float | None = None
    threshold: float | None = None
    note: str = ""


class Backend(Protocol):
    """The daemon, as the web server sees it; `tests/web` has a small one to read."""

    @property
    def events(self) -> Broadcast:
        """Where the daemon publishes changes for live pages."""

    def now(self) -> float:
        """The daemon's clock, for "4 minutes ago"."""

    def healthy(self) -> bool:
        """The process works; does not depend on sources."""

    def ready(self) -> tuple[bool, Json]:
        """Whether all is up, and a JSON object that says what is not, best as `waiting_for` {name: why}."""

    def metrics(self) -> str:
        """Prometheus' text format."""

    def status(self) -> Json:
        """For `/status`, any part may be absent: `version`, `started`, `series`, `step_seconds`, `step_took_seconds`,
        `sources` [{name, type, state, lag_seconds, behind_records, samples, dropped {reason: n}, error}],
        `budget` {false_pages_per_week, estimate, estimate_lower, estimate_upper, pages_7d, judged_false},
        `receivers` [{name, type, sent, failed, error}],
        `dead_letters` [{partition, offset, reason, detail, excerpt}]."""

    def incidents(self, status: str | None, limit: int) -> list[Json]:
        """Newest first; status `open`, `firing`, `acknowledged`, `resolved` or None = all."""

    def incident(self, id: str) -> Json | None:
        """By id, former id or unique beginning; besides `Incident`'s fields `notifications` and `silenced_by`."""

    def series(self, query: SeriesQuery) -> list[Curve]:
        """Curves; empty if nothing is kept."""

    def silences(self) -> list[Json]:
        """`Silence` documents, newest first, expired ones included."""

    def rules(self) -> list[Json]:
        """[{id, alert, world, status, severity, signal, detector, threshold, for, summary, runbook, references,
        watched (series), firing, findings}]"""

    def runbooks(self) -> list[Json]:
        """[{name, description, match, approval, cooldown, steps [{name, action}], file}]"""

    def runs(self, incident_id: str | None = None) -> list[Json]:
        """Runbook runs (`respond.run.Run`), newest first."""

    def command(self, command: Command) -> Json:
        """Carry it out, durably; the answer is shown to API clients.

        Raises
        ------
        NotFound, Conflict, Denied, Invalid, Full
        """

    def ingest(self, kind: Pushed, body: bytes, headers: Mapping[str, str]) -> int:
        """Take pushed data; returns how many records were queued.

        `body` is unpacked (remote write keeps its snappy block, checked), syntactically valid, and for `changes` a JSON
        array of the agent's own `change` objects; `headers` are lower case, without credentials.

        Raises
        ------
        Full, Invalid, TooLarge
        """

    def interaction(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Json]:
        """A press in Slack: verify the signature, act; status and answer."""


def plain(headers: Any) -> dict[str, str]:
    """Header names in lower case, without what must not travel further."""
    hidden = {"authorization", "cookie", "proxy-authorization"}
    return {name.lower(): value for name, value in headers.items() if name.lower() not in hidden}
