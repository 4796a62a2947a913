"""A finding about log lines quotes one."""

from __future__ import annotations

from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import load_rules
from aiops.types import Decoded, LogRecord, Samples

STEP = 15.0


def decoded(at: float, *bodies: tuple[str, str]) -> Decoded:
    lines = [LogRecord(timestamp=at, entity="web", body=body, severity=level) for body, level in bodies]
    return Decoded(Samples.empty(), list(enumerate(lines)))


def test_the_finding_of_a_new_error_says_the_line_and_its_time() -> None:
    rules = tuple(rule for rule in load_rules(["it"]) if rule.id == "it-log-new-error-template")
    partition = Partition("p", Settings(STEP, 0.0, 2.0, rules))
    found = []
    for i in range(300):
        bodies = [("request 7 served", "INFO"), *([("disk of node-4 is full", "ERROR")] if i == 260 else [])]
        partition.take(decoded(i * STEP, *bodies))
        found += [finding for closed in partition.close() for finding in (*closed.fired, *closed.ended)]
    assert {one.summary for one in found} == {
        "web: logs errors of a kind never seen before: “disk of node-4 is full” (01:05:00 UTC)"
    }
