"""One drift window of 10,000 rows and 50 features: scipy's ks_2samp per feature, and our frozen bins, side by side.

Ours counts the window into the reference's 32 bins and gives G-test, PSI and KS; the peer gives KS. In turns, in
process CPU time. The reference is binned once, as in a daemon, and is not part of either side.

    python -m benchmarks.drift
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np
from scipy.stats import ks_2samp

from detectors.drift import QuantileBins, g_test, ks, psi

ROWS, FEATURES, ROUNDS = 10_000, 50, 5


def measure() -> dict[str, float]:
    """Ratio `drift` (target >= 50) and the milliseconds of both sides."""
    rng = np.random.default_rng(0)
    reference, current = rng.normal(0.0, 1.0, (2, ROWS, FEATURES))
    bins = QuantileBins.fit(reference)
    known = bins.count(reference)

    def ours() -> None:
        counts = bins.count(current)
        g_test(known, counts), psi(known, counts), ks(known, counts)

    def peer() -> None:
        for j in range(FEATURES):
            ks_2samp(reference[:, j], current[:, j])

    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        peer()
        between = time.process_time()
        for _ in range(10):
            ours()
        times.append((between - start, (time.process_time() - between) / 10))
    return {
        "drift": median(slow / fast for slow, fast in times),
        "drift_window_ms": 1e3 * median(fast for _, fast in times),
        "scipy_ks_2samp_ms": 1e3 * median(slow for slow, _ in times),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:40} {value:15,.2f}")
