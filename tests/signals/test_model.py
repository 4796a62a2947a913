"""Scored rows: drift that is found, quiet that is kept, faults of data, errors of answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.signals.drift_watch import DriftWatch, effect_of, stack
from aiops.signals.emitted import Emitted
from aiops.signals.joins import RowJoin
from aiops.signals.model import ModelSignal
from aiops.signals.reference import WIDTH, freeze, measure, place
from aiops.signals.version import LEAST_ROWS, REFERENCE_ROWS
from aiops.types import Prediction

STEP = 15.0
ROWS = 16


def row(i: int = 0, **fields: Any) -> Prediction:
    return Prediction(**{"timestamp": 0.0, "model": "fraud", "version": "1", "id": str(i), **fields})


def rows(rng: np.random.Generator, shift: float = 0.0, version: str = "1") -> list[Prediction]:
    """A step's rows of a model with a number, a count and a category."""
    amount = np.exp(rng.normal(3.4 + 0.8 * shift, 0.8, ROWS))
    items, country = rng.poisson(2.5, ROWS) + 1, rng.choice(["DE", "FR", "NL", "US"], ROWS, p=[0.5, 0.2, 0.2, 0.1])
    return [
        row(i, version=version, prediction=int(amount[i] > 100), proba=float(1 / (1 + 50 / amount[i])),
            features={"amount": float(amount[i]), "items": int(items[i]), "country": str(country[i])})
        for i in range(ROWS)
    ]  # fmt: skip


def run(
    signal: ModelSignal, rng: np.random.Generator, first: int, steps: int, ramp: float = 0.0
) -> Iterator[tuple[float, Emitted]]:
    for i in range(first, first + steps):
        shift = 0.9 * min(1.0, (i - first) * STEP / ramp) if ramp else 0.0
        yield i * STEP, signal.close(i * STEP, rows(rng, shift))


def gauge(emitted: Emitted, metric: str, feature: str = "") -> float | None:
    wanted = {"feature": feature} if feature else {}
    found = [(dict(pairs).items(), value) for (name, pairs), value in emitted.values.items() if name == metric]
    return max((value for pairs, value in found if wanted.items() <= pairs), default=None)


@pytest.mark.parametrize("seed", range(4))
def test_a_shift_of_nine_tenths_of_a_deviation_is_found_in_eight_minutes(seed: int) -> None:
    signal, rng = ModelSignal(STEP), np.random.default_rng(seed)
    for _ in run(signal, rng, 0, 300):
        pass
    found = {"amount": 0.0, "items": 0.0, "country": 0.0}
    for at, emitted in run(signal, rng, 300, 36, ramp=300.0):
        for feature in found:
            if not found[feature] and (gauge(emitted, "model_feature_drift", feature) or 0.0) >= 6:
                found[feature] = at - 300 * STEP
    assert 0 < found["amount"] <= 8.5 * 60
    assert not found["items"]
    assert not found["country"]


def test_answers_that_move_are_told_apart_from_features() -> None:
    signal, rng = ModelSignal(STEP), np.random.default_rng(9)
    last = [emitted for _, emitted in (*run(signal, rng, 0, 300), *run(signal, rng, 300, 60, ramp=60.0))][-1]
    assert (gauge(last, "model_prediction_drift") or 0.0) >= 6
    assert (gauge(last, "model_prediction_mean") or 0.0) > 0.3


