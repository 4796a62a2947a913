"""Tails agree with scipy."""

from __future__ import annotations

import numpy as np
from scipy import stats

from detectors import tail
from detectors.protocol import CAP


def test_binomial_tails_agree_with_scipy() -> None:
    count, trials = np.array([0.0, 1.0, 5.0, 30.0, 100.0]), np.full(5, 100.0)
    upper = -np.log10(stats.binom.sf(count - 1, trials, 0.1))
    lower = -np.log10(stats.binom.cdf(count, trials, 0.1))
    np.testing.assert_allclose(tail.binomial_upper(count, trials, np.full(5, 0.1)), np.minimum(upper, CAP), rtol=1e-9)
    np.testing.assert_allclose(tail.binomial_lower(count, trials, np.full(5, 0.1)), lower, rtol=1e-9, atol=1e-12)


def test_normal_and_student_tails_agree_with_scipy() -> None:
    z = np.array([-3.0, 0.0, 2.0, 6.0])
    np.testing.assert_allclose(tail.normal(z), -np.log10(stats.norm.sf(z)), rtol=1e-9)
    np.testing.assert_allclose(tail.student(z, np.full(4, 9.0)), -np.log10(stats.t.sf(z, 9)), rtol=1e-9)


def test_no_surprise_is_infinite_or_negative() -> None:
    assert tail.surprise(np.array([0.0, 1.0, 1e-300])).tolist() == [CAP, 0.0, CAP]
    assert tail.normal(np.array([1e9])).tolist() == [CAP]
