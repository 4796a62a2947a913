"""Rows in order of time need not be independent: what the reference does by itself is no drift."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aiops.drift.unrest import Unrest, at, cuts
from detectors.drift import BINS, QuantileBins
from detectors.homogeneity import contrast, restlessness
from tests.drift.sample import Frame, called, judged

ROWS, WINDOW = 8_000, 500


def stream(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Independent rows about a level that is another one every hundred rows."""
    return np.repeat(rng.normal(0, 1, rows // 100), 100) + rng.normal(0, 1, rows)


def frames(stamped: bool, shift: float) -> list[Frame]:
    rng = np.random.default_rng(0)
    whole = {"restless": stream(ROWS + 8 * WINDOW, rng), "calm": rng.normal(0, 1, ROWS + 8 * WINDOW)}
    if stamped:
        whole["timestamp"] = 1e9 + 60.0 * np.arange(ROWS + 8 * WINDOW)
    edges = [0, *range(ROWS, ROWS + 8 * WINDOW + 1, WINDOW)]
    found = [{name: column[a:b].copy() for name, column in whole.items()} for a, b in pairwise(edges)]
    for frame in found[5:]:
        frame["calm"] += shift
    return found


def test_levels_that_come_and_go_in_the_reference_do_not_alert_when_rows_have_times(tmp_path: Path) -> None:
    assert not any(verdict.alert for verdict in judged(tmp_path, *frames(True, 0.0)))
    assert any(verdict.alert for verdict in judged(tmp_path, *frames(False, 0.0)))


def test_a_calm_column_beside_a_restless_one_keeps_its_power(tmp_path: Path) -> None:
    verdicts = judged(tmp_path, *frames(True, 0.3))
    assert [verdict.alert for verdict in verdicts] == [False] * 4 + [True] * 4
    assert {name for verdict in verdicts for name in called(verdict)} == {"calm"}


def test_independent_rows_are_not_restless_and_clustered_ones_are_so_many_times() -> None:
    rng = np.random.default_rng(1)
    rows = np.column_stack([stream(ROWS, rng) for _ in range(40)] + [rng.normal(0, 1, ROWS) for _ in range(40)])
    bins = QuantileBins.fit(rows)
    pieces = np.stack([bins.count(piece)[:, :BINS] for piece in np.split(rows, 16)])
    found = restlessness(pieces)
    # A hundred rows share a level that is as wide as the rows: (1 + 100) / 2 times the variance of a mean.
    assert np.median(found[:40, 0]) == pytest.approx(50, rel=0.3)
    assert (found[40:] == 1.0).mean() > 0.98


def test_p_is_only_ever_raised() -> None:
    rng = np.random.default_rng(2)
    found = contrast(*rng.poisson(30, (2, 50, 32)))
    np.testing.assert_array_equal(found.widened(np.ones((50, 3)), np.full((50, 1), 8.0)), found.p)
    assert (found.widened(np.full((50, 3), 1.5), np.full((50, 1), 8.0)) >= found.p).all()


def test_pieces_are_sixteen_at_most_and_none_when_they_would_be_short() -> None:
    assert len(cuts(10_000)) == 16
    assert [(cut.start, cut.stop) for cut in cuts(210)] == [(0, 52), (52, 104), (104, 156), (156, 208)]
    assert cuts(199) == []


def test_unrest_is_that_of_pieces_as_long_as_the_windows() -> None:
    some = [Unrest(rows, 16, np.ones((1, 3)), np.ones((0, 1))) for rows in (100, 200, 400)]
    assert [at(some, rows).rows for rows in (50, 100, 150, 5_000)] == [100, 100, 200, 400]