def test_clean_features_are_quiet_for_a_week() -> None:
    """30 features, 64 rows a minute; a month of it was simulated when this was written, without one surprise."""
    rng = np.random.default_rng(5)
    reference = rng.normal(size=(REFERENCE_ROWS, 27))
    features = [freeze(str(j), reference[:, j].tolist()) for j in range(27)]
    words = rng.zipf(1.5, REFERENCE_ROWS).clip(max=300).astype(str).tolist()
    features += [freeze("w", words), freeze("c", rng.poisson(2.5, REFERENCE_ROWS).astype(float).tolist())]
    features += [freeze("u", rng.integers(0, 100, REFERENCE_ROWS).astype(str).tolist())]
    known = [feature for feature in features if feature is not None]
    watch = DriftWatch(stack([feature.counts for feature in known]))
    worst = 0.0
    for block in range(7 * 24 * 60 * 64 // 112):
        rows = rng.normal(size=(112, 27))
        counts = [np.bincount(np.searchsorted(known[j].edges, rows[:, j]), minlength=WIDTH).tolist() for j in range(27)]
        others = (
            rng.zipf(1.5, 112).clip(max=300).astype(str).tolist(),
            rng.poisson(2.5, 112).astype(float).tolist(),
            rng.integers(0, 100, 112).astype(str).tolist(),
        )
        counts += [measure(known[27 + j], column).counts for j, column in enumerate(others)]
        watch.add(block * 105.0, 105.0, 112, stack(counts))
        worst = max(worst, float(watch.surprise.max()))
    assert worst < 6


def test_one_window_out_of_three_is_not_enough() -> None:
    reference = stack([[200] * 10 + [0] * (WIDTH - 10)])
    clean, moved = stack([[11] * 10 + [0] * (WIDTH - 10)]), stack([[0] * 5 + [22] * 5 + [0] * (WIDTH - 10)])
    watch = DriftWatch(reference)
    found = []
    for block in (clean, clean, clean, clean, clean, moved, moved, moved):
        watch.add(60.0 * len(found), 60.0, 110, block)
        found.append(float(watch.surprise[0]))
    # The seventh block completes the first window that is far off, the eighth the second.
    assert found[:7] == [0.0] * 7
    assert found[7] > 6


def test_a_trifle_in_a_huge_window_is_no_drift() -> None:
    reference = stack([[200] * 10 + [0] * (WIDTH - 10)])
    watch = DriftWatch(reference * 1000)
    for i in range(6):
        watch.add(60.0 * i, 60.0, 10**6, stack([[98_000] * 5 + [102_000] * 5 + [0] * (WIDTH - 10)]))
    assert watch.surprise[0] == 0.0


def test_the_windows_of_a_hundred_features_are_small_and_a_busy_model_keeps_its_counts() -> None:
    reference, rng = stack([[200] * 10 + [0] * (WIDTH - 10)] * 100), np.random.default_rng(0)
    watch, busy = (DriftWatch(reference, [10] * 100) for _ in range(2))
    for i in range(40):
        counts = np.zeros((100, WIDTH), np.int64)
        counts[:, :10] = rng.multinomial(100, [0.1] * 10, 100)
        watch.add(60.0 * i, 60.0, 100, counts)
        busy.add(60.0 * i, 60.0, 10**6, 10_000 * counts)
    assert watch.nbytes < 30_000
    np.testing.assert_array_equal(busy.window, 10_000 * watch.window)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-9, 9), st.sampled_from("abcdef"))


@settings(max_examples=50, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=40), st.lists(VALUES, max_size=40), st.integers(0, 40))
def test_counts_of_any_partition_of_the_rows_add_up(reference: list[Any], rows: list[Any], cut: int) -> None:
    feature = freeze("x", reference)
    if feature is None:
        return
    whole, one, other = (measure(feature, part) for part in (rows, rows[:cut], rows[cut:]))
    assert whole.counts == [a + b for a, b in zip(one.counts, other.counts, strict=True)]
    for field in ("missing", "new", "retyped", "outside"):
        assert getattr(whole, field) == getattr(one, field) + getattr(other, field)
    # The same bins, row by row; no bin lies beyond the width that is kept.
    bins = place(feature, rows)
    assert np.bincount(bins[bins >= 0], minlength=WIDTH).tolist() == whole.counts
    assert not any(whole.counts[feature.width :])


def test_the_effect_of_equal_samples_is_zero() -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(2000, [0.1] * 10 + [0.0] * (WIDTH - 10), 200)
    window = rng.multinomial(300, [0.1] * 10 + [0.0] * (WIDTH - 10), 200)
    assert float(effect_of(counts, window).mean()) < 0.01


def test_a_new_version_is_compared_with_the_old_until_it_has_its_own() -> None:
    signal, rng = ModelSignal(STEP), np.random.default_rng(3)
    for _ in run(signal, rng, 0, 200):
        pass
    seen = []
    for i in range(200, 400):
        emitted = signal.close(i * STEP, rows(rng, 0.9, version="2"))
        seen.append((gauge(emitted, "model_feature_drift", "amount") or 0.0, gauge(emitted, "model_prediction_drift")))
    own = REFERENCE_ROWS // ROWS
    assert max(surprise for surprise, _ in seen[:own]) >= 6
    assert all(answers is None for _, answers in seen[:own])
    assert max(surprise for surprise, _ in seen[own + 40 :]) == 0.0


def test_a_slow_model_has_a_reference_after_two_hours() -> None:
    signal = ModelSignal(STEP)
    emitted = Emitted()
    for i in range(900):
        emitted = signal.close(i * STEP, [row(i, features={"a": float(i % 7)})])
    assert gauge(emitted, "model_feature_missing", "a") == 0.0
    assert LEAST_ROWS < 7200 / STEP < 900


def warmed_up() -> ModelSignal:
    signal = ModelSignal(STEP)
    values = [{"age": float(i % 50), "city": "AB"[i % 2], "flag": i % 2 == 0} for i in range(REFERENCE_ROWS)]
    signal.close(0.0, [row(i, features=features) for i, features in enumerate(values)])
    return signal


