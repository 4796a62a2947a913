"""Probabilities, estimated accuracy, fairness, units and consequence: against naive counting, and their silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import calibration, cbpe, consequence, fairness, unit
from detectors.drift import benjamini_hochberg
from detectors.protocol import Floats


def scored(rng: np.random.Generator, rows: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities and outcomes."""
    p = 1.0 / (1.0 + np.exp(-rng.normal(shift, 2.0, rows)))
    return p, (rng.random(rows) < p).astype(float)


def test_calibration_agrees_with_naive_counting() -> None:
    p, y = scored(np.random.default_rng(0), 5_000)
    p = p**1.5
    counts = calibration.tally(p, y)
    bins = np.minimum((p * 15).astype(int), 14)
    naive = sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in range(15))
    assert abs(float(calibration.ece(counts)) - naive) < 1e-8
    assert abs(float(calibration.brier(counts)) - float(((p - y) ** 2).mean())) < 1e-8


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-0.1, 1.1), st.booleans()), max_size=60), st.integers(0, 60))
def test_tallies_of_parts_add_up_to_the_tally_of_the_whole(rows: list[tuple[float, bool]], cut: int) -> None:
    p, y = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])

    for whole, one, other in (
        (calibration.tally(p, y), calibration.tally(p[:cut], y[:cut]), calibration.tally(p[cut:], y[cut:])),
        (cbpe.tally(p, y), cbpe.tally(p[:cut], y[:cut]), cbpe.tally(p[cut:], y[cut:])),
    ):
        np.testing.assert_array_equal(whole, one + other)


def test_outcomes_that_keep_their_rates_are_told_apart_as_rarely_as_p_says() -> None:
    rng = np.random.default_rng(1)
    p = []
    for shift in rng.normal(0.0, 0.5, 300):
        reference = calibration.tally(*scored(rng, 1_500))
        # The mix of probabilities moves; what a probability is worth does not.
        p.append(calibration.same_outcomes(reference, calibration.tally(*scored(rng, 400, shift)))[1])
    assert 0.02 < (np.array(p) < 0.05).mean() < 0.10
    assert min(p) > 1e-5


def test_outcomes_that_change_at_equal_probability_are_found() -> None:
    rng = np.random.default_rng(2)
    reference, (p, y) = calibration.tally(*scored(rng, 3_000)), scored(rng, 600)
    flipped = np.where(rng.random(600) < 0.25, 1.0 - y, y)
    assert calibration.same_outcomes(reference, calibration.tally(p, flipped))[1] < 1e-6
    assert calibration.same_outcomes(reference, calibration.tally(p[:0], y[:0])) == (0.0, 1.0)


def test_isotonic_rates_never_fall_and_keep_the_mean() -> None:
    rng = np.random.default_rng(3)
    values, weights = rng.random(15), rng.integers(1, 50, 15)
    fitted = cbpe.isotonic(values, weights)
    assert (np.diff(fitted) >= 0).all()
    assert abs((fitted * weights).sum() - (values * weights).sum()) < 1e-9


def test_accuracy_without_labels_is_near_the_truth_and_its_fall_is_found() -> None:
    rng = np.random.default_rng(4)
    p, y = scored(rng, 5_000)
    labelled, reference = calibration.tally(p, y), cbpe.tally(p, p > 0.5)
    clean, unsure = scored(rng, 2_000), scored(rng, 2_000)
    vague = 0.5 + (unsure[0] - 0.5) * 0.3
    same = cbpe.loss(labelled, reference, cbpe.tally(clean[0], clean[0] > 0.5))
    assert abs(same.current - ((clean[0] > 0.5) == clean[1]).mean()) < 0.03
    assert same.surprise < 3
    worse = cbpe.loss(labelled, reference, cbpe.tally(vague, vague > 0.5))
    assert worse.surprise > 6
    assert worse.current < worse.reference - 0.1


def test_estimated_accuracy_is_blind_when_only_the_truth_changes() -> None:
    """Stated, because users rely on it being known: the same inputs, every label turned round."""
    rng = np.random.default_rng(5)
    p, y = scored(rng, 5_000)
    labelled, reference = calibration.tally(p, y), cbpe.tally(p, p > 0.5)
    later, _ = scored(rng, 2_000)
    assert cbpe.loss(labelled, reference, cbpe.tally(later, later > 0.5)).surprise < 3


def test_estimates_from_clean_windows_are_called_as_rarely_as_they_say() -> None:
    rng = np.random.default_rng(6)
    found = []
    for _ in range(300):
        p, y = scored(rng, 1_500)
        now, _ = scored(rng, 400)
        found.append(cbpe.loss(calibration.tally(p, y), cbpe.tally(p, p > 0.5), cbpe.tally(now, now > 0.5)).surprise)
    assert (np.array(found) > -np.log10(0.05)).mean() < 0.09
    assert max(found) < 5


def test_the_confusion_of_no_rows_is_unknown() -> None:
    assert np.isnan(cbpe.confusion(np.full(15, 0.5), np.zeros((15, 2)))).all()
    assert np.isnan(cbpe.metrics(np.array([0.0, 0.0, 0.5, 0.5]))["precision"])


