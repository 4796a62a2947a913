"""Faults as the alerts that each of them raised, recorded or made up: what `storms` interleaves.

The made-up shop is no model of MicroSS: two instances a service, three hosts, a fault of one instance that its own
metrics show, that its callers report upward and that a few bystanders answer with noise. It needs no data, so that
`make bench` and a test can use it; accuracy is to be judged on recordings.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from aiops.correlate.topology import Topology, read
from aiops.recording import Recording
from aiops.recording.rows import opened
from aiops.types import Alert, Edge

CALLS = {
    "frontend": ("shop",), "shop": ("cart", "orders", "search"), "cart": ("store",), "orders": ("store", "payments"),
    "search": ("index",), "payments": ("ledger",), "store": (), "index": (), "ledger": (),
}  # fmt: skip
HOSTS = 3
METRICS = tuple(f"{what}_{how}" for what in ("cpu", "memory", "disk", "network") for how in ("used", "rate", "share"))


@dataclass(frozen=True, slots=True)
class Outage:
    """One fault: its alerts in order of time, perhaps none, and the topology of the shop it happened in."""

    alerts: tuple[Alert, ...]
    edges: tuple[Edge, ...]


def recorded(folder: Path) -> list[Outage]:
    """The faults of all recordings in a folder, by name."""
    found = []
    for path in sorted(one for one in folder.iterdir() if one.is_dir()):
        file, rows = Recording(path).file("alerts.ndjson"), []
        if file is not None:
            with opened(file) as stream:
                rows = [msgspec.json.decode(line, type=Alert) for line in stream.read().splitlines() if line.strip()]
        rows.sort(key=lambda one: one.timestamp)
        found.append(Outage(tuple(rows), tuple(read(path / "topology.csv"))))
    return found


def made_up(count: int, seed: int = 1) -> list[Outage]:
    """Faults of instances of a shop, drawn at random."""
    rng, edges = random.Random(seed), _shop()
    topology = Topology(edges)
    instances = [edge.target for edge in edges if edge.kind == "serves"]
    return [Outage(tuple(_fault(rng, instances, topology)), edges) for _ in range(count)]


def _shop() -> tuple[Edge, ...]:
    edges = [Edge(caller, callee) for caller, callees in CALLS.items() for callee in callees]
    for i, service in enumerate(CALLS):
        for number in (1, 2):
            edges.append(Edge(service, f"{service}-{number}", "serves"))
            edges.append(Edge(f"{service}-{number}", f"host-{(i + number) % HOSTS}", "runs_on"))
    return tuple(edges)


def _fault(rng: random.Random, instances: Sequence[str], topology: Topology) -> list[Alert]:
    root = rng.choice(instances)
    service = root.rpartition("-")[0]
    found = [Alert(timestamp=rng.uniform(0, 60), entity=root, name=name) for name in rng.sample(METRICS, 5)]
    hurt = topology.reaches_up(service, set(CALLS))
    for depth, caller in enumerate([service, *hurt]):
        for number in (1, 2):
            for callee in CALLS[caller]:
                if callee in (service, *hurt):
                    at, peer = rng.uniform(10, 60) + 10 * depth, f"{callee}-{rng.randint(1, 2)}"
                    fails = Alert(
                        timestamp=at,
                        entity=f"{caller}-{number}",
                        peer=peer,
                        severity="error",
                        name=f"status 500 of {callee}",
                    )
                    found += [fails, replace(fails, timestamp=at + 1, name=f"latency of {callee}", severity="")]
    bystanders = rng.sample(instances, 6)
    found += [Alert(timestamp=rng.uniform(0, 180), entity=one, name=rng.choice(METRICS)) for one in bystanders]
    return sorted(found, key=lambda one: (one.timestamp, one.entity, one.name))
