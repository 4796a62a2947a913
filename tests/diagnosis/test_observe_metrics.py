"""Tracks of metrics: what becomes of a series by its name and its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.diagnosis.case import Case
from aiops.diagnosis.observe_metrics import tracks
from aiops.diagnosis.series import Series


def _case(**held: list[float]) -> Case:
    """A series of each name, of an entity of its own."""
    values = [np.array(one) for one in held.values()]
    blank = ("",) * len(held)
    return Case(
        "made",
        Series(
            entity=tuple(f"e{i}" for i in range(len(held))),
            metric=tuple(held),
            peer=blank,
            detail=blank,
            start=np.concatenate(([0], np.cumsum([len(one) for one in values]))),
            time=np.concatenate([np.arange(float(len(one))) for one in values]),
            value=np.concatenate(values),
        ),
    )


def test_a_share_of_success_becomes_percent_points_of_failure() -> None:
    share, percent = tracks(_case(success=[1.0, 0.5, 1.0], availability=[100.0, 99.0, 100.0]))
    assert (share.unit, share.value.tolist()) == ("%", [0.0, 50.0, 0.0])
    assert (percent.unit, percent.value.tolist()) == ("%", [0.0, 1.0, 0.0])


@pytest.mark.parametrize("numbers", [[0.0, 0.02, 0.0], [1.0, 0.0, 0.0], [-1.0, 1.0, 1.0], [100.0, 101.0, 100.0], []])
def test_errors_that_are_no_share_of_success_stay_what_they_are(numbers: list[float]) -> None:
    (one,) = tracks(_case(errors=numbers))
    assert (one.unit, one.value.tolist()) == ("", numbers)


def test_each_series_is_judged_by_its_own_largest_value_also_beside_empty_ones() -> None:
    found = tracks(_case(abort=[], success=[1.0, 1.0, 0.9], fail=[], errors=[3.0, 500.0, 2.0], reject=[]))
    assert [one.unit for one in found] == ["", "%", "", "", ""]


def test_latencies_are_seconds_whatever_their_unit() -> None:
    in_ms, in_seconds = tracks(_case(latency_ms=[250.0, 500.0], duration_seconds=[0.25, 2.0]))
    assert [one.unit for one in (in_ms, in_seconds)] == ["s", "s"]
    assert (in_ms.value.tolist(), in_seconds.value.tolist()) == ([0.25, 0.5], [0.25, 2.0])
