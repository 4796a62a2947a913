"""Incidents to respond to."""

from __future__ import annotations

from typing import Any

from aiops.types import Cause, Finding, Incident


def finding(entity: str = "orders", alert: str = "HttpErrorRatio", **fields: Any) -> Finding:
    defaults: dict[str, Any] = {
        "rule_id": "it-http-error-ratio",
        "labels": {"service_name": entity, "namespace": "shop"},
        "world": "it",
        "severity": "page",
        "partition": "bus/metrics/0",
        "fingerprint": 1,
        "started": 1_000.0,
        "detected": 1_060.0,
        "value": 0.25,
        "expected": 0.01,
        "surprise": 9.0,
        "summary": f"{entity}: 25 % of requests fail",
    }
    return Finding(alert=alert, entity=entity, **{**defaults, **fields})


def incident(id: str = "i1", **fields: Any) -> Incident:
    """One that fires; `status="resolved"` ends its findings too, unless they are given."""
    ended = 2_000.0 if fields.get("status") == "resolved" else None
    defaults: dict[str, Any] = {
        "title": "requests fail",
        "severity": "page",
        "status": "firing",
        "started": 1_000.0,
        "detected": 1_060.0,
        "worlds": ("it",),
        "entities": ("orders", "web"),
        "findings": (finding(ended=ended),),
        "causes": (Cause("orders", 0.8, ("errors began first",), "http_errors", "node-1", "errors"),),
        "resolved": ended,
    }
    return Incident(id=id, **{**defaults, **fields})
