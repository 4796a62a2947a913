"""Small lasting shifts are found; quiet series are not."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.shift import OVERSHOOT, Shift
from detectors.testing import run
from tests.detectors.families import QUIET


@pytest.mark.parametrize("family", ["gaussian", "student_5", "autoregressive", "counts", "constant", "sparse_counts"])
def test_quiet_series_stay_quiet(family: str) -> None:
    x = QUIET[family](np.random.default_rng(1), 9_000, 100)
    detector = Shift()
    surprise = run(detector, detector.init(100), x)[0][1_000:]
    assert (surprise >= 6.0).mean() < 1e-4


def test_a_shift_of_one_and_a_half_sigma_is_found_within_forty_columns() -> None:
    x = QUIET["gaussian"](np.random.default_rng(1), 3_050, 60)
    x[3_000:] += 7.5
    detector = Shift()
    surprise = run(detector, detector.init(60), x)[0][3_000:]
    assert (surprise >= 6.0).any(axis=0)[:60].mean() > 0.95


def test_a_single_spike_is_not_a_shift() -> None:
    x = QUIET["gaussian"](np.random.default_rng(1), 3_050, 60)
    x[3_000] += 500.0
    detector = Shift()
    assert run(detector, detector.init(60), x)[0][3_000:].max() < 6.0


def exponent(variance: float, skew: float) -> float:
    variance, third = max(variance, 0.2), max(skew, 1e-6) / 3.0
    return ((variance * variance / 4.0 + third) ** 0.5 - variance / 2.0) / third


def test_the_sums_agree_with_a_plain_loop() -> None:
    x = QUIET["gaussian"](np.random.default_rng(2), 600, 1)
    detector = Shift()
    state = detector.init(1)
    level = scale = together = square = cube = before = up = down = 0.0
    for seen, value in enumerate(x[:, 0]):
        surprise, _ = detector.update(state, np.array([value]), seen)
        error = value - level
        z = min(max(error / max(1.2533 * scale, np.float32(0.001) * abs(level), 1e-9), -4.0), 4.0)
        memory = (1 + (r := min(max(together / max(square, 1e-9), 0.0), 0.97))) / (1 - r)
        score = 0.0
        if seen >= 240:
            up, down = max(up + z - 0.5, 0.0), max(down - z - 0.5, 0.0)
            total = max(
                up * exponent(square * memory, cube * memory**2), down * exponent(square * memory, -cube * memory**2)
            )
            if total > 0.0:
                score = max((total + OVERSHOOT) / np.log(10.0) - np.log10(2.0), 0.0)
            assert abs(surprise[0] - score) < 1e-9
        rate = max(1.0 - 0.5 ** (1.0 / 2_000.0), 1.0 / (seen + 1.0)) * (0.1 if score > 4.5 else 0.3 if score > 3 else 1)
        bounded = min(abs(error), 6.0 * scale) if seen > 20 and scale > 0 else abs(error)
        level, scale = level + rate * error, scale + rate * (bounded - scale)
        together, square = together + rate * (z * before - together), square + rate * (z * z - square)
        cube += rate * (z**3 - cube)
        before = z
