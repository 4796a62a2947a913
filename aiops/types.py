"""The values that travel the road, with the names of OpenTelemetry, Prometheus and Alertmanager.

Samples are columns; there is never one object per sample. Logs, spans, predictions and LLM calls are
one small struct each (msgspec: decoded straight from the wire, no pydantic), because they become counts
and distributions within the step they arrive in. Nothing here does I/O or reads a clock.
All times are event time in epoch seconds.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import xxhash

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Slots = npt.NDArray[np.int32]

ENTITY_LABELS = ("service_name", "service", "host_name", "pod", "node", "instance", "host", "job")
HOST_LABELS = ("host_name", "node", "host", "instance")
STANDS_IN = {"service_name": "service"}
"""What Prometheus' own service discovery calls a label that OpenTelemetry has named."""
STALE_NAN = 0x7FF0000000000002  # Prometheus' staleness marker: one bit pattern of NaN


class Kind(enum.IntEnum):
    """How a series moves."""

    UNKNOWN = 0
    GAUGE = 1
    COUNTER = 2
    """Cumulative and monotonic; falls only when it is reset."""
    DELTA = 3
    """Each sample is the increase since the one before (OTLP delta temporality, our own counts)."""


class World(enum.StrEnum):
    IT = "it"
    MODEL = "model"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class Labels:
    """Sorted (name, value) pairs; `__name__` is the metric. Equal pairs, equal fingerprint, on any machine."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, name: str = "", labels: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> Labels:
        """Sort, drop empty values (as Prometheus does) and add the metric name."""
        pairs = {key: value for key, value in dict(labels).items() if value != ""}
        if name:
            pairs["__name__"] = name
        return cls(tuple(sorted(pairs.items())))

    @property
    def fingerprint(self) -> int:
        """64 bits over all pairs; separators cannot occur in valid UTF-8."""
        digest = xxhash.xxh3_64()
        for key, value in self.pairs:
            digest.update(
                key.encode("utf-8", "surrogatepass") + b"\xff" + value.encode("utf-8", "surrogatepass") + b"\xfe"
            )
        return digest.intdigest()

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.pairs if key == name), default)

    def grouped(self, name: str) -> str:
        """A label as groups are made by it: `service_name` is `service` where there is no other."""
        return self.get(name) or self.get(STANDS_IN.get(name, ""))

    @property
    def metric(self) -> str:
        return self.get("__name__")

    @property
    def entity(self) -> str:
        """What the series is about: the first of the usual labels that is present."""
        return next((value for name in ENTITY_LABELS if (value := self.get(name))), "")

    @property
    def host(self) -> str:
        return next((value for name in HOST_LABELS if (value := self.get(name))), "")

    def as_dict(self) -> dict[str, str]:
        """Everything but the metric name."""
        return {key: value for key, value in self.pairs if key != "__name__"}

    def __str__(self) -> str:
        inside = ", ".join(f'{key}="{value}"' for key, value in self.pairs if key != "__name__")
        return f"{self.metric}{{{inside}}}" if inside else self.metric


@dataclass(frozen=True, slots=True)
class Samples:
    """Columns of samples, all of shape (n,).

    Attributes
    ----------
    series : slot in the partition's `SeriesTable`, int32.
    timestamp : event time, epoch seconds, float64.
    value : float64; NaN = staleness marker or "no sample".
    record : index of the record of the batch that held the sample, int32, non-decreasing.
    """

    series: Slots
    timestamp: Floats
    value: Floats
    record: Slots

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def empty(cls) -> Samples:
        return cls(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.int32))


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="type", omit_defaults=True):
    """Anything with a time that is not a sample. The tag is the `type` field of the agent's own JSON."""

    timestamp: float


class LogRecord(Event, frozen=True, gc=False, tag="log", kw_only=True, omit_defaults=True):
    entity: str
    body: str
    severity: str = ""
    """Upper-case OpenTelemetry short name: TRACE, DEBUG, INFO, WARN, ERROR, FATAL; empty = not said."""
    trace_id: str = ""
    host: str = ""


class Span(Event, frozen=True, gc=False, tag="span", kw_only=True, omit_defaults=True):
    trace_id: str
    span_id: str
    parent_id: str = ""
    entity: str
    name: str
    duration_s: float
    status: str = "ok"
    kind: str = ""
    """server, client, producer, consumer, internal; empty = not said."""
    host: str = ""
    attributes: dict[str, Any] = {}


OBSERVED = "seen in telemetry"
"""Author of a change that nobody announced."""


class Change(Event, frozen=True, gc=False, tag="change", kw_only=True, omit_defaults=True):
    """Something was altered: deploy, commit, config, flag, scale, prompt, model, price, schema, feature, index."""

    kind: str
    id: str
    entity: str = ""
    summary: str = ""
    author: str = ""
    files: tuple[str, ...] = ()
    diff: str = ""
    before: str = ""
    after: str = ""


