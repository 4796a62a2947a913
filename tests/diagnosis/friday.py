"""A made-up night of a shop, as a recording: the example of docs/cause.md.

    python -m tests.diagnosis.friday recordings/friday

At 02:13 a deploy of `inventory` lets connections leak; six minutes later its pool is empty. Those that call it wait and
fail, the search beside it is busy for reasons of its own, and two other changes have nothing to do with it.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

NIGHT = 1_778_198_400.0  # 2026-05-08 00:00 UTC
DEPLOYED, BEGAN, ENDS, STEP = 2 * 3600.0 + 780.0, 2 * 3600.0 + 1140.0, 3 * 3600.0, 30.0
CALLS = (
    ("storefront", "catalogue"), ("storefront", "checkout"), ("storefront", "search"), ("storefront", "cart"),
    ("catalogue", "catalogue-db"), ("search", "search-index"), ("cart", "inventory"), ("checkout", "inventory"),
    ("checkout", "payment"), ("checkout", "mail"), ("inventory", "inventory-db"), ("payment", "bank"),
)  # fmt: skip
USUAL = {
    "storefront": 0.21, "catalogue": 0.05, "checkout": 0.16, "search": 0.08, "cart": 0.06, "inventory": 0.03,
    "payment": 0.12, "mail": 0.04,
}  # fmt: skip
"""Seconds of an answer, 95th percentile."""
SLOWER = {"inventory": 2.4, "checkout": 2.6, "cart": 2.5, "storefront": 2.7}
FAILS = {"inventory": 31.0, "checkout": 24.0, "cart": 18.0, "storefront": 9.0}
"""Percent."""
CHANGES = (
    (3_000.0, "deploy", "search", "deploy-811", "search 5.2.0: synonyms of size names", ["search/synonyms.py"]),
    (
        DEPLOYED, "deploy", "inventory", "4f2a", "inventory 2.9.1: keep a reservation's connection until it is paid",
        ["inventory/reservation.py", "inventory/pool.py"],
    ),
    (DEPLOYED + 900.0, "flag", "mail", "flag-17", "receipts with pictures", []),
)  # fmt: skip
Row = tuple[float, str, str, float]


def rows() -> Iterator[Row]:
    """(time, entity, metric, value), each series of its own noise."""
    rng = np.random.default_rng(26)
    times = np.arange(0.0, ENDS, STEP)
    hurt = np.clip((times - BEGAN) / 120.0, 0.0, 1.0)
    for entity, usual in USUAL.items():
        slow = SLOWER.get(entity, 0.0) * hurt
        yield from _series(
            times, entity, "http_duration_p95_seconds", usual * rng.lognormal(0, 0.06, len(times)) + slow
        )
        failed = rng.gamma(2.0, 0.1, len(times)) + FAILS.get(entity, 0.0) * hurt
        yield from _series(times, entity, "http_errors_percent", failed)
        yield from _series(times, entity, "cpu_percent", rng.normal(34 if entity == "search" else 22, 2.0, len(times)))
    used = np.clip(12 + rng.normal(0, 1.5, len(times)) + np.clip((times - DEPLOYED) / 7.0, 0.0, 60.0), 0, 64)
    yield from _series(times, "inventory", "db_pool_connections_used", used)
    busy = rng.normal(41, 2.5, len(times)) + 22 * (times >= BEGAN + 90)
    yield from _series(times, "search-index", "cpu_percent", busy)


def _series(times: np.ndarray, entity: str, metric: str, value: np.ndarray) -> Iterator[Row]:
    return ((NIGHT + at, entity, metric, round(one, 4)) for at, one in zip(times.tolist(), value.tolist(), strict=True))


def lines() -> Iterator[dict[str, object]]:
    """What inventory logs: a reservation now and then, and since it began that there is no connection left."""
    for at in np.arange(0.0, ENDS, 10.0).tolist():
        bad = at >= BEGAN and at % 20 == 0
        body = "no connection left in pool of 64 after 5000 ms: reservation" if bad else "reservation kept"
        yield {
            "timestamp": NIGHT + at, "entity": "inventory", "severity": "ERROR" if bad else "INFO",
            "body": f"{body} r-{int(at) * 7919 % 100_003}",
        }  # fmt: skip


def write(folder: Path) -> Path:
    """Write the recording."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "metrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("timestamp", "entity", "metric", "value"), *rows()])
    with (folder / "topology.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("source", "target", "kind"), *((a, b, "calls") for a, b in CALLS)])
    (folder / "logs.ndjson").write_text("".join(json.dumps(one) + "\n" for one in lines()))
    with (folder / "changes.ndjson").open("w") as file:
        for at, kind, entity, name, summary, files in CHANGES:
            told = {"timestamp": NIGHT + at, "kind": kind, "entity": entity, "id": name, "summary": summary}
            file.write(json.dumps({**told, "files": files}) + "\n")
    alert = {"timestamp": NIGHT + BEGAN + 240, "entity": "storefront", "name": "HighErrorRate"}
    (folder / "alerts.ndjson").write_text(json.dumps(alert) + "\n")
    (folder / "case.json").write_text(json.dumps({"alerted": "storefront", "interval_seconds": STEP}))
    return folder


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
