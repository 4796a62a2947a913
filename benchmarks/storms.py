"""Alert storms: the faults of MicroSS interleaved into one stream, and the incidents that the correlator makes of it.

    python -m benchmarks.storms --data RECORDINGS

`RECORDINGS` holds `alerts-MicroSS/` (152 recordings with `alerts.ndjson` and `topology.csv`). Their faults are spread
over `CELLS` copies of the shop that run in one estate side by side, behind one entrance; in each the next fault begins
`REST_SECONDS` after the one before has ended, so that at any time about as many faults go on as there are cells. Each
alert goes through the same conversion and the same `Correlator` as a live one, and ends with its fault.

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
from aiops.correlate.topology import Topology, read
from aiops.recording import Recording
from aiops.recording.rows import opened
from aiops.types import Alert, Edge

CELLS, REST_SECONDS, STEP_SECONDS, SEED = 8, 900.0, 15.0, 1
ENTRANCE = "entrance"


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


def storm(folders: Sequence[Path]) -> Storm:
    """Interleave the recordings in `folders`."""
    rng = random.Random(SEED)
    clock = [rng.uniform(0, REST_SECONDS) + 1.7e9 for _ in range(CELLS)]
    alerts: list[tuple[Alert, int]] = []
    edges: set[Edge] = set()
    silent = 0
    for fault, folder in enumerate(rng.sample(sorted(folders), len(folders))):
        cell = min(range(CELLS), key=lambda one: (clock[one], one))
        edges |= {_moved_edge(edge, cell) for edge in read(folder / "topology.csv")}
        edges.add(Edge(ENTRANCE, _named("frontend", cell)))
        own = _alerts(folder)
        silent += not own
        if own:
            begin, end = own[0].timestamp, own[-1].timestamp
            shift = clock[cell] - begin
            alerts += [(_moved(one, cell, shift), fault) for one in own]
            clock[cell] += end - begin + REST_SECONDS
    alerts.sort(key=lambda one: (one[0].timestamp, one[1], msgspec.json.encode(one[0])))
    return Storm(tuple(alerts), tuple(sorted(edges, key=str)), len(folders) - silent, silent)


def grouped(found: Storm, correlator: Correlator) -> tuple[list[str], float]:
    """Incident of each alert, in the order of the storm, and CPU seconds spent."""
    correlator.learn(Lesson(found.alerts[0][0].timestamp - STEP_SECONDS, list(found.edges)))
    last = {fault: one.timestamp for one, fault in found.alerts}
    columns: dict[float, list[Alert]] = defaultdict(list)
    for one, fault in found.alerts:
        columns[one.timestamp // STEP_SECONDS * STEP_SECONDS].append(one)
        end = msgspec.structs.replace(one, timestamp=last[fault] + STEP_SECONDS, status="resolved")
        columns[end.timestamp // STEP_SECONDS * STEP_SECONDS].append(end)
    spent = 0.0
    home: dict[tuple[int, float], str] = {}
    for at in sorted(columns):
        began = time.process_time()
        correlator.learn(Lesson(at, reported.edges(columns[at])))
        correlator.add(reported.findings(columns[at], "storm", at + STEP_SECONDS))
        moved = correlator.advance(float("inf"))
        spent += time.process_time() - began
        for incident in (one for step in moved for one in step.incidents):
            home |= {(finding.fingerprint, finding.started): incident.id for finding in incident.findings}
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


def measure(data: Path) -> dict[str, float]:
    """Figures of the storm made of the recordings in `data`."""
    folders = [path for path in (data / "alerts-MicroSS").iterdir() if path.is_dir()]
    found = storm(folders)
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


def _alerts(folder: Path) -> list[Alert]:
    file = Recording(folder).file("alerts.ndjson")
    if file is None:
        return []
    with opened(file) as stream:
        rows = [msgspec.json.decode(line, type=Alert) for line in stream.read().splitlines() if line.strip()]
    return sorted(rows, key=lambda one: one.timestamp)


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
    figures = measure(parser.parse_args().data)
    for name, value in figures.items():
        print(f"{name:28}{value:12,.3f}".rstrip("0").rstrip("."))
    print(json.dumps({name: float(f"{value:.6g}") for name, value in figures.items()}))


if __name__ == "__main__":
    main()