class Prediction(Event, frozen=True, gc=False, tag="prediction", kw_only=True, omit_defaults=True):
    """A scored row. Its entity is its model."""

    model: str
    version: str = ""
    id: str = ""
    features: dict[str, float | int | str | bool | None] = {}
    prediction: float | int | str | bool | None = None
    proba: float | None = None
    label: float | int | str | bool | None = None
    """May arrive later, in a second prediction with the same id and no features."""
    group: str = ""


class Said(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What was made of a call's texts before they were let go; nobody can tell from it what they said."""

    injection: float = 0.0
    refusal: float = 0.0
    groundedness: float | None = None
    """Share of the answer that its context bears out; None = there was no context."""
    personal: tuple[str, ...] = ()
    """Kinds of personal data and secrets in question or answer, sorted."""
    asked_in: str = ""
    language: str = ""
    """ISO 639-1 of question and answer; empty = too short to tell."""
    asked: int = 0
    answered: int = 0
    """Characters."""
    broken: bool = False
    """JSON was promised and the answer is none."""
    arguments: int = 0
    result: int = 0
    """Hashes of a tool's arguments and of what it returned."""
    sketch: bytes = b""
    """What the question is about (`signals.content.sketch`); empty = no words."""


class LlmCall(Event, frozen=True, gc=False, tag="llm", kw_only=True, omit_defaults=True):
    """A call of a model; or, by its operation, `execute_tool`, `retrieval`, `guardrail`, `invoke_agent`, `evaluate`."""

    entity: str
    model: str
    """Who answered, where that is told, else who was asked."""
    provider: str = ""
    operation: str = "chat"
    prompt: str = ""
    completion: str = ""
    context: tuple[str, ...] = ()
    input_tokens: int = 0
    """The whole prompt: what a cache held or took up is part of it; below 0 = not known, as below."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    max_tokens: int = 0
    duration_s: float = 0.0
    ttft_s: float | None = None
    queue_s: float | None = None
    prefill_s: float | None = None
    decode_s: float | None = None
    gateway_s: float | None = None
    finish_reason: str = ""
    """Of a guardrail: its verdict."""
    error: str = ""
    retries: int = 0
    conversation_id: str = ""
    prompt_version: str = ""
    request_model: str = ""
    fingerprint: str = ""
    """What the provider says of the configuration that answered."""
    tier: str = ""
    """Service tier: `batch`, `flex`, `priority`; empty = the standard one."""
    output_type: str = ""
    """`json` where the caller asked for it."""
    tool: str = ""
    """The tool; of a guardrail its name."""
    agent: str = ""
    team: str = ""
    route: str = ""
    retrieved: int | None = None
    """Passages that a retrieval returned."""
    scores: tuple[float, ...] = ()
    documents: tuple[str, ...] = ()
    evaluations: dict[str, float] = {}
    """Scores of judges, by name."""
    cost_usd: float | None = None
    feedback: float | None = None
    trace_id: str = ""
    host: str = ""
    said: Said | None = None
    """Stands for prompt, completion and context once their features are taken."""


class Alert(Event, frozen=True, gc=False, tag="alert", kw_only=True, omit_defaults=True):
    """An alert of somebody else's, from Alertmanager or a recording."""

    entity: str
    name: str
    direction: str = ""
    host: str = ""
    severity: str = ""
    peer: str = ""
    status: str = "firing"
    labels: dict[str, str] = {}


class Verdict(Event, frozen=True, gc=False, tag="feedback", kw_only=True, omit_defaults=True):
    """What somebody made of a page; the newest word on an incident counts."""

    incident: str
    """Its id, or one it had before."""
    right: bool
    weight: float = 1.0
    """1 = said plainly; less = guessed from what was done."""


AnyEvent = LogRecord | Span | Change | Prediction | LlmCall | Alert | Verdict


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` depends on `target`."""

    source: str
    target: str
    kind: str = "calls"
    """calls, runs_on, reads, serves, retrieves or scores."""


@dataclass(frozen=True, slots=True)
class Records:
    """Raw records of one source partition, in one buffer. Nothing is parsed yet.

    Attributes
    ----------
    partition : such as `bus/otlp_metrics/0` or `prom`; one panel each.
    buffer : all record bytes.
    start, stop : shape (n,), int64; record i is `buffer[start[i]:stop[i]]`.
    offsets : shape (n,), int64; what a dead letter names (the Kafka offset, a line number).
    position : JSON; where to go on after these records. Committed with the state they led to.
    format : name of a format, empty = tell from the bytes.
    dropped : reason -> count of what the source itself had to refuse (oversize, bomb).
    """

    partition: str
    buffer: bytes | memoryview
    start: Ints
    stop: Ints
    offsets: Ints
    position: Any
    format: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def single(cls, partition: str, body: bytes, position: Any = None, format: str = "", offset: int = 0) -> Records:
        """One record that is the whole buffer."""
        return cls.many(partition, [body], position, format, offset)

    @classmethod
    def many(
        cls, partition: str, bodies: list[bytes], position: Any = None, format: str = "", first_offset: int = 0
    ) -> Records:
        ends = np.cumsum([len(body) for body in bodies], dtype=np.int64) if bodies else np.empty(0, np.int64)
        starts = np.concatenate(([0], ends[:-1])).astype(np.int64) if bodies else ends
        offsets = np.arange(first_offset, first_offset + len(bodies), dtype=np.int64)
        return cls(partition, b"".join(bodies), starts, ends, offsets, position, format)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record, or part of one, that could not be used."""

    record: int
    """Index in the batch."""
    reason: str
    """`lower_snake_case`, the label of `aiops_dropped_total`."""
    detail: str = ""
    count: int = 1
    """Samples or events lost by it; 1 when unknown."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the records of one batch hold.

    `events` carry the index of their record, ascending, as `Samples.record` does: whether something is
    late is judged record by record, so that any split of the same records decides alike.
    """

    samples: Samples
    events: list[tuple[int, AnyEvent]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Finding:
    """An Alertmanager alert plus the numbers behind it."""

    alert: str
    rule_id: str
    labels: dict[str, str]
    entity: str
    world: str
    severity: str
    partition: str
    fingerprint: int
    """Of (rule id, labels); stable across restarts."""
    started: float
    """Onset: the step at which the surprise first crossed the threshold."""
    detected: float
    """The step at which `for` was fulfilled."""
    ended: float | None = None
    value: float | None = None
    expected: float | None = None
    surprise: float = 0.0
    """The highest so far, -log10 p."""
    threshold: float = 0.0
    """What it had to pass to page."""
    asked_by: str = ""
    """Who asked for that threshold: `rule`, `budget` or `feedback`; empty = it did not page."""
    direction: str = ""
    unit: str = ""
    signal: str = ""
    summary: str = ""
    runbook: str = ""
    host: str = ""
    window: tuple[tuple[float, float | None, float | None, float], ...] = ()
    """Evidence: (time, value, expected, surprise) around the onset."""
    reason: str = ""
    """Why it ended, where that is more than calm: the level stayed and is the new normal."""
    confirmation: str = ""
    """What the deeper stage makes of it (`detect.cascade.VERDICTS`); empty = its rule needs none."""
    deep: float | None = None
    """The deeper stage's surprise, where it has judged."""

    @property
    def may_page(self) -> bool:
        """Whether its rule pages, and nothing that was asked to confirm it has refused."""
        return self.severity == "page" and self.confirmation != "not confirmed"


@dataclass(frozen=True, slots=True)
class Cause:
    entity: str
    probability: float
    evidence: tuple[str, ...] = ()
    metric: str | None = None
    host: str | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SuspectChange:
    id: str
    probability: float
    evidence: tuple[str, ...] = ()
    kind: str = ""
    entity: str = ""
    summary: str = ""
    timestamp: float = 0.0


@dataclass(frozen=True, slots=True)
class Incident:
    """Findings that share a cause.

    `id` comes from the earliest (rule, entity, onset), so equal records give equal ids. Replaced, never
    modified. `status` is `firing`, `acknowledged` or `resolved`; `timeline` holds (event time, what).
    """

    id: str
    title: str
    severity: str
    status: str
    started: float
    detected: float
    worlds: tuple[str, ...]
    entities: tuple[str, ...]
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...] = ()
    changes: tuple[SuspectChange, ...] = ()
    none: float = 1.0
    resolved: float | None = None
    timeline: tuple[tuple[float, str], ...] = ()
    edges: tuple[Edge, ...] = ()
    acknowledged_by: str = ""
    feedback: str = ""
    """`true`, `false` or empty: whether the page was right, as a person judged it."""
    updated: float = 0.0
    """Event time of the last change of content."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Alertmanager's: alerts that match all matchers are muted between start and end (daemon clock)."""

    id: str
    matchers: tuple[tuple[str, str, str], ...]
    """(label, operator, value); operator is =, !=, =~ or !~."""
    starts_at: float
    ends_at: float
    created_by: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing a receiver shall be told about one incident; committed before it leaves.

    Attributes
    ----------
    key : `<receiver>/<incident id>/<serial>`.
    action : `open`, `update`, `resolve` or `repeat`.
    at : daemon's clock when it was decided.
    suppressed_by : id of a silence or `inhibited:<incident>`; empty = it was sent.
    """

    key: str
    receiver: str
    incident_id: str
    action: str
    at: float
    suppressed_by: str = ""
