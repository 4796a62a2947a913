"""Pods that are replaced under new names wake nobody: neither the new ones, nor those that are gone, nor their sum."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import load_rules
from aiops.types import Decoded, Finding, Kind, Labels, Samples

STEP, START = 15.0, 1_780_000_020.0
KNOWN, AFTER, PODS = 700, 240, 8


class Fleet:
    """Pods of one service, each with what a pod exports."""

    def __init__(self, jump: float = 1.0) -> None:
        self.partition = Partition("prom", Settings(STEP, 0.0, 1e12, tuple(load_rules(("it",)))))
        self._rng, self._jump, self._at = np.random.default_rng(0), jump, 0
        self._counts: dict[tuple[str, str], float] = {}

    def play(self, generation: str, columns: int) -> list[Finding]:
        fired: list[Finding] = []
        for _ in range(columns):
            time = START + self._at * STEP
            slots, values = zip(*(one for i in range(PODS) for one in self._pod(f"web-{generation}-{i}")), strict=True)
            series, n = np.asarray(slots, np.int32), len(slots)
            order = np.argsort(series)
            samples = Samples(series[order], np.full(n, time), np.asarray(values)[order], np.zeros(n, np.int32))
            self.partition.take(Decoded(samples))
            self._at += 1
            self.partition.panel.advance(START + self._at * STEP)
            fired += [one for closed in self.partition.close() for one in closed.fired]
        return fired

    def _pod(self, pod: str) -> list[tuple[int, float]]:
        rng, labels = self._rng, {"service_name": "web", "namespace": "shop", "pod": pod}
        gauges = {
            "process_resident_memory_bytes": 3e8 * self._jump + rng.normal(0.0, 3e6),
            "node_memory_MemAvailable_bytes": 8e9 + rng.normal(0.0, 5e7),
            "queue_depth": 20.0 * self._jump + rng.normal(0.0, 2.0),
        }
        counters = {
            ("http_server_requests_total", "200"): float(rng.poisson(150)),
            ("http_server_requests_total", "500"): float(rng.poisson(0.3)),
            ("process_cpu_seconds_total", ""): 3.0 + rng.normal(0.0, 0.2),
        }
        found = [(self._slot(name, labels, Kind.GAUGE), value) for name, value in gauges.items()]
        for (name, code), more in counters.items():
            key = (pod, name + code)
            self._counts[key] = self._counts.get(key, 0.0) + more
            with_code = {**labels, **({"code": code} if code else {})}
            found.append((self._slot(name, with_code, Kind.COUNTER), self._counts[key]))
        return found

    def _slot(self, name: str, labels: dict[str, str], kind: Kind) -> int:
        return self.partition.table.slot(Labels.of(name, labels), kind)


@pytest.mark.parametrize("jump", [1.0, 3.0])
def test_a_rollout_wakes_nobody_even_if_the_new_pods_live_at_another_level(jump: float) -> None:
    fleet = Fleet()
    fleet.play("a", KNOWN)
    fleet._jump = jump
    fired = fleet.play("b", AFTER)
    assert [finding.alert for finding in fired if finding.severity == "page"] == []
    assert len(fired) <= 1


def test_the_same_pods_at_another_level_are_told_of() -> None:
    fleet = Fleet()
    fleet.play("a", KNOWN)
    fleet._jump = 3.0
    assert len({finding.entity for finding in fleet.play("a", AFTER)}) > 0
