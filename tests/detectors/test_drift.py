"""Two samples: the binned tests against scipy, and how often they cry wolf."""

from __future__ import annotations

import numpy as np
from scipy import stats

from detectors.drift import Drift, QuantileBins, benjamini_hochberg, g_test, psi


def test_the_g_test_agrees_with_scipy() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(100, (4, 2, 12))
    g, p = g_test(counts[:, 0], counts[:, 1])
    for j in range(4):
        expected = stats.chi2_contingency(counts[j], correction=False, lambda_="log-likelihood")
        assert abs(g[j] - expected.statistic) < 1e-9
        assert abs(p[j] - expected.pvalue) < 1e-9


def test_counting_agrees_with_searchsorted_and_missing_values_have_a_bin() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(0.0, 1.0, (500, 3))
    rows[::10, 1] = np.nan
    bins = QuantileBins.fit(rows)
    counts = bins.count(rows)
    assert counts.sum(axis=1).tolist() == [500] * 3
    assert counts[:, 32].tolist() == [0, 50, 0]
    for j in (0, 2):
        np.testing.assert_array_equal(
            counts[j, :32], np.bincount(np.searchsorted(bins.edges[j], rows[:, j]), minlength=32)
        )


def test_columns_are_placed_where_searchsorted_says_whatever_they_hold() -> None:
    rng = np.random.default_rng(0)
    odd = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e300, 5e-324, -5e-324])
    samples = [
        rng.normal(0.0, 1.0, 501), np.exp(rng.normal(0.0, 4.0, 502)), rng.poisson(2.0, 503) * 1.0, np.zeros(504),
        np.where(rng.random(505) < 0.5, 0.0, rng.random(505)), np.full(506, np.nan), rng.choice(odd, 507),
    ]  # fmt: skip
    for sample in samples:
        sample.flags.writeable = False  # as columns of Arrow are
        bins = QuantileBins.fit(sample[:, None])
        edges, known = bins.edges[0], sample[~np.isnan(sample)]
        for low, high in ((-0.5, 0.5), (0.0, 0.0), (-np.inf, np.inf), (np.nan, np.nan), (edges[3], edges[-3])):
            counts, outside = bins.place([sample], np.array([low]), np.array([high]))
            np.testing.assert_array_equal(counts[0, :32], np.bincount(np.searchsorted(edges, known), minlength=32))
            assert counts[0, 32] == len(sample) - len(known)
            assert outside[0].tolist() == [np.count_nonzero(known < low), np.count_nonzero(known > high)]


def test_what_falls_below_a_value_that_many_rows_have_is_told_from_it() -> None:
    reference = np.array([[0.0, 7.0]] * 60 + [[1.0, 7.0]] * 40)
    bins = QuantileBins.fit(reference)
    below, above = bins.count(reference - 5.0), bins.count(reference + 5.0)
    assert (np.minimum(bins.count(reference), below) == 0).all()
    assert (np.minimum(bins.count(reference)[1], above[1]) == 0).all()


def test_clean_windows_are_called_as_often_as_p_says_at_every_size() -> None:
    rng = np.random.default_rng(1)
    for rows in (100, 1_000):
        reference = rng.normal(0.0, 1.0, (5_000, 200))
        _, p = Drift().compare(reference, rng.normal(0.0, 1.0, (rows, 200)))
        assert (p < 0.05).mean() < 0.11
        assert p.min() > 1e-5


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p = np.random.default_rng(0).random(40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=1e-12)


def test_stability_index_of_equal_shares_is_nothing() -> None:
    assert psi(np.array([[50, 50]]), np.array([[500, 500]]))[0] < 1e-4
    assert psi(np.array([[90, 10]]), np.array([[50, 50]]))[0] > 0.5


def test_empty_and_constant_samples_are_no_drift() -> None:
    empty = np.empty((0, 1))
    constant = np.full((100, 1), 3.0)
    assert Drift().compare(constant, empty)[1].tolist() == [1.0]
    assert Drift().compare(constant, constant)[1].tolist() == [1.0]
    assert Drift().compare(constant, constant + 1.0)[1][0] < 1e-9
