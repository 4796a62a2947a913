"""One run of a runbook and what can happen to it: plain values. `advance` is the machine over them.

    proposed -> running -> (verifying ->) ... -> done
         |         |            `-> rolling_back -> rolled_back
         |         |-> failed
         |         `-> in_doubt -> (a person says) -> running or failed
         `-> expired, aborted, refused, dry_run

Everything a run will do is filled in when it is proposed and kept in the run itself: what was approved is what is
done, whatever happens to the file meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiops.respond.approval import Need
from aiops.respond.effect import Effect
from aiops.types import Json

FINAL = frozenset({"done", "failed", "rolled_back", "expired", "aborted", "refused", "dry_run"})
ACTIVE = frozenset({"running", "verifying", "rolling_back", "in_doubt"})


@dataclass(frozen=True, slots=True)
class Check:
    """`verify`, filled in."""

    signal: str
    below: float | None
    above: float | None
    within_seconds: float

    def met(self, value: float | None) -> bool:
        """Tell whether `value` lies where it should; no value does not."""
        if value is None:
            return False
        return (self.below is None or value < self.below) and (self.above is None or value > self.above)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one action, filled in."""

    action: str
    config: Json
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step, filled in. `skipped`: its `when` did not hold."""

    name: str
    call: Call
    retries: int = 0
    idempotent: str = "never"
    check: Check | None = None
    rollback: Call | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run; replaced, never modified; JSON through msgspec.

    Attributes
    ----------
    id : `<runbook>/<incident id>`, with `/<n>` for a further one that a person asked for.
    step : index of the step that is at work; when rolling back, of the step being undone.
    intent : the effect whose outcome is awaited, or in doubt; None = nothing is under way.
    attempt : of the present step.
    applied : steps that took effect, oldest first.
    approved_by : who agreed.
    acted_at : daemon's clock of the first intent, for the cooldown; None = it never acted.
    retry_at : daemon's clock; None = no retry waits.
    verify_from, verify_until : event time; set by the first tick after the step.
    failed_with : why it stops or is being rolled back.
    """

    id: str
    runbook: str
    incident_id: str
    target: str
    state: str
    steps: tuple[PlannedStep, ...]
    parameters: dict[str, str]
    need: Need
    proposed_at: float
    changed_at: float
    cooldown_seconds: float = 600.0
    max_targets: int = 1
    step: int = 0
    attempt: int = 0
    intent: Effect | None = None
    applied: tuple[int, ...] = ()
    approved_by: tuple[str, ...] = ()
    acted_at: float | None = None
    retry_at: float | None = None
    verify_from: float | None = None
    verify_until: float | None = None
    failed_with: str = ""
    log: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Approve:
    user: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Abort:
    """Stop: await what is under way, then roll back what can be; a proposal is dropped, a doubt given up."""

    user: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The incident is over: a proposal lapses, a run under way goes on."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on. `signal` evaluates an expression at `event_time`; None = no value."""

    event_time: float
    signal: Callable[[str], float | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the open intent with this key, kind and attempt; any other is ignored (it was answered before).

    `status` is an action's: ok, failed or unknown. A probe says ok = it happened, failed = it did not.
    """

    key: str
    kind: str
    attempt: int
    status: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The daemon came back; whatever was under way has no outcome."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The daemon leaves and nobody has begun what is intended: it is intended anew after the restart."""


@dataclass(frozen=True, slots=True)
class Decide:
    """A person's word on a step in doubt: did it happen?"""

    user: str
    happened: bool


Event = Approve | Abort | Ended | Tick | Outcome | Restarted | Withdrawn | Decide
