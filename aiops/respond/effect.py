"""What passes between a runbook's run and the action that carries out its step.

It lies here and not beside the actions because both the pure run and every action need it, and actions do not import
one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aiops.respond.egress import Egress
from aiops.types import Json


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Who asks, and within which bounds.

    Attributes
    ----------
    key : idempotency key: the same for every attempt of one step of one run, different for its rollback.
    timeout_seconds : after it the outcome is unknown, not failed.
    egress : what may be reached over the network.
    """

    run_id: str
    step: str
    key: str
    timeout_seconds: float
    egress: Egress = field(default_factory=Egress)


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What came of it.

    Attributes
    ----------
    status : `ok`; `failed` = it certainly did not happen; `unknown` = it may have.
    detail : one line for the journal, without secrets.
    output : what the action wants remembered, bounded.
    """

    status: str
    detail: str = ""
    output: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to do for a run. Commit the run and the journal's intent first; no durable intent, no action.

    Attributes
    ----------
    kind : `act`, `rollback`, or `probe` (ask whether an earlier attempt took effect).
    action, config : name of the action and its settings, every parameter filled in.
    attempt : 1 for the first.
    """

    kind: str
    run_id: str
    step: str
    key: str
    action: str
    config: Json
    timeout_seconds: float
    attempt: int = 1
