"""Series on which nothing happens, of the kinds that monitoring meets. Shape (w, n), seeded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator
DAY = 5_760


def _autoregressive(rng: Rng, w: int, n: int) -> Floats:
    x = rng.normal(0.0, 1.0, (w, n))
    for i in range(1, w):
        x[i] += 0.9 * x[i - 1]
    return 20.0 + x


def _sine(rng: Rng, w: int, n: int) -> Floats:
    phase = rng.random(n) * 6.28
    return 100.0 + 30.0 * np.sin(6.2832 * np.arange(w)[:, None] / DAY + phase) + rng.normal(0.0, 3.0, (w, n))


QUIET: dict[str, Callable[[Rng, int, int], Floats]] = {
    "gaussian": lambda rng, w, n: rng.normal(100.0, 5.0, (w, n)),
    "student_5": lambda rng, w, n: 50.0 + rng.standard_t(5, (w, n)),
    "lognormal": lambda rng, w, n: rng.lognormal(0.0, 1.0, (w, n)),
    "autoregressive": _autoregressive,
    "sparse_counts": lambda rng, w, n: rng.poisson(0.2, (w, n)).astype(np.float64),
    "counts": lambda rng, w, n: rng.poisson(10.0, (w, n)).astype(np.float64),
    "constant": lambda rng, w, n: np.full((w, n), 7.3),
    "zero_inflated": lambda rng, w, n: np.where(rng.random((w, n)) < 0.9, 0.0, rng.lognormal(2.0, 0.5, (w, n))),
    "sine": _sine,
}
