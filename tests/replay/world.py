"""Two hours of six services on three partitions, with a fault that pages: what the promises about replay are held to.

A deploy of `orders` makes it fail; `web`, which calls it, fails with it a little. Their counters travel on different
partitions, and the topology that joins them travels in spans on a third. Values carry float noise on purpose: a sum
taken in another order shows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiops.types import Records

STEP = 15.0
START = 1_760_000_400.0
STEPS = 480
FAULT, FAULT_END = 340, 352
SERVICES = ("assistant", "fraud", "orders", "orders-db", "payments", "web")
CALLS = (("web", "orders"), ("orders", "orders-db"), ("web", "payments"), ("payments", "fraud"), ("web", "assistant"))
METRICS = {name: f"bus/metrics/{i % 2}" for i, name in enumerate(SERVICES)}
EVENTS = "bus/events/0"
PARTITIONS = ("bus/events/0", "bus/metrics/0", "bus/metrics/1")


@dataclass(frozen=True, slots=True)
class Message:
    """One Kafka message: `time` is the newest event time in it."""

    partition: str
    time: float
    body: bytes


def messages(steps: int = STEPS, seed: int = 1) -> list[Message]:
    """All messages, in order of time."""
    return list(_messages(steps, random.Random(seed)))


def _messages(steps: int, rng: random.Random) -> Iterator[Message]:
    totals = {(name, code): 0 for name in SERVICES for code in ("200", "500")}
    for k in range(steps):
        at = START + k * STEP
        for name in SERVICES:
            yield _json(METRICS[name], at + 1 + rng.random(), _metrics(name, k, at + 1, totals, rng))
        yield _json(EVENTS, at + 3, _logs(k, at + 3, rng))
        yield _json(EVENTS, at + 5, _spans(k, at + 5, rng))
        yield _json(EVENTS, at + 7, [_prediction(k, i, at + 7, rng) for i in range(6)])
        if k == FAULT - 6:
            change = {"type": "change", "kind": "deploy", "id": "orders-v42", "entity": "orders", "summary": "v42"}
            yield _json(EVENTS, at + 9, [{**change, "timestamp": at + 9}])


def failing(name: str, k: int) -> float:
    """Share of requests that fail."""
    if FAULT <= k < FAULT_END and name in ("orders", "web"):
        return 0.35 if name == "orders" else 0.15
    return 0.002


def _metrics(name: str, k: int, at: float, totals: dict[tuple[str, str], int], rng: random.Random) -> list[Any]:
    requests = 300 + rng.randrange(40)
    failed = sum(rng.random() < failing(name, k) for _ in range(requests))
    totals[name, "200"] += requests - failed
    totals[name, "500"] += failed
    where = {"service_name": name, "host_name": f"h-{name}"}
    found = [
        _metric(at, "http_server_requests_total", {**where, "code": code}, totals[name, code])
        for code in ("200", "500")
        # No error has been counted yet: a series that appears late.
        if totals[name, code]
    ]
    found += [
        _metric(at, "node_cpu_utilisation", {**where, "cpu": str(cpu)}, 0.3 + rng.gauss(0, 0.02)) for cpu in range(3)
    ]
    return found


def _metric(at: float, name: str, labels: dict[str, str], value: float) -> dict[str, Any]:
    return {"type": "metric", "timestamp": at, "name": name, "labels": labels, "value": value}


def _logs(k: int, at: float, rng: random.Random) -> list[Any]:
    lines = [f"request {rng.randrange(10**6)} served in {rng.randrange(90)} ms" for _ in range(4)]
    found = [{"type": "log", "timestamp": at, "entity": rng.choice(SERVICES), "body": line} for line in lines]
    if failing("orders", k) > 0.1:
        body = f"connection to orders-db lost after {rng.randrange(9000)} ms"
        found.append({"type": "log", "timestamp": at, "entity": "orders", "severity": "ERROR", "body": body})
    return found


def _spans(k: int, at: float, rng: random.Random) -> list[Any]:
    found = []
    for number, (caller, callee) in enumerate(CALLS):
        trace, outer, inner = f"{k:016x}{number:016x}", f"{2 * k:012x}{number:04x}", f"{2 * k + 1:012x}{number:04x}"
        seconds = 0.05 + abs(rng.gauss(0, 0.01))
        status = "error" if rng.random() < failing(callee, k) else "ok"
        common = {"type": "span", "timestamp": at, "trace_id": trace, "status": status}
        found.append({**common, "span_id": outer, "entity": caller, "name": "call", "duration_s": seconds * 1.2})
        found.append(
            {**common, "span_id": inner, "parent_id": outer, "entity": callee, "name": "serve", "duration_s": seconds}
        )
    return found


def _prediction(k: int, i: int, at: float, rng: random.Random) -> dict[str, Any]:
    features = {"amount": rng.gauss(50, 9), "country": rng.choice("ABC")}
    row = {"type": "prediction", "timestamp": at, "model": "fraud", "version": "1", "id": f"{k}-{i}"}
    return {**row, "features": features, "prediction": int(rng.random() < 0.1)}


def _json(partition: str, time: float, rows: list[Any]) -> Message:
    return Message(partition, time, json.dumps(rows).encode())


def records(found: list[Message], first_offset: dict[str, int] | None = None) -> list[Records]:
    """Messages as one batch, a `Records` for each partition; positions count messages."""
    first = first_offset or {}
    batch = []
    for partition in dict.fromkeys(one.partition for one in found):
        bodies = [one.body for one in found if one.partition == partition]
        begin = first.get(partition, 0)
        batch.append(Records.many(partition, bodies, begin + len(bodies), first_offset=begin))
    return batch