@pytest.mark.parametrize(
    ("features", "metric", "feature"),
    [
        ({"city": "A", "flag": True}, "model_feature_missing", "age"),
        ({"age": float("nan"), "city": "A", "flag": True}, "model_feature_missing", "age"),
        ({"age": None, "city": "A", "flag": True}, "model_feature_missing", "age"),
        ({"age": 3.0, "city": "Z", "flag": True}, "model_feature_new_values", "city"),
        ({"age": "3", "city": "A", "flag": True}, "model_feature_type_changes", "age"),
        ({"age": 3.0, "city": 7, "flag": True}, "model_feature_type_changes", "city"),
        ({"age": 3.0, "city": "A", "flag": 1}, "model_feature_type_changes", "flag"),
        ({"age": 300.0, "city": "A", "flag": True}, "model_feature_out_of_range", "age"),
        ({"age": -300, "city": "A", "flag": True}, "model_feature_out_of_range", "age"),
    ],
)
def test_faults_of_the_data_are_counted(features: dict[str, Any], metric: str, feature: str) -> None:
    signal = warmed_up()
    good = row(1, features={"age": 3.0, "city": "A", "flag": True})
    assert gauge(signal.close(STEP, [good]), metric, feature) == 0
    emitted = signal.close(2 * STEP, [good, row(2, features=features)])
    assert gauge(emitted, metric, feature) == 1
    assert gauge(emitted, "model_rows") == 2


def test_labels_may_come_with_the_row_or_later() -> None:
    signal = ModelSignal(STEP)
    emitted = signal.close(0.0, [row(1, prediction=1, label=1), row(2, prediction=1, label=0), row(3, prediction="a")])
    assert (gauge(emitted, "model_labelled"), gauge(emitted, "model_errors")) == (2, 1)
    emitted = signal.close(STEP, [row(4, timestamp=STEP, prediction="a")])
    late = [row(4, timestamp=2 * STEP, label="b"), row(99, timestamp=2 * STEP, label="b")]
    signal.close(2 * STEP, late)
    # The first late label came after its row was told as unlabelled; now it is known that labels may take a step.
    signal.close(3 * STEP, [row(5, timestamp=3 * STEP, prediction="a")])
    emitted = signal.close(4 * STEP, [row(5, timestamp=4 * STEP, label="b"), row(5, timestamp=4 * STEP, label="b")])
    assert (gauge(emitted, "model_labelled"), gauge(emitted, "model_errors")) == (1, 1)
    assert gauge(emitted, "model_rows") == 0


@pytest.mark.parametrize(
    ("said", "label", "wrong"),
    [(1, 1.0, 0), (True, 1, 0), ("1", 1, 0), (0, 1, 1), ("yes", "Yes", 0), ("a", None, None)],
)
def test_answers_are_equal_whatever_their_type(said: Any, label: Any, wrong: int | None) -> None:
    emitted = ModelSignal(STEP).close(0.0, [row(1, prediction=said, label=label)])
    assert gauge(emitted, "model_errors") == wrong


def test_a_regression_has_a_distance_and_no_errors() -> None:
    emitted = ModelSignal(STEP).close(0.0, [row(1, prediction=2.5, label=3.0), row(2, prediction=4.0, label=3.0)])
    assert gauge(emitted, "model_abs_error") == pytest.approx(0.75)
    assert gauge(emitted, "model_errors") is None


def test_the_entity_of_a_row_is_its_model() -> None:
    emitted = ModelSignal(STEP).close(0.0, [row(1, prediction=1)])
    assert all(dict(pairs)["service_name"] == "fraud" for _, pairs in emitted.values)


def test_rows_that_wait_for_their_other_half_are_bounded() -> None:
    join = RowJoin(limit=100)
    for i in range(250):
        join.wait(row(i, prediction=i))
    assert len(join) == 100
    assert join.take("fraud", "149") is None
    assert join.take("fraud", "150") == row(150, prediction=150)
    again = RowJoin(limit=100)
    again.restore(join.snapshot())
    assert again.snapshot() == join.snapshot()
    assert again.take("fraud", "249") == row(249, prediction=249)


def test_bins_are_chosen_on_other_rows_than_they_are_counted_on() -> None:
    """Else the most frequent of a hundred equal values would be drift for ever."""
    rng = np.random.default_rng(0)
    biases = []
    for _ in range(50):
        feature = freeze("u", rng.integers(0, 100, 2000).astype(str).tolist())
        assert feature is not None
        share = sum(feature.counts[: len(feature.categories)]) / sum(feature.counts)
        biases.append(share - len(feature.categories) / 100)
    assert abs(float(np.mean(biases))) < 0.005
