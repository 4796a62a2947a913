"""The machine that carries a run through its steps: one event in, the next run and at most one effect out.

An effect is an *intent* until its outcome arrives. One is open at a time, and it is part of the run, which is committed
before the effect is carried out. After a crash, `Restarted` finds the intent without outcome and does what the step
says of itself: `key` does it again under the same key, `probe` asks whether it happened, `never` leaves it in doubt
for a person. An outcome nobody knows (a timeout, a connection lost) is treated just so. Nothing is rolled back on a
guess.
"""

from __future__ import annotations

from dataclasses import replace

from aiops.respond import approval
from aiops.respond.effect import Effect
from aiops.respond.run import (
    FINAL,
    Abort,
    Approve,
    Decide,
    Ended,
    Event,
    Outcome,
    PlannedStep,
    Restarted,
    Run,
    Tick,
    Withdrawn,
)

RETRY_SECONDS = 2.0
Next = tuple[Run, list[Effect]]


def advance(run: Run, event: Event, now: float, *, may_start: bool = True) -> Next:
    """Take in one event.

    Parameters
    ----------
    now : daemon's clock.
    may_start : False while cooldown or `max_targets` hold the run back (`propose.held_back`); a later tick starts it.

    Returns
    -------
    the run as it is now (the same object if the event means nothing to it) and at most one effect, which is its intent.
    """
    if run.state in FINAL:
        return run, []
    match event:
        case Approve(user, roles):
            return _approve(run, user, roles, now, may_start)
        case Abort(user):
            return _abort(run, user, now)
        case Ended():
            return (_enter(run, "expired", now, "the incident ended"), []) if run.state == "proposed" else (run, [])
        case Outcome():
            return _outcome(run, event, now)
        case Restarted():
            return _restarted(run, now)
        case Withdrawn():
            return _withdrawn(run, now)
        case Decide(user, happened):
            return _decide(run, user, happened, now)
        case Tick():
            return _tick(run, event, now, may_start)


def _approve(run: Run, user: str, roles: tuple[str, ...], now: float, may_start: bool) -> Next:
    if run.state != "proposed" or now >= run.proposed_at + run.need.expires_seconds:
        return run, []
    if why := approval.refusal(run.need, user, roles, run.approved_by):
        return _note(run, now, f"approval not counted: {why}"), []
    run = _note(replace(run, approved_by=(*run.approved_by, user)), now, f"approved by {user}")
    return _start(run, now, may_start)


def _start(run: Run, now: float, may_start: bool) -> Next:
    if not may_start or not approval.granted(run.need, run.approved_by):
        return run, []
    return _go_on(_enter(run, "running", now), now)


def _go_on(run: Run, now: float) -> Next:
    """Begin the step at `run.step`, or end."""
    if run.failed_with:
        return _undo(run, run.failed_with, now)
    while run.step < len(run.steps) and run.steps[run.step].skipped:
        run = _note(replace(run, step=run.step + 1), now, f"{run.steps[run.step].name}: skipped, `when` does not hold")
    if run.step == len(run.steps):
        return _enter(run, "done", now), []
    return _intend(replace(run, attempt=0), "act", now)


def _intend(run: Run, kind: str, now: float) -> Next:
    """Open an intent. The key is the same for every attempt of a step."""
    step = run.steps[run.step]
    call = step.rollback if kind == "rollback" and step.rollback else step.call
    attempt = run.attempt if kind == "probe" else run.attempt + 1
    key = f"{run.id}/{run.step}" + ("/rollback" if kind == "rollback" else "")
    effect = Effect(kind, run.id, step.name, key, call.action, call.config, call.timeout_seconds, attempt)
    acted_at = now if run.acted_at is None else run.acted_at
    run = replace(run, intent=effect, attempt=attempt, acted_at=acted_at, retry_at=None, changed_at=now)
    return _note(run, now, f"{step.name}: {kind}, attempt {attempt}"), [effect]


def _outcome(run: Run, event: Outcome, now: float) -> Next:
    intent = run.intent
    if intent is None or (intent.key, intent.kind, intent.attempt) != (event.key, event.kind, event.attempt):
        return run, []
    if run.state == "in_doubt" and event.status == "unknown":
        return run, []
    said = f"{intent.step}: {event.kind} {event.status}" + (f", {event.detail}" if event.detail else "")
    run = _note(replace(run, changed_at=now), now, said)
    return _unknown(run, now) if event.status == "unknown" else _known(run, intent.kind, event.status == "ok", now)


def _known(run: Run, kind: str, happened: bool, now: float) -> Next:
    """The open intent certainly did, or did not, take effect."""
    run = replace(run, intent=None, state="running" if run.state == "in_doubt" else run.state)
    step = run.steps[run.step]
    if kind == "rollback":
        if happened:
            return _undo(replace(run, state="rolling_back"), f"{step.name} rolled back", now)
        return _enter(run, "failed", now, f"{step.name}: rollback failed"), []
    if happened:
        return _applied(run, step, now)
    if run.attempt <= step.retries and not run.failed_with:
        return replace(run, retry_at=now + RETRY_SECONDS * 2.0 ** (run.attempt - 1)), []
    return _undo(run, f"{step.name} failed", now)