def test_a_gap_that_opens_is_found_and_one_that_was_known_is_not() -> None:
    reference = np.array([[300, 1_000], [300, 1_000], [100, 1_000]])
    usual = np.array([[150, 500], [148, 500], [52, 500]])
    assert benjamini_hochberg(fairness.gaps(reference, usual).p).min() > 0.1
    opened = fairness.gaps(reference, np.array([[150, 500], [70, 500], [52, 500]]))
    assert int(np.argmin(opened.p)) == 1
    assert opened.p[1] < 1e-6
    assert opened.gap[1] < opened.reference[1] - 0.1


def test_a_shift_of_all_groups_alike_opens_no_gap() -> None:
    rng = np.random.default_rng(7)
    smallest = 1.0
    for _ in range(300):
        before, after = rng.uniform(0.05, 0.5, 2)
        rows = rng.integers(60, 400, 5)
        counts = [
            np.stack([rng.binomial(4 * rows, before), 4 * rows], 1),
            np.stack([rng.binomial(rows, after), rows], 1),
        ]
        smallest = min(smallest, float(fairness.gaps(*counts).p.min()))
    assert smallest > 1e-5


def test_few_rows_say_nothing_of_a_group() -> None:
    assert fairness.gaps(np.array([[90, 100], [10, 49]]), np.array([[0, 100], [49, 49]])).p.tolist() == [1.0, 1.0]


def factor_of(before: Floats, now: Floats, bins: int = 10) -> float | str:
    """As both `aiops drift` and the daemon ask: columns that left their bins are held against units."""
    edges = np.unique(np.quantile(before, np.arange(1, bins) / bins, method="inverted_cdf"))
    if edges[0] == before.min():
        edges = np.concatenate(([np.nextafter(edges[0], -np.inf)], edges))
    counts, again = (np.bincount(np.searchsorted(edges, one), minlength=len(edges) + 1) for one in (before, now))
    found = unit.change(counts, edges, now) if unit.displaced(counts[None], again[None])[0] else None
    return 1.0 if found is None else found.degrees or found.factor


@pytest.mark.parametrize("bins", [10, 32])
def test_cents_for_euros_are_seen_and_drift_is_not(bins: int) -> None:
    rng = np.random.default_rng(8)
    before = np.exp(rng.normal(3.4, 0.8, 2_000))
    for factor in (100.0, 0.001, 60.0, 1 / 60.0, 1_000.0, 1.0):
        assert factor_of(before, factor * np.exp(rng.normal(3.4, 0.8, 100)), bins) == pytest.approx(factor)
    for drift in (0.3, 2.0, 5.0):
        assert factor_of(before, drift * np.exp(rng.normal(3.4, 0.8, 500)), bins) == 1.0
    assert factor_of(np.full(100, 7.0), np.full(30, 7_000.0), bins) == 1_000.0
    warmth = rng.normal(21.0, 4.0, (2, 1_000))
    for slope, zero, said in ((1.8, 32.0, "°C as °F"), (1.0, 273.15, "°C as K")):
        assert factor_of(warmth[0], slope * warmth[1] + zero, bins) == said
        assert factor_of(slope * warmth[0] + zero, warmth[1], bins) == " as ".join(reversed(said.split(" as ")))


def test_a_thousand_is_no_1024_and_a_day_of_seconds_no_hundred_thousand() -> None:
    rng = np.random.default_rng(11)
    for factor, spread in ((1_000.0, 0.2), (86_400.0, 0.8), (100.0, 1.0)):
        for _ in range(20):
            before, now = np.exp(rng.normal(1.6, spread, 3_000)), np.exp(rng.normal(1.6, spread, 800))
            assert factor_of(before, factor * now, 32) == factor


def test_clean_windows_never_change_their_unit() -> None:
    rng = np.random.default_rng(9)
    for spread in (0.0, 0.1, 1.0, 5.0):
        before = np.exp(rng.normal(0.0, spread, 2_000))
        assert {factor_of(before, np.exp(rng.normal(0.0, spread, 25))) for _ in range(200)} == {1.0}


def test_values_of_another_kind_are_in_no_other_unit() -> None:
    """What left its bins but is not its old self: a shift, a mix, a spread."""
    rng = np.random.default_rng(10)
    before = np.exp(rng.normal(3.4, 0.8, 2_000))
    mixed = np.where(rng.random(300) < 0.5, before[:300], 1e3 * before[:300])
    for now in (before[:300] + 1e4, mixed, rng.normal(0.0, 1e5, 300)):
        assert factor_of(before, now) == 1.0


def test_importance_is_that_of_the_deciding_feature_alone() -> None:
    rng = np.random.default_rng(10)
    bins = rng.integers(0, 10, (2, 4_000))
    answers = (bins[0] > 6).astype(float)
    rows = np.stack([np.bincount(b, minlength=10) for b in bins])
    sums = np.stack([np.bincount(b, answers, 10) for b in bins])
    found = consequence.importance(rows, sums, np.full(2, (answers**2).sum()))
    assert found[0] > 0.999
    assert found[1] < 0.06


def test_only_a_drift_into_bins_with_other_answers_has_consequences() -> None:
    rows = np.full((1, 4), 500)
    sums = np.array([[50, 50, 50, 400]])
    even, low, high = np.full((1, 4), 100), np.array([[220, 100, 80, 0]]), np.array([[0, 50, 50, 300]])
    assert abs(consequence.expected_change(rows, even, rows, sums)[0][0]) < 1e-12
    assert consequence.expected_change(rows, low, rows, sums)[0][0] < -0.1
    change, error = consequence.expected_change(rows, high, rows, sums)
    assert change[0] > 0.3
    assert error[0] < 0.02
