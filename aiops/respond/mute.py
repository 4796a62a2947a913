"""Who must not be told just now: silences, inhibition, maintenance.

An incident is muted if every finding of it that still fires is muted: one finding outside the silence is reason enough
to page. Muting stops pages (open, repeat), not the edits of a message that somebody already has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiops.detect.maintenance import Maintenance
from aiops.respond.matcher import Matcher, finding_labels, matches
from aiops.types import Finding, Incident, Silence

Labels = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While a finding matches `source`, findings that match `target` and agree with it in `equal` are muted."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Muting:
    """Everything that can mute."""

    silences: tuple[Silence, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """A finding that fires, with its labels worked out once."""

    incident_id: str
    labels: Labels


def firing(incidents: Sequence[Incident]) -> tuple[Firing, ...]:
    """All findings that may inhibit others, in the order given."""
    return tuple(
        Firing(incident.id, finding_labels(finding))
        for incident in incidents
        if incident.status != "resolved"
        for finding in incident.findings
        if finding.ended is None
    )


def muted_by(incident: Incident, sources: Sequence[Firing], muting: Muting, now: float) -> str:
    """Why `incident` must not page now: id of a silence, `maintenance:<name>`, `inhibited:<incident>`; empty = it may.

    An incident without firing findings is judged by all of its findings, so that one that came and went within a
    silence stays unsaid.
    """
    reasons = [_muted_by(finding, sources, muting, now) for finding in _judged(incident)]
    return reasons[0] if reasons and all(reasons) else ""


def _judged(incident: Incident) -> Sequence[Finding]:
    return [finding for finding in incident.findings if finding.ended is None] or incident.findings


def _muted_by(finding: Finding, sources: Sequence[Firing], muting: Muting, now: float) -> str:
    return next(_reasons(finding_labels(finding), sources, muting, now), "")


def _reasons(labels: Labels, sources: Sequence[Firing], muting: Muting, now: float) -> Iterator[str]:
    for silence in muting.silences:
        if silence.starts_at <= now < silence.ends_at and matches(silence.matchers, labels):
            yield silence.id
    for window in muting.maintenance:
        if window.active(now) and window.covers(labels):
            yield f"maintenance:{window.name}"
    for rule in muting.inhibitions:
        source = _inhibitor(rule, labels, sources)
        if source is not None:
            yield f"inhibited:{source.incident_id}"


def _inhibitor(rule: Inhibition, labels: Labels, sources: Sequence[Firing]) -> Firing | None:
    if not matches(rule.target, labels):
        return None
    # As in Alertmanager: what is source and target of one rule is muted only by what is source alone,
    # otherwise two such findings would mute each other and nobody would be told.
    also_source = matches(rule.source, labels)
    for source in sources:
        if not matches(rule.source, source.labels) or (also_source and matches(rule.target, source.labels)):
            continue
        if all(_one(source.labels, name) == _one(labels, name) for name in rule.equal):
            return source
    return None


def _one(labels: Labels, name: str) -> Sequence[str]:
    return labels.get(name) or ("",)