def _unknown(run: Run, now: float) -> Next:
    """Nobody knows whether the open intent took effect."""
    intent, step = run.intent, run.steps[run.step]
    if intent is not None and intent.kind == "act":
        # One more than `retries`: without it a step killed on its first attempt could never be completed.
        if step.idempotent == "key" and run.attempt <= step.retries + 1:
            return replace(run, intent=None, retry_at=now + RETRY_SECONDS), []
        if step.idempotent == "probe":
            return _intend(run, "probe", now)
    return _enter(run, "in_doubt", now, f"{step.name}: somebody has to look whether it happened"), []


def _applied(run: Run, step: PlannedStep, now: float) -> Next:
    run = replace(run, applied=(*run.applied, run.step))
    if step.check is None or run.failed_with:
        return _go_on(replace(run, step=run.step + 1), now)
    return _enter(replace(run, verify_from=None, verify_until=None), "verifying", now, step.name), []


def _undo(run: Run, why: str, now: float) -> Next:
    """Roll back what took effect, newest first."""
    run = replace(run, failed_with=run.failed_with or why)
    undoable = [index for index in run.applied if run.steps[index].rollback]
    if undoable:
        index = undoable[-1]
        left = tuple(one for one in run.applied if one != index)
        return _intend(
            replace(_enter(run, "rolling_back", now, why), step=index, applied=left, attempt=0), "rollback", now
        )
    if run.state == "rolling_back":
        return _enter(run, "rolled_back", now, run.failed_with), []
    return _enter(run, "aborted" if run.failed_with.startswith("aborted") else "failed", now, run.failed_with), []


def _restarted(run: Run, now: float) -> Next:
    intent = run.intent
    if intent is None or run.state == "in_doubt":
        return run, []
    run = _note(run, now, f"{intent.step}: restarted before the outcome of its {intent.kind} was known")
    # Asking twice harms nobody.
    return _intend(run, "probe", now) if intent.kind == "probe" else _unknown(run, now)


def _withdrawn(run: Run, now: float) -> Next:
    intent = run.intent
    if intent is None or intent.kind == "probe" or run.state == "in_doubt":
        return run, []
    run = _note(run, now, f"{intent.step}: {intent.kind} not begun, the daemon leaves")
    return replace(run, intent=None, attempt=run.attempt - 1, retry_at=now), []


def _decide(run: Run, user: str, happened: bool, now: float) -> Next:
    intent = run.intent
    if run.state != "in_doubt" or intent is None:
        return run, []
    run = _note(run, now, f"{user} says it {'happened' if happened else 'did not happen'}")
    kind = "rollback" if intent.kind == "rollback" else "act"
    # A person has looked; what did not happen is not tried again behind their back.
    run = run if happened else replace(run, attempt=run.steps[run.step].retries + 1)
    return _known(run, kind, happened, now)


def _abort(run: Run, user: str, now: float) -> Next:
    why = f"aborted by {user}"
    if run.state in ("proposed", "in_doubt"):
        return _enter(run, "aborted", now, why), []
    if run.intent is not None:
        return _note(replace(run, failed_with=run.failed_with or why), now, f"{why}, once the step has answered"), []
    return _undo(run, why, now)


def _tick(run: Run, event: Tick, now: float, may_start: bool) -> Next:
    if run.state == "proposed":
        if approval.granted(run.need, run.approved_by):
            return _start(run, now, may_start)
        if now >= run.proposed_at + run.need.expires_seconds:
            return _enter(run, "expired", now, "nobody approved it in time"), []
    elif run.state == "verifying":
        return _verify(run, event, now)
    elif run.retry_at is not None and now >= run.retry_at:
        return _intend(run, "rollback" if run.state == "rolling_back" else "act", now)
    return run, []


def _verify(run: Run, event: Tick, now: float) -> Next:
    step = run.steps[run.step]
    if step.check is None:
        return run, []
    if run.verify_from is None or run.verify_until is None:
        # Event time lags behind the clock: what it shows at this moment happened before the step.
        until = event.event_time + step.check.within_seconds
        return replace(run, verify_from=event.event_time, verify_until=until), []
    if event.event_time <= run.verify_from:
        return run, []
    if step.check.met(event.signal(step.check.signal)):
        return _go_on(replace(_enter(run, "running", now, f"{step.name} verified"), step=run.step + 1), now)
    if event.event_time >= run.verify_until:
        return _undo(run, f"{step.name}: not verified within {step.check.within_seconds:g} s", now)
    return run, []


def _enter(run: Run, state: str, now: float, why: str = "") -> Run:
    return _note(replace(run, state=state, changed_at=now), now, f"{state}: {why}" if why else state)


def _note(run: Run, now: float, text: str) -> Run:
    return replace(run, log=(*run.log, (now, text)))
