"""Documents for the pages: from the store, the ring files, and frozen values of the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiops.daemon.service import Service
from aiops.detect.budget import WEEK_SECONDS
from aiops.detect.expression import select
from aiops.detect.watch import GATES
from aiops.types import Json
from aiops.web.backend import Curve, SeriesQuery

DEAD_LETTERS = 50
BEFORE_SECONDS, AFTER_SECONDS = 1_800.0, 900.0
RECENT_SECONDS = 3_600.0


class Shown:
    """Read-only documents of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.keeper.store

    def status(self) -> Json:
        """For `/status`."""
        service, config = self._service, self._service.config
        service.refresh()
        letters = [one._asdict() for one in self._store.dead_letters(limit=DEAD_LETTERS)]
        estimate, now = service.pipeline.false_pages(), service.pipeline.event_time
        pages, false, _ = service.pipeline.correlator.allowance.counts(now - WEEK_SECONDS, now)
        return {
            "started": service.started,
            "step_seconds": config.step,
            "series": sum(len(one.table) for one in list(service.pipeline.partitions.values())),
            "sources": [self._source(name) for name in service.feeders],
            "receivers": [{"name": name, "type": one["type"]} for name, one in config.receivers.items()],
            "budget": {
                "false_pages_per_week": config.budget.false_pages_per_week,
                "estimate": estimate.mean,
                "estimate_lower": estimate.lower,
                "estimate_upper": estimate.upper,
                "pages_7d": pages,
                "judged_false": false,
            },
            "dead_letters": [{**one, "excerpt": one["excerpt"][:200].decode("utf-8", "replace")} for one in letters],
        }

    def _source(self, name: str) -> Json:
        status, telemetry = self._service.feeders[name].status(), self._service.telemetry
        state = "ready" if status.ready and status.healthy else "degraded" if status.ready else "waiting"
        return {
            "name": name,
            "type": self._service.config.sources.get(name, {}).get("type", "push"),
            "state": state,
            "error": status.detail,
            "behind_records": sum(one.lag for one in status.partitions.values()),
            "lag_seconds": telemetry.registry.get_sample_value("aiops_lag_seconds", {"source": name}),
            "samples": telemetry.registry.get_sample_value("aiops_samples_total", {"source": name}),
        }

    def incidents(self, status: str | None, limit: int) -> list[Json]:
        return self._store.incidents(status, limit)

    def incident(self, identity: str) -> Json | None:
        return self._store.incident(identity)

    def silences(self) -> list[Json]:
        return sorted(self._store.silences(), key=lambda one: -float(one["starts_at"]))

    def runs(self, incident_id: str | None) -> list[Json]:
        return sorted(self._store.runs(incident_id=incident_id), key=lambda one: -float(one["proposed_at"]))

    def rules(self) -> list[Json]:
        """What is watched: each rule with how many series it covers and how many of them fire."""
        watched: dict[str, int] = {}
        firing: dict[str, int] = {}
        for partition in list(self._service.pipeline.partitions.values()):
            for bank in list(partition.banks.values()):
                for rule_id, _ in list(bank.keys):
                    watched[rule_id] = watched.get(rule_id, 0) + 1
                for slot in bank.firing():
                    rule_id = bank.keys[int(slot)][0]
                    firing[rule_id] = firing.get(rule_id, 0) + 1
        return [
            {
                **rule.model_dump(by_alias=True, mode="json"),
                "for": rule.for_,
                "watched": watched.get(rule.id, 0),
                "firing": firing.get(rule.id, 0),
            }
            for rule in self._service.pipeline.settings.rules
        ]

    def runbooks(self) -> list[Json]:
        books = self._service.responder.policy.runbooks.values()
        return [book.model_dump(by_alias=True, mode="json") for book in books]


def curves(service: Service, query: SeriesQuery) -> list[Curve]:
    """Curves of an incident's findings or of a selector, from the ring files."""
    if query.incident:
        return list(_of_incident(service, query))[: query.limit]
    return list(_of_selector(service, query))[: query.limit]


def _of_incident(service: Service, query: SeriesQuery) -> Iterator[Curve]:
    incident = service.keeper.store.incident(query.incident)
    if incident is None:
        return
    start = query.start or incident["started"] - BEFORE_SECONDS
    end = query.end or (incident.get("resolved") or service.pipeline.event_time) + AFTER_SECONDS
    thresholds = {rule.id: rule.threshold for rule in service.pipeline.settings.rules}
    for finding in incident["findings"]:
        labels = {k: v for k, v in finding["labels"].items() if k != "metric"}
        metric = finding["labels"].get("metric", "")
        target = {"rule": finding["rule_id"], "labels": {**labels, **({"__name__": metric} if metric else {})}}
        found = service.keeper.ring.history(finding["partition"], target, start, end)
        if len(found.at):
            yield Curve(
                title=finding["summary"],
                points=_points(found),
                entity=finding["entity"],
                rule=finding["rule_id"],
                unit=finding.get("unit", ""),
                gates=tuple(GATES[code] if 0 <= code < len(GATES) else "" for code in found.gate),
                started=finding["started"],
                ended=finding.get("ended"),
                threshold=thresholds.get(finding["rule_id"]),
            )


def _of_selector(service: Service, query: SeriesQuery) -> Iterator[Curve]:
    matchers = select(query.selector)
    end = query.end or service.pipeline.event_time
    start = query.start or end - RECENT_SECONDS
    for name, partition in sorted(service.pipeline.partitions.items()):
        for labels in list(partition.table.labels):
            if all(matcher.matches(labels) for matcher in matchers):
                found = service.keeper.ring.history(name, labels, start, end)
                if len(found.at):
                    yield Curve(title=str(labels), points=_points(found), entity=labels.entity)


def _points(found: Any) -> tuple[tuple[float, float | None, float | None, float | None], ...]:
    columns = (found.at, found.value, found.expected, found.surprise)
    return tuple(
        (float(at), _known(value), _known(expected), _known(surprise))
        for at, value, expected, surprise in zip(*columns, strict=True)
    )


def _known(number: Any) -> float | None:
    return float(number) if number == number else None
