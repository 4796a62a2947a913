"""Findings about ourselves: a source that has been away for two minutes, series that a cap refuses.

An agent that is blind and silent about it is worse than none. These findings go the same road as all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import xxhash

from aiops.daemon.feeder import Feeder
from aiops.detect.partition import Partition
from aiops.types import Finding

AWAY_SECONDS = 120.0
PARTITION = "_self"
SOURCE_AWAY, SERIES_REFUSED = "self-source-away", "self-series-refused"


class SelfWatch:
    """Remembers what is wrong with us.

    Parameters
    ----------
    clock : the daemon's; findings about ourselves have no other time.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._away: dict[str, float] = {}
        self._open: dict[str, Finding] = {}
        self._refusing: set[str] = set()

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take up what an earlier life told of and has not ended."""
        for one in findings:
            if one.rule_id == SOURCE_AWAY:
                name = one.entity.removeprefix("aiops/")
                self._open[name], self._away[name] = one, one.started

    def check(self, feeders: Mapping[str, Feeder], partitions: Iterable[Partition]) -> list[Finding]:
        """What began or ended since the last call."""
        now = self._clock()
        found = [one for name, feeder in feeders.items() for one in self._source(name, feeder, now)]
        # A source that is configured no more is nobody's to miss.
        found += [one for name in self._open.keys() - feeders.keys() for one in self._back(name, now)]
        return found + [one for partition in partitions for one in self._cap(partition, now)]

    def _source(self, name: str, feeder: Feeder, now: float) -> list[Finding]:
        status = feeder.status()
        if status.healthy:
            return self._back(name, now)
        since = self._away.setdefault(name, now)
        if name in self._open or now - since < AWAY_SECONDS:
            return []
        summary = f"aiops cannot read its source {name}: {status.detail or 'no answer'}"
        self._open[name] = _finding("SourceAway", SOURCE_AWAY, f"aiops/{name}", since, now, summary)
        return [self._open[name]]

    def _back(self, name: str, now: float) -> list[Finding]:
        self._away.pop(name, None)
        fired = self._open.pop(name, None)
        return [replace(fired, ended=now, detected=now)] if fired else []

    def _cap(self, partition: Partition, now: float) -> list[Finding]:
        """Once a partition: which label has too many values."""
        if partition.name in self._refusing or not partition.table.refused:
            return []
        self._refusing.add(partition.name)
        metric, label = partition.table.explosion() or ("", "")
        source = partition.name.partition("/")[0]
        summary = f"aiops refuses new series of {source}: the label {label!r} of {metric} has too many values"
        fired = _finding("SeriesRefused", SERIES_REFUSED, f"aiops/{source}", now, now, summary)
        # It is told once, and over once told: what is refused stays refused.
        return [fired, replace(fired, ended=now + 1.0, detected=now + 1.0)]


def _finding(alert: str, rule_id: str, entity: str, started: float, now: float, summary: str) -> Finding:
    return Finding(
        alert=alert,
        rule_id=rule_id,
        labels={"service_name": entity},
        entity=entity,
        world="it",
        severity="page",
        partition=PARTITION,
        fingerprint=xxhash.xxh3_64_intdigest(f"{rule_id}\x00{entity}".encode()),
        started=started,
        detected=now,
        surprise=30.0,
        summary=summary,
    )
