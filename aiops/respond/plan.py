"""From a runbook and an incident to a run with every blank filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiops.respond import approval, template
from aiops.respond.matcher import incident_labels, matches
from aiops.respond.route import match_all
from aiops.respond.run import Call, Check, PlannedStep, Run
from aiops.respond.runbook import Act, Parameter, Runbook, Step
from aiops.types import Finding, Incident, Json


def fits(runbook: Runbook, incident: Incident) -> bool:
    """Tell whether `match` holds for the incident's labels, those of its first cause coming first.

    `entity`, `host` and `kind` are the first cause's if there is one: a runbook acts on the cause, not on a victim. One
    that takes the entity of the cause wants alerts about it; of who is only complained of, a provider, there are none.
    """
    labels, findings = dict(incident_labels(incident)), incident.findings
    if incident.causes:
        first = incident.causes[0]
        labels |= {"entity": (first.entity,), "kind": (first.kind,), "host": (first.host or "",)}
        if any(one.source == "cause.entity" for one in runbook.parameters.values()):
            findings = tuple(one for one in findings if one.entity == first.entity)
    return matches(match_all(runbook.match), labels | _alerts(findings))


def _alerts(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    alerts = {one.alert for one in findings}
    return {"alert": tuple(sorted(alerts)), "rule": tuple(sorted({one.rule_id for one in findings} | alerts))}


def plan(runbook: Runbook, incident: Incident, mode: str, now: float, *, serial: int = 0) -> Run:
    """Fill in everything a run will do.

    Parameters
    ----------
    mode : `dry_run`, `approve` or `auto`.
    serial : 0 for the run that the incident itself causes, n for the nth that a person asks for.

    Returns
    -------
    a run that is `proposed`, or `dry_run`, or `refused` with the reason in its log when a parameter has no value that
    its pattern admits.
    """
    run_id = f"{runbook.name}/{incident.id}" + (f"/{serial}" if serial else "")
    values, problem = _parameters(runbook, incident)
    fields = template.safe_fields(incident, run_id) | values
    run = Run(
        id=run_id,
        runbook=runbook.name,
        incident_id=incident.id,
        target=_target(runbook, incident, values),
        state="dry_run" if mode == "dry_run" else "proposed",
        steps=(),
        parameters=values,
        need=approval.need(runbook.approval, mode),
        proposed_at=now,
        changed_at=now,
        cooldown_seconds=runbook.cooldown,
        max_targets=runbook.max_targets,
    )
    if problem:
        return replace(run, state="refused", log=((now, f"refused: {problem}"),))
    steps = tuple(_step(step, i, fields) for i, step in enumerate(runbook.steps))
    return replace(run, steps=steps, log=((now, run.state),))


def _parameters(runbook: Runbook, incident: Incident) -> tuple[dict[str, str], str]:
    values: dict[str, str] = {}
    for name, parameter in runbook.parameters.items():
        value = _value(parameter, incident, runbook)
        if not parameter.admits(value):
            return values, f"parameter {name} from {parameter.source or 'value'}: {value[:80]!r} is not admitted"
        values[name] = value
    return values, ""


def _value(parameter: Parameter, incident: Incident, runbook: Runbook) -> str:
    if parameter.value is not None:
        return parameter.value
    kind, _, name = parameter.source.partition(".")
    found = _label(name, incident, runbook) if kind == "label" else _source(parameter.source, incident)
    return found or parameter.default or ""


def _source(source: str, incident: Incident) -> str:
    kind, _, name = source.partition(".")
    if kind == "cause":
        return str(getattr(incident.causes[0], name) or "") if incident.causes else ""
    if kind == "change":
        return str(getattr(incident.changes[0], name)) if incident.changes else ""
    return next(iter(incident.entities if name == "entity" else incident.worlds), "")


def _label(name: str, incident: Incident, runbook: Runbook) -> str:
    """A label of the first finding that has it: the first cause's come first, then those that the runbook is for."""
    cause = incident.causes[0].entity if incident.causes else ""
    asked = match_all({label: value for label, value in runbook.match.items() if label in ("alert", "rule")})
    ordered = sorted(incident.findings, key=lambda one: (one.entity != cause, not matches(asked, _alerts([one]))))
    return next((value for one in ordered if (value := one.labels.get(name, ""))), "")


def _target(runbook: Runbook, incident: Incident, values: dict[str, str]) -> str:
    """What the run acts upon: its parameters that come from the incident, else the first cause."""
    told = [values[name] for name, one in runbook.parameters.items() if one.source and name in values]
    return ",".join(told) or _source("cause.entity", incident)


def _step(step: Step, index: int, fields: dict[str, str]) -> PlannedStep:
    check = None
    if step.verify:
        written = step.verify
        check = Check(template.fill(written.signal, fields), written.below, written.above, written.within)
    return PlannedStep(
        name=step.name or f"step-{index + 1}",
        call=_call(step, fields),
        retries=step.retries,
        idempotent=step.idempotent,
        check=check,
        rollback=_call(step.rollback, fields) if step.rollback else None,
        skipped=bool(step.when) and not template.holds(step.when, fields),
    )


def _call(act: Act, fields: dict[str, str]) -> Call:
    config: Any = template.fill(act.settings, fields)
    settings: Json = config
    return Call(act.action, settings, act.timeout)
