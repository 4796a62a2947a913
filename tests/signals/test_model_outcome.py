"""What becomes of answers: late labels, halves, probabilities, groups, units, what a drift costs, a new reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiops.signals.cohort import Cohorts, Labelled
from aiops.signals.emitted import Emitted
from aiops.signals.model import NEW_REFERENCE, ModelSignal
from aiops.signals.partition import Signals
from aiops.types import Change, Prediction

STEP = 60.0
ROWS = 64
Maker = Callable[[np.random.Generator, float, int], Prediction]


def scored(rng: np.random.Generator, at: float, i: int, **more: Any) -> Prediction:
    """A row of a calibrated model: `x` decides, `noise` does not."""
    x, group = float(rng.normal(more.get("shift", 0.0))), str(rng.choice(["a", "b", "c"]))
    p = 1.0 / (1.0 + np.exp(-2.0 * x))
    label = int(rng.random() < p)
    fields = {
        "features": {"x": x, "amount": float(np.exp(rng.normal(3.0, 0.5))), "noise": float(rng.normal())},
        "prediction": int(p > 0.5), "proba": float(p), "label": label, "group": group,
    }  # fmt: skip
    return Prediction(timestamp=at + i * 0.5, model="credit", version="1", id=f"{at}-{i}", **fields)


def fed(signal: ModelSignal, rng: np.random.Generator, first: int, steps: int, make: Maker = scored) -> Emitted:
    emitted = Emitted()
    for s in range(first, first + steps):
        emitted = signal.close(s * STEP, [make(rng, s * STEP, i) for i in range(ROWS)])
    return emitted


def gauges(emitted: Emitted, metric: str, label: str) -> dict[str, float]:
    return {dict(pairs).get(label, ""): value for (name, pairs), value in emitted.values.items() if name == metric}


def altered(row: Prediction, **fields: Any) -> Prediction:
    return Prediction(**{**{name: getattr(row, name) for name in row.__struct_fields__}, **fields})


def with_feature(row: Prediction, **features: Any) -> Prediction:
    return altered(row, features={**row.features, **features})


WARM = 2000 // ROWS + 3_000 // ROWS + 2
"""Steps after which reference, calibration and association are known."""


@pytest.fixture(scope="module")
def warm() -> dict[str, bytes]:
    signal = ModelSignal(STEP)
    emitted = fed(signal, np.random.default_rng(0), 0, WARM + 15)
    for metric in ("model_calibration_drift", "model_estimated_loss", "model_selection_gap_drift"):
        assert max(gauges(emitted, metric, "group").values()) < 3, metric
    for metric, still in (("loss", 0.0), ("unit_factor", 1.0), ("constant", 0.0)):
        assert set(gauges(emitted, f"model_feature_{metric}", "feature").values()) == {still}, metric
    return signal.snapshot()


def after(warm: dict[str, bytes], make: Maker, steps: int = 14) -> Emitted:
    signal = ModelSignal(STEP)
    signal.restore(warm)
    return fed(signal, np.random.default_rng(1), WARM + 15, steps, make)


def test_a_change_of_unit_names_the_factor(warm: dict[str, bytes]) -> None:
    cents = after(
        warm, lambda rng, at, i: with_feature(r := scored(rng, at, i), amount=100.0 * r.features["amount"]), 4
    )
    assert gauges(cents, "model_feature_unit_factor", "feature") == {"x": 1.0, "amount": 100.0, "noise": 1.0}


def test_a_feature_that_stands_still_is_told_apart(warm: dict[str, bytes]) -> None:
    stuck = gauges(after(warm, lambda *a: with_feature(scored(*a), noise=0.5), 4), "model_feature_constant", "feature")
    assert stuck["noise"] > 6
    assert stuck["x"] == stuck["amount"] == 0.0


def test_drift_that_decides_nothing_costs_nothing_and_drift_that_does_is_dear(warm: dict[str, bytes]) -> None:
    harmless = after(warm, lambda rng, at, i: with_feature(r := scored(rng, at, i), noise=r.features["noise"] + 1.5))
    assert gauges(harmless, "model_feature_drift", "feature")["noise"] > 6
    assert gauges(harmless, "model_feature_loss", "feature")["noise"] == 0.0
    assert gauges(harmless, "model_feature_consequence", "feature")["noise"] < 0.1

    def uncertain(rng: np.random.Generator, at: float, i: int) -> Prediction:
        """Rows only where the model does not know: x near 0."""
        return with_feature(scored(rng, at, i), x=float(rng.normal(0.0, 0.1)))

    dear = after(warm, uncertain)
    assert gauges(dear, "model_feature_loss", "feature")["x"] > 0.1


def test_probabilities_that_mean_less_than_they_did_are_found_though_nothing_drifts(warm: dict[str, bytes]) -> None:
    def coin(rng: np.random.Generator, at: float, i: int) -> Prediction:
        row = scored(rng, at, i)
        return altered(row, label=row.label if rng.random() > 0.3 else 1 - int(row.label or 0))

    found = after(warm, coin)
    assert gauges(found, "model_calibration_drift", "group")[""] > 6
    assert gauges(found, "model_ece", "group")[""] > 0.05
    # What is estimated without labels cannot know.
    assert gauges(found, "model_estimated_loss", "group")[""] < 3


def test_accuracy_is_estimated_before_labels_come(warm: dict[str, bytes]) -> None:
    def unsure(rng: np.random.Generator, at: float, i: int) -> Prediction:
        row = scored(rng, at, i)
        p = 0.5 + 0.4 * (float(row.proba or 0.0) - 0.5)
        return altered(row, proba=p, label=None)

    found = after(warm, unsure)
    assert gauges(found, "model_estimated_loss", "group")[""] > 6
    assert gauges(found, "model_estimated_accuracy", "group")[""] < 0.75


def test_a_group_that_is_selected_less_is_named(warm: dict[str, bytes]) -> None:
    def unfair(rng: np.random.Generator, at: float, i: int) -> Prediction:
        row = scored(rng, at, i)
        return altered(row, prediction=0) if row.group == "b" and rng.random() < 0.6 else row

    found = gauges(after(warm, unfair), "model_selection_gap_drift", "group")
    assert found["b"] > 6
    assert found["b"] == max(found.values())


def test_a_new_reference_is_an_act_that_somebody_tells_of() -> None:
    signals, rng = Signals(STEP), np.random.default_rng(3)
    for s in range(60):
        rows = [scored(rng, s * STEP, i) for i in range(ROWS)]
        shifted = [with_feature(r, noise=r.features["noise"] + 2.0 * (s >= 40)) for r in rows]
        emitted = signals.close(s * STEP, shifted)
    assert gauges(emitted, "model_feature_drift", "feature")["noise"] > 6
    act = Change(timestamp=3600.0, kind="model", id="r1", entity="credit", after=NEW_REFERENCE)
    signals.order([act])
    for s in range(60, 110):
        rows = [scored(rng, s * STEP, i) for i in range(ROWS)]
        emitted = signals.close(s * STEP, [with_feature(r, noise=r.features["noise"] + 2.0) for r in rows])
    assert gauges(emitted, "model_feature_drift", "feature")["noise"] == 0.0


def test_requests_and_responses_in_different_records_are_one_row() -> None:
    signal, rng = ModelSignal(STEP), np.random.default_rng(4)
    emitted = Emitted()
    for s in range(WARM + 12):
        rows = [altered(scored(rng, s * STEP, i), label=None) for i in range(ROWS)]
        requests = [altered(r, prediction=None, proba=None) for r in rows]
        answers = [altered(r, features={}) for r in rows]
        emitted = signal.close(s * STEP, [*requests, *answers])
    assert gauges(emitted, "model_rows", "version") == {"1": ROWS}
    assert set(gauges(emitted, "model_feature_missing", "feature").values()) == {0.0}
    assert gauges(emitted, "model_prediction_drift", "feature")[""] < 3
    assert "model_feature_consequence" in {name for name, _ in emitted.values}


def test_errors_are_judged_by_cohorts_whose_labels_can_be_there() -> None:
    """Errors are reported within a minute, rightness after ten: whoever counts as labels come sees only errors."""
    cohorts, rng = Cohorts(15.0), np.random.default_rng(5)
    pending: list[Labelled] = []
    told, errors = 0, 0
    for s in range(600):
        for i in range(20):
            wrong = bool(rng.random() < 0.1)
            pending.append(Labelled(s * 15.0 + i * 0.5, s * 15.0 + i * 0.5 + (30.0 if wrong else 600.0), wrong))
            cohorts.predict(s * 15.0 + i * 0.5)
        for one in [one for one in pending if one.labelled < (s + 1) * 15.0]:
            cohorts.label(one)
        pending = [one for one in pending if one.labelled >= (s + 1) * 15.0]
        due = cohorts.due(s * 15.0)
        if s >= 200:
            told, errors = told + due.labelled, errors + due.errors
            assert due.labelled in (0, due.rows)
    assert 600.0 <= cohorts.watermark_seconds <= 860.0
    assert 0.09 < errors / told < 0.11


def test_delays_of_a_month_need_no_more_cohorts_than_those_of_a_minute() -> None:
    cohorts = Cohorts(15.0)
    for hour in range(24 * 60):
        cohorts.predict(hour * 3600.0)
        if hour >= 24 * 30:
            cohorts.label(Labelled((hour - 24 * 30) * 3600.0, hour * 3600.0, False))
        cohorts.due(hour * 3600.0)
    assert len(cohorts.encode()) < 5_000
    assert cohorts.watermark_seconds > 30 * 86_400.0


def test_a_label_that_stays_away_is_counted() -> None:
    cohorts = Cohorts(15.0)
    for s in range(100):
        cohorts.predict(s * 15.0)
        if s < 60:
            cohorts.label(Labelled(s * 15.0, s * 15.0, False))
        due = cohorts.due(s * 15.0)
    assert (due.rows, due.labelled) == (1, 0)


def test_state_goes_on_exactly_where_it_was_saved(warm: dict[str, bytes]) -> None:
    one, other = ModelSignal(STEP), ModelSignal(STEP)
    one.restore(warm)
    fed(one, np.random.default_rng(6), WARM + 15, 4)
    other.restore(one.snapshot())
    first = fed(one, np.random.default_rng(7), WARM + 19, 5)
    assert fed(other, np.random.default_rng(7), WARM + 19, 5).values == first.values
    assert one.snapshot() == other.snapshot()
