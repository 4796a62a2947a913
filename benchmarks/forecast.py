"""Does the interval of a forecast hold the true time, and is a surprise of 3 on steady buckets one in a thousand?

    python -m benchmarks.forecast

Simulated: 60 ramps of ten hours after twelve flat ones for each kind and size of noise and each of three seeds, asked
every quarter of an hour while the surprise is at least 6; 100 histograms of Poisson buckets for 2,000 columns.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from detectors.bucket import BUCKETS, OPEN
from detectors.exhaustion import Exhaustion
from detectors.histogram import Histogram
from detectors.protocol import Floats

HOUR = 240
BOUNDS = np.array([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])


def coverage(kind: str, spread: float, seeds: int = 3, n: int = 60) -> tuple[float, int]:
    """Share of the questions to which the interval holds the answer, and their number."""
    base = np.concatenate([np.full(12 * HOUR, 100.0), 100.0 - 10.0 * np.arange(18 * HOUR) / HOUR])[:, None]
    held = asked = 0
    for seed in range(seeds):
        noise = np.random.default_rng(seed).normal(0.0, spread, (len(base), n))
        x = base + (noise if kind == "line" else np.cumsum(noise / 8.0, axis=0))
        reached = np.where((x <= 0.0).any(axis=0), (x <= 0.0).argmax(axis=0), len(x) + HOUR)
        detector = Exhaustion()
        state = detector.init(n)
        for at, column in enumerate(x):
            detector.update(state, column, at)
            if at > 14 * HOUR and (at + 1) % 60 == 0:
                _, early, late = detector.estimate(state)
                left = 15.0 * (reached - at)
                ask = (left > 0.0) & (state["score"] >= 6.0)
                held += int((ask & (early <= left) & (left <= late)).sum())
                asked += int(ask.sum())
    return held / max(asked, 1), asked


def lead(hours: int, seen: int) -> float:
    """Hours before its end at which a ramp of `hours`, after `seen` flat ones, is told; noise 0.1 %."""
    base = np.concatenate([np.full(seen * HOUR, 100.0), 100.0 - 100.0 / hours * np.arange(hours * HOUR) / HOUR])
    x = base[:, None] + np.random.default_rng(0).normal(0.0, 0.1, (len(base), 20))
    detector = Exhaustion()
    state = detector.init(20)
    told = np.array([detector.update(state, column, at)[0] >= 6.0 for at, column in enumerate(x)])
    return float(np.median(len(x) - told.argmax(axis=0))) / HOUR


def nominal(rate: float, direction: float, columns: int = 2_000, n: int = 100) -> float:
    """Share of columns at a surprise of 3 and more, in thousandths."""
    detector, rng = Histogram(), np.random.default_rng(1)
    state, x, found = detector.init(n), np.empty((n, 2 * BUCKETS)), []
    for name, value in (("quantile", 0.0), ("direction", direction), ("min_trials", 5.0)):
        state[f"p_{name}"][:] = value
    x[:, BUCKETS:] = np.pad(BOUNDS, (0, BUCKETS - len(BOUNDS)), constant_values=OPEN)
    for at in range(columns):
        x[:, :BUCKETS] = rng.poisson(rate * _shares(), (n, BUCKETS))
        found.append(detector.update(state, x, at)[0])
    surprise = np.array(found)
    return 1e3 * float((surprise[~np.isnan(surprise)] >= 3.0).mean())


def _shares() -> Floats:
    edges = np.concatenate([[0.0], ndtr(np.log(BOUNDS / 0.08) / 0.8), [1.0]])
    return np.asarray(np.pad(np.diff(edges), (0, BUCKETS - len(BOUNDS) - 1)))


def main() -> None:
    """Print all tables."""
    for hours in (2, 5, 24):
        known, new = lead(hours, 24), lead(hours, 4)
        print(f"a fall of {hours} h is told {known:.1f} h before its end; of a new series {new:.1f}")
    for kind in ("line", "walk"):
        for spread in (0.1, 0.5, 2.0):
            share, asked = coverage(kind, spread)
            print(f"noise around a {kind}, {spread:g} % a sample: {share:.3f} of {asked} intervals hold the true time")
    for rate in (2.0, 20.0, 200.0, 5_000.0):
        up, both = nominal(rate, 1.0), nominal(rate, 0.0)
        print(f"{rate:g} counts a column: surprise 3 in {up:.2f} thousandths upward, {both:.2f} either way")


if __name__ == "__main__":
    main()
