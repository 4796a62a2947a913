"""The documents of the API, for its description and for checking what is sent in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Sent(BaseModel):
    """What a client sends: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class Feedback(Sent):
    right: bool = Field(description="true: the page was right; false: it was noise")


class Propose(Sent):
    runbook: str = Field(max_length=63)


class Decide(Sent):
    happened: bool


class NewSilence(Sent):
    matchers: str = Field(max_length=2_000, examples=['{entity="checkout", world=~"it|llm"}'])
    seconds: float = Field(gt=0, description="from now on")
    comment: str = Field("", max_length=2_000)


class Error(BaseModel):
    error: str
    status: int


class Finding(BaseModel):
    alert: str
    rule_id: str
    labels: dict[str, str]
    entity: str
    world: str
    severity: str
    started: float
    ended: float | None
    value: float | None
    expected: float | None
    surprise: float = Field(description="-log10 of the tail probability")
    summary: str


class Cause(BaseModel):
    entity: str
    probability: float
    evidence: list[str]
    metric: str | None
    host: str | None
    kind: str


class SuspectChange(BaseModel):
    id: str
    probability: float
    evidence: list[str]
    kind: str
    entity: str
    summary: str
    timestamp: float


class Incident(BaseModel):
    id: str
    title: str
    severity: str
    status: Literal["firing", "acknowledged", "resolved"]
    started: float = Field(description="event time, epoch seconds")
    detected: float
    resolved: float | None
    worlds: list[str]
    entities: list[str]
    findings: list[Finding]
    causes: list[Cause]
    changes: list[SuspectChange]
    none: float = Field(description="probability that no recorded change is to blame")
    acknowledged_by: str
    feedback: str


class Silence(BaseModel):
    id: str
    matchers: list[tuple[str, str, str]]
    starts_at: float
    ends_at: float
    created_by: str
    comment: str


class Curve(BaseModel):
    title: str
    points: list[tuple[float, float | None, float | None, float | None]] = Field(
        description="time, value, expected, surprise"
    )
    entity: str
    rule: str
    unit: str
    gates: list[str]
    started: float | None
    ended: float | None
    threshold: float | None
    note: str
