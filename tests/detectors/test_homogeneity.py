"""Two binned samples: p that can be believed at every size, and exact values where they are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detectors.drift import BINS, QuantileBins
from detectors.homogeneity import contrast, rose, simes


def test_the_general_question_is_the_g_test_with_williams_correction() -> None:
    pair = np.random.default_rng(0).poisson(60, (2, 12))
    whole = stats.chi2_contingency(pair, correction=False, lambda_="log-likelihood")
    total, rows, bins = pair.sum(), pair.sum(axis=1), pair.sum(axis=0)
    divisor = 1 + (total * (1 / rows).sum() - 1) * (total * (1 / bins).sum() - 1) / (6 * total * (len(bins) - 1))
    expected = stats.chi2.sf(whole.statistic / divisor, len(bins) - 1)
    assert contrast(pair[:1], pair[1:], ordered=False).p[0, 0] == pytest.approx(expected, rel=1e-9)


def test_location_agrees_with_the_rank_sum_of_ties() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 9, 900), rng.integers(0, 9, 300) + (rng.random(300) < 0.1)
    counts = [np.bincount(sample, minlength=12)[None] for sample in (a, b)]
    exact = stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic").pvalue
    assert contrast(counts[0], counts[1]).p[0, 0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("more", [9, 15, 22])
def test_a_rare_value_is_as_surprising_as_its_exact_tail_says(more: int) -> None:
    # Four expected in 200 rows: the normal tail would say 4e-8 of fifteen, the truth is 2e-5.
    reference, current = np.array([[98_000, 2_000]]), np.array([[200 - more, more]])
    exact = stats.hypergeom.sf(more - 1, 98_000 + 2_000 + 200, 2_000 + more, 200)
    assert 0.5 < contrast(reference, current).p[0, 0] / (2.0 * exact) < (2.0 if more < 20 else 20.0)


@pytest.mark.parametrize("rows", [200, 1_000])
def test_clean_samples_are_called_as_often_as_p_says(rows: int) -> None:
    rng = np.random.default_rng(rows)
    reference, current = rng.normal(0, 1, (2_000, 900)), rng.normal(0, 1, (rows, 900))
    for sample in (reference, current):
        sample[:, 300:600] = np.floor(np.exp(sample[:, 300:600]))
        sample[:, 600:] = sample[:, 600:] > 1.6
    bins = QuantileBins.fit(reference)
    p = contrast(bins.count(reference)[:, :BINS], bins.count(current)[:, :BINS]).p
    assert ((p < 0.05).mean(axis=0) < 0.065).all()
    assert (simes(p) < 0.01).mean() < 0.017
    assert p.min() > 1e-6


def test_a_third_of_a_sigma_in_two_hundred_rows_is_seen_by_location_and_not_by_the_general_question() -> None:
    rng = np.random.default_rng(3)
    reference, current = rng.normal(0, 1, (5_000, 100)), rng.normal(0.3, 1, (200, 100))
    bins = QuantileBins.fit(reference)
    p = contrast(bins.count(reference)[:, :BINS], bins.count(current)[:, :BINS]).p
    assert np.median(p[:, 0]) < 1e-4 < 1e-3 < np.median(p[:, 2])


def test_a_wider_spread_at_the_same_location_is_seen() -> None:
    rng = np.random.default_rng(4)
    bins = QuantileBins.fit(reference := rng.normal(0, 1, (5_000, 1)))
    p = contrast(bins.count(reference)[:, :BINS], bins.count(rng.normal(0, 1.5, (500, 1)))[:, :BINS]).p[0]
    assert p[0] > 0.01
    assert p[1] < 1e-9


def test_samples_may_be_swapped() -> None:
    pairs = np.random.default_rng(5).poisson(8, (2, 20, 32))
    np.testing.assert_allclose(contrast(pairs[0], pairs[1]).p, contrast(pairs[1], pairs[0]).p, rtol=1e-9)


def test_nothing_is_said_of_empty_samples_and_of_one_value() -> None:
    none, one = np.zeros((1, 4), np.int64), np.array([[0, 50, 0, 0]])
    assert contrast(none, one).p.tolist() == [[1.0, 1.0, 1.0]]
    assert contrast(one, one * 3).p.tolist() == [[1.0, 1.0, 1.0]]
    with pytest.raises(ValueError, match="two equal"):
        contrast(none, one[:, :3])


def test_simes_is_the_smallest_q_of_benjamini_and_hochberg() -> None:
    p = np.random.default_rng(6).random((50, 30)) ** 3
    np.testing.assert_allclose(simes(p), [stats.false_discovery_control(row).min() for row in p])


def test_beyond_the_largest_of_the_reference_there_are_as_many_rows_as_the_formula_says() -> None:
    rng = np.random.default_rng(7)
    reference, current = rng.standard_cauchy((20_000, 40)), rng.standard_cauchy((20_000, 20))
    beyond = (current > reference.max(axis=1, keepdims=True)).sum(axis=1)
    for seen in (1, 2, 3):
        said = float(rose(np.array(seen), np.array(20), np.array(0), np.array(40)))
        assert (beyond >= seen).mean() == pytest.approx(said, rel=0.2)
