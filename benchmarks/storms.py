"""Alert storms: the faults of MicroSS interleaved into one stream, and the incidents that the correlator makes of it.

    python -m benchmarks.storms --data RECORDINGS

`make bench`, which has no recordings, runs the hard setting on faults that are made up (`outage`).
`RECORDINGS` holds `alerts-MicroSS/` (152 recordings with `alerts.ndjson` and `topology.csv`). Their faults are spread
over copies of the shop that run in one estate side by side, behind one entrance. Two settings: *easy*, eight shops,
which rest for a quarter of an hour between two faults; *hard*, three shops, in which the next fault begins between two
minutes before and a quarter of an hour after the end of the last.
Each alert goes through the same conversion and the same `Correlator` as a live one, and ends with its fault.

One incident per fault, counted against us where in doubt: a fault has one incident of its own if every alert of it is
in one incident, and no alert of another fault is in that incident. Purely counted, ARI and pairwise F1 are over alerts.
Faults without a single alert are left out, since nobody could group them; their number is printed.

Throughput: alerts over process CPU seconds of `Correlator.add` and `advance`, columns of 15 s.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from aiops.correlate import reported
from aiops.correlate.allowance import Allowance
from aiops.correlate.correlator import Correlator, Lesson
from aiops.correlate.topology import Topology
from aiops.types import Alert, Edge, Incident
from benchmarks.outage import Outage, made_up, recorded

STEP_SECONDS, SEED, MADE_UP = 15.0, 1, 100
ENTRANCE = "entrance"


@dataclass(frozen=True, slots=True)
class Setting:
    """How many shops there are, and how long each rests between two faults, least and most seconds."""

    cells: int
    rest: tuple[float, float]


EASY, HARD = Setting(8, (900.0, 900.0)), Setting(3, (-120.0, 900.0))


@dataclass(frozen=True, slots=True)
class Storm:
    """A stream of alerts and the truth about it.

    Attributes
    ----------
    alerts : in order of time, each with the number of its fault.
    """

    alerts: tuple[tuple[Alert, int], ...]
    edges: tuple[Edge, ...]
    faults: int
    silent: int


def storm(outages: Sequence[Outage], setting: Setting) -> Storm:
    """Interleave faults."""
    rng = random.Random(SEED)
    clock = [rng.uniform(0, setting.rest[1]) + 1.7e9 for _ in range(setting.cells)]
    alerts: list[tuple[Alert, int]] = []
    edges: set[Edge] = set()
    for fault, outage in enumerate(rng.sample(outages, len(outages))):
        cell = min(range(setting.cells), key=lambda one: (clock[one], one))
        edges |= {_moved_edge(edge, cell) for edge in outage.edges}
        edges.add(Edge(ENTRANCE, _named("frontend", cell)))
        if outage.alerts:
            begin, end = outage.alerts[0].timestamp, outage.alerts[-1].timestamp
            shift = clock[cell] - begin
            alerts += [(_moved(one, cell, shift), fault) for one in outage.alerts]
            clock[cell] += end - begin + rng.uniform(*setting.rest)
    alerts.sort(key=lambda one: (one[0].timestamp, one[1], msgspec.json.encode(one[0])))
    silent = sum(not one.alerts for one in outages)
    return Storm(tuple(alerts), tuple(sorted(edges, key=str)), len(outages) - silent, silent)


def grouped(found: Storm, correlator: Correlator) -> tuple[list[str], float]:
    """Incident of each alert, in the order of the storm, and CPU seconds spent."""
    correlator.learn(Lesson(found.alerts[0][0].timestamp - STEP_SECONDS, list(found.edges)))
    last = {fault: one.timestamp for one, fault in found.alerts}
    columns: dict[float, list[Alert]] = defaultdict(list)
    for one, fault in found.alerts:
        columns[one.timestamp // STEP_SECONDS * STEP_SECONDS].append(one)
        end = msgspec.structs.replace(one, timestamp=last[fault] + STEP_SECONDS, status="resolved")
        columns[end.timestamp // STEP_SECONDS * STEP_SECONDS].append(end)
    told: list[Incident] = []
    began = time.process_time()
    for at in sorted(columns):
        correlator.learn(Lesson(at, reported.edges(columns[at])))
        correlator.add(reported.findings(columns[at], "storm", at + STEP_SECONDS))
        told += (one for moved in correlator.advance(float("inf")) for one in moved.incidents)
    spent = time.process_time() - began
    home = {(finding.fingerprint, finding.started): one.id for one in told for finding in one.findings}
    keys = [reported.findings([one], "storm", one.timestamp)[0] for one, _ in found.alerts]
    return [home.get((key.fingerprint, key.started), "none") for key in keys], spent


def agreement(truth: Sequence[int], found: Sequence[str]) -> dict[str, float]:
    """Adjusted Rand index, pairwise F1, and the share of groups that are exactly one incident.

    References
    ----------
    Hubert and Arabie (1985), Journal of Classification 2:193.
    """
    both = _pairs(Counter(zip(truth, found, strict=True)).values())
    ours, theirs, every = _pairs(Counter(found).values()), _pairs(Counter(truth).values()), _pairs([len(truth)])
    chance = ours * theirs / every
    incidents: dict[int, set[str]] = defaultdict(set)
    faults: dict[str, set[int]] = defaultdict(set)
    for fault, incident in zip(truth, found, strict=True):
        incidents[fault].add(incident)
        faults[incident].add(fault)
    alone = [len(own) == 1 and len(faults[min(own)]) == 1 for own in incidents.values()]
    return {
        "ARI": (both - chance) / ((ours + theirs) / 2 - chance),
        "pairwise F1": 2 * both / (ours + theirs),
        "one incident per fault": float(np.mean(alone)),
        "incidents": float(len(faults)),
    }


def measure() -> dict[str, float]:
    """Figures of a hard storm of made-up faults: what `make bench` prints."""
    found = measured(made_up(MADE_UP), HARD)
    names = {"storm_alerts_per_second": "alerts per second", "storm_ari": "ARI", "storm_f1": "pairwise F1"}
    return {key: found[name] for key, name in names.items()}


def measured(outages: Sequence[Outage], setting: Setting) -> dict[str, float]:
    """What becomes of a storm of `outages`."""
    found = storm(outages, setting)
    incidents, spent = grouped(found, Correlator(Topology(), Allowance(2.0, {})))
    return {
        "faults": float(found.faults),
        "faults without an alert": float(found.silent),
        "alerts": float(len(found.alerts)),
        **agreement([fault for _, fault in found.alerts], incidents),
        "alerts per second": len(found.alerts) / spent,
    }


def _pairs(sizes: Iterable[int]) -> float:
    return float(sum(size * (size - 1) / 2 for size in sizes))


def _named(name: str, cell: int) -> str:
    return f"{name}@{cell}" if name else ""


def _moved_edge(edge: Edge, cell: int) -> Edge:
    return Edge(_named(edge.source, cell), _named(edge.target, cell), edge.kind)


def _moved(one: Alert, cell: int, shift: float) -> Alert:
    names = {key: _named(getattr(one, key), cell) for key in ("entity", "peer", "host")}
    return msgspec.structs.replace(one, timestamp=one.timestamp + shift, **names)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Incidents of interleaved faults.")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds alerts-MicroSS/")
    outages = recorded(parser.parse_args().data / "alerts-MicroSS")
    figures = {name: measured(outages, setting) for name, setting in (("easy", EASY), ("hard", HARD))}
    print(f"{'':28}" + "".join(f"{name:>12}" for name in figures))
    for row in figures["easy"]:
        print(f"{row:28}" + "".join(f"{found[row]:12,.3f}" for found in figures.values()))
    print(
        json.dumps(
            {name: {row: float(f"{value:.6g}") for row, value in found.items()} for name, found in figures.items()}
        )
    )


if __name__ == "__main__":
    main()
