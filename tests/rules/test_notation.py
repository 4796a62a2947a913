"""Promtool's expanding notation, durations and series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.detect.promtest import MAX_VALUES, expand, selector
from aiops.types import STALE_NAN


@pytest.mark.parametrize(
    ("notation", "values"),
    [
        ("1 2 3", [1, 2, 3]),
        ("0+10x3", [0, 10, 20, 30]),
        ("-2+4x3", [-2, 2, 6, 10]),
        ("1-2x4", [1, -1, -3, -5, -7]),
        ("1x4", [1, 1, 1, 1, 1]),
        ("4 _ 1+0x2", [4, np.nan, 1, 1, 1]),
        ("_x3 1.5e2", [np.nan, np.nan, np.nan, 150]),
        ("1 -Inf Inf NaN", [1, -np.inf, np.inf, np.nan]),
        ("", []),
    ],
)
def test_notation_expands_as_promtool_documents_it(notation: str, values: list[float]) -> None:
    np.testing.assert_array_equal(expand(notation), np.array(values, float))


def test_stale_is_the_marker_of_prometheus_and_not_any_nan() -> None:
    assert expand("1 stale").view(np.uint64)[1] == STALE_NAN


@pytest.mark.parametrize("notation", ["x3", "1+", "1+2", "_+1x3", "{{schema:1}}", "1xx", "abc", f"1x{MAX_VALUES + 1}"])
def test_what_is_not_in_the_notation_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match=r"not a value|no step|needs a count|more than"):
        expand(notation)


@given(st.integers(-1000, 1000), st.integers(-50, 50), st.integers(0, 200))
def test_a_ramp_agrees_with_the_naive_loop(start: int, step: int, times: int) -> None:
    naive = [start + step * i for i in range(times + 1)]
    assert expand(f"{start}{step:+d}x{times}").tolist() == naive


def test_many_short_ramps_are_capped_together() -> None:
    with pytest.raises(ValueError, match="more than"):
        expand(f"1x{MAX_VALUES // 2} 1x{MAX_VALUES // 2}")


def test_a_series_is_read_with_its_escapes() -> None:
    labels = selector('vllm:up{job="a,b", path="C:\\\\x \\"y\\""}')
    assert labels.metric == "vllm:up"
    assert labels.as_dict() == {"job": "a,b", "path": 'C:\\x "y"'}


@pytest.mark.parametrize("text", ["a b", "up{job=node}", 'up{job="x"', '1up{a="b"}'])
def test_a_series_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"series|labels"):
        selector(text)
