"""Findings and correlators in one line, for tests that tell what belongs together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import xxhash

from aiops.correlate.allowance import Allowance
from aiops.correlate.correlator import Correlator
from aiops.correlate.topology import Topology
from aiops.types import Change, Edge, Finding, Incident

CALLS = (Edge("web", "orders"), Edge("orders", "db"), Edge("web", "fraud"), Edge("chat", "model"))


def finding(entity: str, started: float, detected: float | None = None, **fields: Any) -> Finding:
    """Something odd about `entity`, detected a minute later."""
    rule = fields.pop("rule_id", "error-ratio")
    base: dict[str, Any] = {
        "alert": "Errors",
        "rule_id": rule,
        "labels": {"service_name": entity},
        "entity": entity,
        "world": "it",
        "severity": "page",
        "partition": f"bus/{entity}/0",
        "fingerprint": xxhash.xxh3_64_intdigest(f"{rule} {entity}".encode()),
        "value": 0.4,
        "expected": 0.01,
        "surprise": 12.0,
        "summary": f"{entity} fails",
    }
    return Finding(started=started, detected=started + 60 if detected is None else detected, **{**base, **fields})


def ended(one: Finding, at: float, told: float | None = None) -> Finding:
    """Its end, told five minutes later."""
    return replace(one, ended=at, detected=at + 300 if told is None else told)


def change(at: float, entity: str = "orders", identity: str = "v42", **fields: Any) -> Change:
    return Change(timestamp=at, kind=fields.pop("kind", "deploy"), id=identity, entity=entity, **fields)


def correlator(edges: Iterable[Edge] = CALLS) -> Correlator:
    return Correlator(Topology(edges), Allowance(2.0, {}))


def told(found: Correlator, *findings: Finding, horizon: float = float("inf")) -> list[Incident]:
    """Incidents after these findings were delivered together."""
    found.add(findings)
    found.advance(horizon)
    return found.incidents


def groups(found: Correlator) -> set[frozenset[tuple[str, float]]]:
    """Which findings are together."""
    return {frozenset((one.entity, one.started) for one in incident.findings) for incident in found.incidents}
