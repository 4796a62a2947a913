"""Adapters to pyod and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.decompose import Decompose, FitError
from detectors.pyod_window import PyodWindow

RNG = np.random.default_rng(0)
NORMAL = RNG.multivariate_normal([10.0, 20.0], [[1.0, 0.95], [0.95, 1.0]], 400)


@pytest.mark.parametrize("model", ["iforest", "hbos", "knn"])
def test_an_odd_row_stands_out_and_ordinary_rows_do_not(model: str) -> None:
    window = PyodWindow(model).fit(NORMAL)
    rows = np.vstack([NORMAL[:50], [[30.0, -10.0]], [[np.nan, 1.0]]])
    surprise = window.score(rows)
    assert surprise[50] > np.nanmax(surprise[:50])
    assert np.isnan(surprise[51])


def test_a_row_scores_the_same_in_any_company_and_on_any_run() -> None:
    one, two = PyodWindow("iforest", seed=3).fit(NORMAL), PyodWindow("iforest", seed=3).fit(NORMAL)
    np.testing.assert_allclose(one.score(NORMAL[:20])[:1], two.score(NORMAL[:1]), rtol=1e-12)


def test_models_that_score_a_row_by_its_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="ecod"):
        PyodWindow("ecod")


@pytest.mark.parametrize("method", ["stl", "ets"])
def test_a_season_with_gaps_is_taken_apart(method: str) -> None:
    t = np.arange(24 * 14)
    shape = 5.0 * np.sin(6.2832 * t / 24)
    x = 100.0 + shape + np.random.default_rng(0).normal(0.0, 0.3, len(t))
    x[50:60] = np.nan
    parts = Decompose(24, method).split(x)
    assert abs(parts.level - 100.0) < 1.0
    assert np.abs(parts.season - shape[:24]).max() < 1.0
    assert 0.1 < parts.scale < 0.6
    x[200] += 30.0
    surprise = Decompose(24, method).score(x)
    assert int(np.nanargmax(surprise)) == 200
    assert np.isnan(surprise[50])


def test_too_little_to_take_apart_is_said() -> None:
    with pytest.raises(ValueError, match="two periods"):
        Decompose(24).split(np.zeros(30))
    with pytest.raises(FitError, match="half"):
        Decompose(24).split(np.full(100, np.nan))
