"""Scored rows from record to finding under the shipped rules: what is said of days without a fault, how soon of one.

A calibrated classifier with nine features and five groups, 30 rows a minute, each with its label, wrong in 6 of 100
rows. Printed for each seed: findings by rule in the clean days (those of severity `info` page nobody), and after how
many labelled rows each rule that pages fires once the model is wrong in 22, or in 12, of 100 rows instead.

    python -m benchmarks.model_quiet [DAYS [SEEDS]]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np

from aiops.detect.partition import Settings
from aiops.detect.rule import load_rules
from aiops.pipeline import Pipeline
from aiops.types import Records

STEP, ROWS = 60.0, 30
START = 1_760_000_400.0
USUAL, WORSE = 0.06, (0.22, 0.12)
AFTER_STEPS = 240
PARTITION = "bus/rows/0"


def measured(seed: int, days: float) -> dict[str, object]:
    """Findings of clean days, and labelled rows from each rise of the error rate to each rule that pages."""
    rules = tuple(load_rules(["model"]))
    paging = {rule.id for rule in rules if rule.severity == "page"}
    clean = round(days * 86_400.0 / STEP)
    found: dict[str, object] = {"seed": seed, "days": days}
    for worse in WORSE:
        pipeline = Pipeline(Settings(STEP, 0.0, 2.0, rules))
        quiet: Counter[str] = Counter()
        rows: dict[str, int] = {}
        for s, body in enumerate(_bodies(np.random.default_rng(seed), clean, worse)):
            fired = pipeline.step([Records.many(PARTITION, [body], s + 1, first_offset=s)], START + 1e9).findings
            if s < clean:
                quiet += fired
            else:
                rows |= {rule: (s - clean + 1) * ROWS for rule in fired if rule in paging and rule not in rows}
        found["clean"] = dict(sorted(quiet.items()))
        found[f"rows until told of {USUAL:.2f} to {worse:.2f}"] = dict(sorted(rows.items()))
    return found


def _bodies(rng: np.random.Generator, clean: int, worse: float) -> Iterator[bytes]:
    for s in range(clean + AFTER_STEPS):
        at, wrong = START + s * STEP, worse if s >= clean else USUAL
        x, said = rng.normal(size=(ROWS, 9)), rng.integers(0, 2, ROWS)
        sure = rng.beta(15.0 * (1.0 - USUAL), 15.0 * USUAL, ROWS)
        # Whoever is less often right than it thinks: what it says of itself stays.
        right = rng.random(ROWS) < sure * (1.0 - wrong) / (1.0 - USUAL)
        rows = [
            {
                "type": "prediction", "timestamp": at + i, "model": "claims", "version": "1", "id": f"{s}-{i}",
                "features": {f"x{j}": value for j, value in enumerate(x[i].tolist())}, "prediction": int(said[i]),
                "proba": float(sure[i] if said[i] else 1.0 - sure[i]), "group": "abcde"[i % 5],
                "label": int(said[i] if right[i] else 1 - said[i]),
            }
            for i in range(ROWS)
        ]  # fmt: skip
        yield msgspec.json.encode(rows)


if __name__ == "__main__":
    for number in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        print(json.dumps(measured(number, float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)))
