"""The error budget."""

from __future__ import annotations

import numpy as np

from detectors.burn_rate import BurnRate
from detectors.protocol import Floats
from detectors.testing import run


def score(share: list[tuple[float, int]], total: float = 1_000.0) -> Floats:
    """Surprise of stretches of (share of errors, columns)."""
    errors = np.concatenate([np.full(columns, total * part) for part, columns in share])
    x = np.stack([errors, np.full(len(errors), total)], axis=1)[:, None, :]
    detector = BurnRate()
    return run(detector, detector.init(1), x)[0][:, 0]


def test_errors_within_the_budget_never_page() -> None:
    assert score([(0.001, 3_000)]).max() < 3.0


def test_a_fast_burn_pages_once_both_windows_burn_and_ends_soon_after_it() -> None:
    surprise = score([(0.0, 1_440), (0.2, 100), (0.0, 60)])
    fired = np.flatnonzero(surprise >= 6.0)
    assert 1_440 <= fired[0] < 1_440 + 40
    # The short window forgets a 0.2 share within 5 min * ln(0.2 / 0.0144).
    assert fired[-1] < 1_540 + 60


def test_a_slow_burn_is_found_by_the_long_pair() -> None:
    assert score([(0.0, 5_760), (0.009, 2_880)])[-1] >= 6.0
    assert score([(0.0, 5_760), (0.004, 2_880)])[-1] < 6.0


def test_a_few_requests_at_night_do_not_page() -> None:
    detector = BurnRate()
    x = np.zeros((400, 1, 2))
    x[::40, 0, 1] = 1.0
    x[200, 0, 0] = 1.0
    assert run(detector, detector.init(1), x)[0].max() < 3.0


def test_the_windows_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    x = np.stack([rng.poisson(3, 500), rng.poisson(900, 500)], axis=1).astype(np.float64)
    detector = BurnRate()
    state = detector.init(1)
    sums = [0.0] * 4
    for at, (errors, _) in enumerate(x):
        detector.update(state, x[at][None], at)
        sums = [
            kept * np.exp(-15.0 / window) + errors for kept, window in zip(sums, (3600, 300, 21600, 1800), strict=True)
        ]
    np.testing.assert_allclose(state["errors"][0], sums, rtol=1e-9)
