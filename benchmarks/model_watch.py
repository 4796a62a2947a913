"""Scored rows in the daemon: rows a core-second, and what the watch over a hundred features weighs.

python -m benchmarks.model_watch
"""

from __future__ import annotations

import json
import time

import numpy as np

from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.model import ModelSignal
from aiops.signals.reference import WIDTH
from aiops.types import Prediction

FEATURES, ROWS, STEPS, STEP = 100, 100, 60, 60.0


def measure() -> dict[str, float]:
    """`model_state_bytes` (counts of both windows), `model_saved_bytes`, `model_rows_per_second`."""
    rng = np.random.default_rng(0)
    watch = DriftWatch(stack([[200] * 10 + [0] * (WIDTH - 10)] * FEATURES), [10] * FEATURES)
    for i in range(STEPS):
        counts = np.zeros((FEATURES, WIDTH), np.int64)
        counts[:, :10] = rng.multinomial(ROWS, [0.1] * 10, FEATURES)
        watch.add(STEP * i, STEP, ROWS, counts)
    signal, steps = ModelSignal(STEP), [_rows(rng, STEP * i) for i in range(STEPS)]
    begun = time.process_time()
    for i, rows in enumerate(steps):
        signal.close(STEP * i, rows)
    return {
        "model_state_bytes": float(watch.nbytes),
        "model_saved_bytes": float(len(watch.encode())),
        "model_rows_per_second": STEPS * ROWS / (time.process_time() - begun),
    }


def _rows(rng: np.random.Generator, at: float) -> list[Prediction]:
    values, answers = rng.normal(size=(ROWS, FEATURES)), rng.random(ROWS)
    return [
        Prediction(
            timestamp=at, model="credit", version="1", id=f"{at}-{i}", prediction=int(answers[i] > 0.5),
            proba=float(answers[i]), label=int(answers[i] > 0.5),
            features={f"x{j}": value for j, value in enumerate(values[i].tolist())},
        )
        for i in range(ROWS)
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure()))
