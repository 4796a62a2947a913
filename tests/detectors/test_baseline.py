"""The baseline: quiet on quiet series, loud on faults, and back to normal afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baseline import Baseline
from detectors.baseline_kernel import FIELDS, TAIL
from detectors.protocol import Floats, State
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


def test_a_series_of_ten_million_samples_still_tells_a_gap_from_none() -> None:
    x = quiet("gaussian", 16_000, n=20)
    x[6_000:12_000:50] += 60.0
    x[15_990:] += 60.0
    detector = Baseline()
    young, old = (detector.init(20) for _ in range(2))
    run(detector, young, x[:6_000])
    for name, array in young.items():
        old[name][...] = array
    years = np.float32(9_998_000) - old["core"][:, FIELDS.index("seen")]
    old["core"][:, FIELDS.index("seen")] += years
    old["tail"][:, [TAIL.index("last"), TAIL.index("left")]] += years[:, None]
    first, second = (run(detector, state, x[6_000:], 6_000)[0] for state in (young, old))
    assert ((first[-10:] >= 6.0).any(axis=0)).mean() > 0.9
    assert ((second[-10:] >= 6.0).any(axis=0)).mean() > 0.9


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


def test_a_fault_draws_what_is_expected_by_little_until_it_is_the_new_normal() -> None:
    x = quiet("gaussian", 3_470, 40)
    x[3_000:] += 100.0
    detector = Baseline()
    _, expected = run(detector, detector.init(40), x)
    # A trend learnt in the meantime would have carried it half of the way.
    assert 100.0 < np.median(expected[-1]) < 120.0


def test_a_step_in_a_series_that_wanders_is_told_for_minutes_not_for_a_column() -> None:
    x = quiet("autoregressive", 9_040)
    x[9_000:] += 10.0 * x[:9_000].std()
    surprise, _ = after_a_fault(x, 9_000)
    assert (surprise[5:20] >= 6.0).mean() > 0.9


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


def office(w: int, n: int = 5, noise: float = 1.0) -> Floats:
    """Square days of 288 columns."""
    rng = np.random.default_rng(0)
    shape = 100.0 + 50.0 * np.sign(np.sin(6.2832 * np.arange(w) / 288.0))
    return shape[:, None] + rng.normal(0.0, noise, (w, n))


def swing(state: State) -> float:
    """What is left of the square day: half the distance of its two halves."""
    season = state["season"].mean(axis=0)
    return float(season[20:124].mean() - season[164:268].mean()) / 2.0


def test_a_shape_that_is_put_in_place_moves_no_prediction() -> None:
    detector, x = Baseline(step_seconds=300.0), office(288 * 6 + 73)
    state = detector.init(5)
    run(detector, state, x[:-1])
    shape = np.repeat(50.0 * np.sign(np.sin(6.2832 * np.arange(288.0) / 288.0))[None], 5, axis=0)
    detector.begin_with(state, np.arange(5), shape, 288 * 6 + 71)
    np.testing.assert_array_equal(state["season"], shape.astype(np.float32))
    _, expected = detector.update(state, x[-1], 288 * 6 + 72)
    assert np.abs(expected - 150.0).max() < 5.0


@pytest.mark.parametrize(
    ("fault", "least", "most"), [("missing", 42.0, 55.0), ("flat", 20.0, 55.0), ("doubled", 42.0, 80.0)]
)
def test_a_known_season_outlives_two_days_of_missing_flat_or_faulty_data(fault: str, least: float, most: float) -> None:
    detector, x = Baseline(step_seconds=300.0), office(288 * 10)
    state = detector.init(5)
    run(detector, state, x[: 288 * 8])
    assert swing(state) > 42.0
    x[288 * 8 :] = {"missing": np.nan, "flat": 100.0, "doubled": 2.0 * x[288 * 8 :]}[fault]
    run(detector, state, x[288 * 8 :], 288 * 8)
    # Flat or doubled days are another shape of the day, and a shape is learnt by half in two days.
    assert least < swing(state) < most


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


def test_one_absurd_value_makes_no_storm_and_nobody_deaf() -> None:
    x = np.random.default_rng(4).normal(100.0, 5.0, (6_000, 4))
    x[3_000] = 1.8e19  # an unsigned counter that underflowed
    x[5_000:5_020] += 200.0
    detector = Baseline(step_seconds=15.0)
    state = detector.init(4)
    said = np.array([detector.update(state, row, at)[0] for at, row in enumerate(x)])
    assert (said[3_001:5_000] >= 6.0).sum() <= 2
    assert (said[5_000:5_020].max(axis=0) > 10.0).all()
