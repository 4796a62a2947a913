"""All columns of an entity as one: the contract, a naive reference, and what it finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import detectors
from detectors import state as states
from detectors.joint import Joint
from detectors.protocol import Joined, Joining, State

Floats = npt.NDArray[np.float64]
COLUMNS = 5


def entities(rows: int = 900, n: int = 3, seed: int = 0) -> Floats:
    """Ordinary rows with gaps, a silent row and a fault; shape (rows, n, COLUMNS)."""
    rng = np.random.default_rng(seed)
    load = rng.normal(size=(rows, n, 1))
    x = 100.0 + 5.0 * load * np.array([1.0, 1.0, -1.0, 0.0, 0.0]) + rng.normal(size=(rows, n, COLUMNS))
    x[..., 4] = rng.random((rows, n)) < 0.02
    x[rng.random(x.shape) < 0.05] = np.nan
    x[200] = np.nan
    x[700:740, 0, 1] += 60.0
    return x


def run(joint: Joint, state: State, x: Floats, first: int = 0, guilt: bool = False) -> Joined:
    return joint.scan(state, x, np.arange(first, first + len(x)), guilt=guilt)


def same(one: Joined, two: Joined) -> None:
    np.testing.assert_array_equal(one.surprise, two.surprise)
    np.testing.assert_array_equal(one.shape, two.shape)


def test_it_is_what_the_table_of_names_says() -> None:
    joint = detectors.load("joint")(3)
    assert isinstance(joint, Joining)
    with pytest.raises(ValueError, match="columns"):
        Joint(0)
    with pytest.raises(ValueError, match="weights"):
        Joint(3, weights=(0.0, 0.0, 0.0))


def test_row_by_row_says_what_one_call_says_and_leaves_the_same_state() -> None:
    joint, x = Joint(COLUMNS), entities()
    at_once, one_by_one = joint.init(3), joint.init(3)
    whole = run(joint, at_once, x, guilt=True)
    rows = [run(joint, one_by_one, x[t : t + 1], t, guilt=True) for t in range(len(x))]
    np.testing.assert_array_equal(whole.surprise, np.concatenate([r.surprise for r in rows]))
    np.testing.assert_array_equal(whole.shape, np.concatenate([r.shape for r in rows]))
    np.testing.assert_array_equal(whole.guilt, np.concatenate([r.guilt for r in rows]))
    for name, array in at_once.items():
        np.testing.assert_array_equal(array, one_by_one[name])


def test_the_beginning_scores_the_same_without_its_end() -> None:
    joint, x = Joint(COLUMNS), entities()
    whole, part = run(joint, joint.init(3), x), run(joint, joint.init(3), x[:600])
    same(Joined(whole.surprise[:600], whole.shape[:600], None), part)


def test_a_restored_entity_goes_on_as_the_saved_one() -> None:
    joint, x = Joint(COLUMNS), entities()
    state = joint.init(3)
    run(joint, state, x[:500])
    saved = states.snapshot(state)
    first = run(joint, state, x[500:], 500)
    same(first, run(joint, states.restore(joint, saved), x[500:], 500))


def test_an_entity_scores_as_if_it_were_alone() -> None:
    joint, x = Joint(COLUMNS), entities()
    together = run(joint, joint.init(3), x)
    alone = run(joint, states.grow(joint, joint.init(0), 1), x[:, 1:2])
    np.testing.assert_array_equal(together.shape[:, 1], alone.shape[:, 0])
    np.testing.assert_array_equal(together.surprise[:, 1], alone.surprise[:, 0])


def test_columns_an_entity_does_not_have_count_for_nothing() -> None:
    x = entities()[:, :, :3]
    wide = np.full((len(x), 3, 11), np.nan)
    wide[:, :, :3] = x
    same(run(Joint(3), Joint(3).init(3), x), run(Joint(11), Joint(11).init(3), wide))


def test_a_row_without_any_sample_is_no_row_and_the_input_stays_as_it_was() -> None:
    joint, x = Joint(COLUMNS), entities()
    x[300:310] = np.inf
    before = x.copy()
    x.flags.writeable = False
    scored = run(joint, joint.init(3), x)
    np.testing.assert_array_equal(x, before)
    assert np.isnan(scored.surprise[300:310]).all()
    assert np.isnan(scored.shape[200]).all()
    rest = run(joint, joint.init(3), np.delete(x, np.r_[200, 300:310], axis=0))
    np.testing.assert_array_equal(np.delete(scored.shape, np.r_[200, 300:310], axis=0), rest.shape)


def test_values_that_do_not_fit_are_refused() -> None:
    joint = Joint(COLUMNS)
    for wrong in (np.zeros((4, 2, COLUMNS)), np.zeros((4, 3)), np.zeros((4, 3, COLUMNS), np.float32)):
        with pytest.raises(ValueError, match="wanted"):
            run(joint, joint.init(3), wrong)


def test_the_guilty_column_is_named_while_the_fault_lasts() -> None:
    joint, x = Joint(COLUMNS), entities()
    scored = run(joint, joint.init(3), x, guilt=True)
    assert scored.guilt is not None
    assert scored.guilt[705:740, 0].mean(axis=0).argmax() == 1
    assert np.allclose(scored.guilt[705:740, 0].sum(axis=1), 1.0, atol=1e-5)
    quiet = np.r_[320:690]
    assert scored.shape[705:740, 0].min() > scored.shape[quiet, 0].max()
    assert scored.surprise[700:703, 0].max() > np.nanmax(scored.surprise[quiet, 0])


def test_columns_that_part_company_are_odd_though_each_is_usual() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3_000, 1, 1)) + 0.1 * rng.normal(size=(3_000, 1, 4))
    x[2_500:2_530, 0, 2] = -x[2_500:2_530, 0, 2]
    scored = run(Joint(4), Joint(4).init(1), x, guilt=True)
    assert scored.shape[2_505:2_530, 0].mean() > np.quantile(scored.shape[1_000:2_500, 0], 0.98)
    assert scored.guilt is not None
    assert scored.guilt[2_505:2_530, 0].mean(axis=0).argmax() == 2


def test_an_hour_out_of_its_day_is_odd_though_its_values_are_usual() -> None:
    rng = np.random.default_rng(4)
    day = 288
    t = np.arange(10 * day)
    x = (100.0 + 30.0 * np.sin(6.2832 * t / day))[:, None, None] + rng.normal(size=(len(t), 1, 3))
    x[8 * day + 70 : 8 * day + 82] -= 30.0
    joint = Joint(3, step_seconds=300.0)
    scored = run(joint, joint.init(1), x)
    odd = np.nan_to_num(scored.surprise[8 * day + 70 : 8 * day + 82]).max()
    assert odd > np.nanmax(scored.surprise[6 * day : 8 * day])
    assert np.nanmax(run(Joint(3), Joint(3).init(1), x).surprise[8 * day + 70 : 8 * day + 82]) < odd


def test_a_flag_and_a_first_move_are_bounded_news() -> None:
    rng = np.random.default_rng(6)
    x = np.column_stack([rng.normal(size=3_000), np.zeros(3_000), np.zeros(3_000)])[:, None, :]
    x[1_500:1_510, 0, 1] = 1e6
    x[::400, 0, 2] = 1.0
    scored = run(Joint(3), Joint(3).init(1), x)
    x[2_500:2_510, 0, 0] += 8.0
    assert scored.shape[2_400:2_410].max() < run(Joint(3), Joint(3).init(1), x).shape[2_503:2_510].min()
    assert np.nanmax(scored.surprise) < 6.0


@pytest.mark.parametrize("kind", ["gaussian", "autoregressive", "season"])
def test_a_surprise_of_3_is_about_one_row_in_a_thousand_and_6_is_none(kind: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(12_000, 4, 10))
    if kind == "autoregressive":
        for t in range(1, len(x)):
            x[t] = 0.9 * x[t - 1] + np.sqrt(0.19) * x[t]
    if kind == "season":
        x += 10.0 * np.sin(2.0 * np.pi * np.arange(len(x))[:, None, None] / 1_440 + rng.random(10) * 6.28)
    joint = Joint(10, step_seconds=60.0)
    said = np.nan_to_num(run(joint, joint.init(4), x).surprise)
    days = said[3 * 1_440 :]  # before, it is quiet because it does not know them
    assert 3e-4 < (days >= 3.0).mean() < 3e-3
    assert (said >= 6.0).sum() == 0


def naive_deviations(x: Floats) -> Floats:
    """Compressed sigmas of the usual before each row; no gaps, no season, columns of many values."""
    z = np.zeros(x.shape)
    for j in range(x.shape[1]):
        mean = variance = 0.0
        for t, value in enumerate(x[:, j]):
            past = x[:t, j]
            if t and np.ptp(past) == 0.0:
                z[t, j] = np.sign(value - mean)
            elif t:
                least = (0.01 if t > 1 else 2.0) * np.ptp(past)
                sigma = max(np.sqrt(variance) * (1.0 + 100.0 / t), least, 1e-4 * abs(mean))
                size = abs(value - mean) / sigma
                z[t, j] = np.sign(value - mean) * (size if size <= 4.0 else 4.0 * (1.0 + np.log(size / 4.0)))
            new = max(1.0 - 0.5 ** (1.0 / 20_000.0), 1.0 / (t + 1.0))
            away = value - mean
            mean, variance = mean + new * away, (1.0 - new) * (variance + new * away * away)
    return z


def naive_windows(z: Floats, blocks: int, stride: int) -> Floats:
    """Squared distance of the last window to the nearest centre."""
    span, centres, weight = blocks * stride, [], []
    distance = np.zeros(len(z))
    for t in range(span - 1, len(z)):
        window = z[t - span + 1 : t + 1].reshape(blocks, stride, -1).mean(axis=1)
        apart = [float(((window - c) ** 2).sum()) / blocks for c in centres]
        distance[t] = min(apart, default=0.0)
        if len(centres) < 10 and (t + 1) % span == 0:
            centres.append(window)
            weight.append(1.0)
        elif centres:
            best = int(np.argmin(apart))
            weight[best] += 1.0
            centres[best] = centres[best] + max(1.0 - 0.5 ** (1.0 / 20_000.0), 1.0 / weight[best]) * (
                window - centres[best]
            )
    return distance


def naive_together(z: Floats) -> Floats:
    """Squared Mahalanobis distance by an EW covariance, inverted every 64 rows."""
    covariance, inverse = np.eye(z.shape[1]), np.eye(z.shape[1])
    distance = np.zeros(len(z))
    for t, row in enumerate(z):
        distance[t] = row @ inverse @ row
        new = max(1.0 - 0.5 ** (1.0 / 20_000.0), 1.0 / (t + 10.0))
        covariance = (1.0 - new) * covariance + new * np.outer(row, row)
        if t % 64 == 0:
            inverse = np.linalg.inv(covariance + 0.1 * np.eye(len(row)))
    return distance


def test_it_agrees_with_naive_loops() -> None:
    x = np.random.default_rng(3).normal(size=(700, 3))
    x[400:420, 1] += 6.0
    z = naive_deviations(x)
    parts = ((naive_windows(z, 5, 1), 1.0), (naive_windows(z, 10, 3), 1.0), (naive_together(z), 0.5))
    mean = sum(weight * np.log10(1.0 + part) for part, weight in parts) / 2.5
    shape = np.zeros(len(x))
    for t in range(len(x)):
        shape[t] = max(shape[t - 1] * 0.5 ** (1.0 / 50.0), mean[t]) if t else mean[t]
    scored = run(Joint(3), Joint(3).init(1), x[:, None, :])
    np.testing.assert_allclose(scored.shape[:, 0], shape, atol=2e-4)
