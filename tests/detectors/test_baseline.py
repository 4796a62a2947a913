"""The baseline: quiet on quiet series, loud on faults, and back to normal afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baseline import Baseline
from detectors.baseline_kernel import FIELDS
from detectors.protocol import Floats, State
from detectors.state import put
from detectors.testing import run
from tests.detectors.families import QUIET

WIDTH, SERIES = 9_000, 150


def quiet(family: str, w: int = WIDTH, n: int = SERIES, seed: int = 3) -> Floats:
    return QUIET[family](np.random.default_rng(seed), w, n)


def after_a_fault(x: Floats, at: int, direction: float = 0.0) -> tuple[Floats, State]:
    """Surprise, shape (w - at, n), from the column `at` on."""
    detector = Baseline()
    state = detector.init(x.shape[1])
    state["p_direction"][:] = direction
    surprise, _ = run(detector, state, x)
    return surprise[at:], state


@pytest.mark.parametrize("direction", [0.0, 1.0])
@pytest.mark.parametrize("family", sorted(QUIET))
def test_quiet_series_stay_within_three_times_nominal(family: str, direction: float) -> None:
    surprise, _ = after_a_fault(quiet(family), 2_000, direction)
    assert (surprise >= 3.0).mean() < 3e-3
    assert (surprise >= 2.0).mean() < 3e-2
    assert (surprise >= 6.0).mean() < 2e-5


@pytest.mark.parametrize(
    ("family", "size"), [("gaussian", 50.0), ("student_5", 13.0), ("sine", 30.0), ("counts", 20.0), ("lognormal", 20.0)]
)
def test_a_large_step_that_stays_reaches_six_within_four_columns(family: str, size: float) -> None:
    x = quiet(family, 5_010)
    x[5_000:] += size
    surprise, _ = after_a_fault(x, 5_000)
    assert ((surprise[:5] >= 6.0).any(axis=0)).mean() > 0.9


def test_a_lone_spike_is_told_once() -> None:
    x = quiet("gaussian", 3_050)
    x[3_000] += 200.0
    surprise, _ = after_a_fault(x, 3_000)
    assert (surprise[0] >= 6.0).all()
    assert (surprise[1:20] >= 6.0).mean() == 0.0


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_change_in_the_other_direction_is_no_surprise(direction: float) -> None:
    x = quiet("gaussian", 3_020)
    x[3_000:] -= direction * 60.0
    surprise, _ = after_a_fault(x, 3_000, direction)
    assert surprise.max() < 1.7


def test_a_lasting_change_is_the_new_normal_after_the_stated_columns() -> None:
    detector = Baseline()
    x = quiet("gaussian", 4_000, 40)
    x[3_000:] += 300.0
    surprise, expected = run(detector, detector.init(40), x)
    assert (surprise[3_005:3_300] >= 6.0).mean() > 0.99
    settled = 3_000 + detector.adapt_steps + 40
    assert (surprise[settled:] >= 6.0).mean() == 0.0
    assert np.abs(np.median(expected[settled:]) - 400.0) < 20.0


def test_a_fault_does_not_become_normal_within_half_an_hour() -> None:
    x = quiet("gaussian", 3_130, 40)
    x[3_000:3_120] += 100.0
    detector = Baseline()
    _, expected = run(detector, detector.init(40), x)
    assert np.abs(np.median(expected[3_119]) - 100.0) < 10.0


def test_a_season_is_used_where_it_predicts_better_and_only_there() -> None:
    rng, w = np.random.default_rng(0), 288 * 6
    shape = 100.0 + 50.0 * np.sign(np.sin(6.2832 * np.arange(w) / 288.0))
    x = np.stack([shape + rng.normal(0.0, 1.0, w), 100.0 + rng.normal(0.0, 1.0, w)], axis=1)
    detector = Baseline(step_seconds=300.0)
    state = detector.init(2)
    surprise, _ = run(detector, state, x)
    gain = state["core"][:, FIELDS.index("gain")]
    assert gain[0] > 0.01 > gain[1]
    assert (surprise[-288:, 0] >= 6.0).sum() == 0


def test_history_teaches_the_shape_of_the_day_before_the_first_sample() -> None:
    rng, w = np.random.default_rng(0), 288 * 7
    shape = 100.0 + 50.0 * np.sign(np.sin(6.2832 * np.arange(w + 288) / 288.0))
    x = shape + rng.normal(0.0, 1.0, (5, w + 288))
    x[:, 600:700] = np.nan
    x[:, 900] = 1e6
    detector = Baseline(step_seconds=300.0)
    state = detector.init(9)
    put(state, np.arange(5), detector.learn_history(x[:, :w], 0))
    columns = np.vstack([x[:, w:], np.full((4, 288), np.nan)]).T.copy()
    columns[150:, 0] += 20.0
    surprise, expected = run(detector, state, columns, w)
    assert np.abs(expected[:, 1] - shape[w:]).mean() < 2.0
    assert (surprise[:, 1:5] >= 6.0).sum() == 0
    assert (surprise[150:155, 0] >= 6.0).any()


def test_history_of_nothing_teaches_nothing() -> None:
    detector = Baseline(step_seconds=300.0)
    part = detector.learn_history(np.full((2, 2_000), np.nan), 0)
    assert (part["core"][:, FIELDS.index("seen")] == 0.0).all()
    assert np.isfinite(part["season"]).all()


def test_a_huge_level_loses_no_precision() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0.0, 1.0, (3_010, 20))
    x[3_000:] += 20.0
    near, _ = after_a_fault(x + 0.0, 3_000)
    detector = Baseline()
    state = detector.init(20)
    state["p_floor_share"][:] = 0.0
    far = run(detector, state, x + 2.0**40)[0][3_000:]
    assert (near[2] >= 6.0).all()
    assert (far[2] >= 6.0).all()


def test_a_state_weighs_no_more_than_promised() -> None:
    state = Baseline().init(1_000)
    assert sum(array.nbytes for array in state.values()) / 1_000 <= 1_300
