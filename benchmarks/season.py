"""A model whose input swings by the day and differs at the weekend: one reference for all hours, and one for each.

Ten columns, 1,800 rows an hour, simulated for twelve days and ten hours without a fault, then half a day in which one
column lies .3 deviations higher. Printed: the worst surprise of the clean days that may alert (6 does), after how many
hours the shift is found, and what is found besides.

    python -m benchmarks.season [SEEDS]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import numpy as np

from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.reference import Value, freeze, measure

STEP, ROWS, DAY = 120.0, 60, 86_400.0
START = 1_760_000_000.0
WARM, CLEAN, SHIFTED = 34, int(12.4 * 720), 360
ALERT, MOVED, SHIFT = 6.0, "n1", 0.3


def measured(seed: int, *, seasonal: bool) -> dict[str, float | None]:
    """`worst`, `found_hours` (None = not at all), `others` (alerts of columns that did not shift)."""
    rng = np.random.default_rng(seed)
    steps = _steps(rng)
    warm = [next(steps) for _ in range(WARM)]
    joined = {name: [value for _, rows in warm for value in rows[name]] for name in warm[0][1]}
    features = [one for name in joined if (one := freeze(name, joined[name], roomy=seasonal)) is not None]
    names = [one.name for one in features]
    counts, widths = stack([one.counts for one in features]), [one.width for one in features]
    watch = DriftWatch(counts, widths, timezone="UTC" if seasonal else None)
    worst, others, found = 0.0, 0, None
    for k, (at, rows) in enumerate(steps):
        watch.add(at, STEP, ROWS, stack([measure(one, rows[one.name]).counts for one in features]))
        alerts = {name for name, surprise in zip(names, watch.surprise, strict=True) if surprise >= ALERT}
        if k < CLEAN - WARM:
            worst = max(worst, float(watch.surprise.max()))
            continue
        others += len(alerts - {MOVED})
        if found is None and MOVED in alerts:
            found = (k - CLEAN + WARM) * STEP / 3_600.0
    return {"worst": worst, "found_hours": found, "others": others}


def _steps(rng: np.random.Generator) -> Iterator[tuple[float, dict[str, list[Value]]]]:
    for k in range(CLEAN + SHIFTED):
        at = START + k * STEP
        day = np.sin(2.0 * np.pi * (at + np.arange(ROWS) * STEP / ROWS) / DAY)
        weekend = 0.5 * ((at // DAY + 3) % 7 >= 5)
        shift = SHIFT if k >= CLEAN else 0.0
        rows: dict[str, list[Value]] = {
            name: rng.normal((j % 3) / 2.0 * day + weekend + shift * (name == MOVED), 1.0).tolist()
            for j, name in enumerate(f"n{j}" for j in range(8))
        }
        rows["channel"] = np.where(rng.random(ROWS) < 0.3 + 0.25 * day, "app", "web").tolist()
        rows["amount"] = np.exp(rng.normal(day, 1.0)).tolist()
        yield at, rows


if __name__ == "__main__":
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 2):
        for by_hour in (False, True):
            print(json.dumps({"seed": number, "seasonal": by_hour, **measured(number, seasonal=by_hour)}))
