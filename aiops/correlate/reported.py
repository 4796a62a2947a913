"""Alerts of others as findings: what Alertmanager or a recording reports opens incidents and joins them like our own.

An alert pages unless its severity says that it is no page. It carries no surprise; the one that every detector has to
show is taken. It lasts until its end is told, or, where nobody tells one, for an hour.
"""

from __future__ import annotations

from collections.abc import Iterable

import xxhash

from aiops.correlate.deviation import Deviation
from aiops.correlate.rarity import observe
from aiops.correlate.topology import Topology
from aiops.types import Alert, Edge, Finding

PREFIX = "alert:"
"""Of the rule ids of such findings; no rule of ours has a colon in its id."""
QUIET = frozenset(("info", "none", "notice", "debug", "low", "warning", "warn", "minor"))
SURPRISE = 6.0
FORGOTTEN_SECONDS = 3_600.0


def findings(alerts: Iterable[Alert], partition: str, at: float) -> list[Finding]:
    """What a column's alerts tell, ends included; an alert that names nothing is about itself.

    Parameters
    ----------
    at : event time of the column's end. Its alerts are one moment, so that a storm is judged once a column.
    """
    return [_finding(one, partition, at) for one in alerts]


def edges(alerts: Iterable[Alert]) -> list[Edge]:
    """Calls and hosts that alerts show."""
    found = {Edge(one.entity, one.peer) for one in alerts if one.entity and one.peer}
    found |= {Edge(one.entity, one.host, "runs_on") for one in alerts if one.entity and one.host}
    return sorted(found, key=lambda edge: (edge.source, edge.target, edge.kind))


def deviations(findings: Iterable[Finding], topology: Topology) -> list[Deviation]:
    """What alerts among `findings` say about whom, by rarity as in a recording."""
    told = [_alert(one) for one in findings if is_reported(one)]
    return observe(told, topology.kinship, min(one.timestamp for one in told)) if told else []


def is_reported(finding: Finding) -> bool:
    """Whether somebody else's alert is behind it."""
    return finding.rule_id.startswith(PREFIX)


def _alert(finding: Finding) -> Alert:
    return Alert(
        timestamp=finding.started,
        entity=finding.entity,
        name=finding.alert,
        direction=finding.direction,
        host=finding.host,
        severity=finding.labels.get("severity", ""),
        peer=finding.labels.get("peer", ""),
    )


def _finding(alert: Alert, partition: str, at: float) -> Finding:
    entity = alert.entity or alert.host or alert.name
    own = {"peer": alert.peer, "severity": alert.severity, "metric": "" if alert.peer else alert.name}
    labels = {**{key: value for key, value in own.items() if value}, **(alert.labels or {"service_name": entity})}
    told = "\x00".join(
        (alert.name, entity, alert.peer, alert.direction, *(f"{k}={v}" for k, v in sorted(labels.items())))
    )
    where = f"{entity}, calling {alert.peer}" if alert.peer else entity
    return Finding(
        alert=alert.name,
        rule_id=f"{PREFIX}{alert.name}",
        labels=labels,
        entity=entity,
        world="it",
        severity="info" if alert.severity.lower() in QUIET else "page",
        partition=partition,
        fingerprint=xxhash.xxh3_64_intdigest(told.encode()),
        started=alert.timestamp,
        detected=max(at, alert.timestamp),
        ended=None if alert.status == "firing" else alert.timestamp,
        surprise=SURPRISE,
        direction=alert.direction,
        summary=f"{alert.name} on {where}" + (f", {alert.direction}" if alert.direction else ""),
        host=alert.host,
    )
