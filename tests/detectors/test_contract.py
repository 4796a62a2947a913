"""Every streaming detector keeps the contract that third parties are held to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import detectors
from detectors import state as states
from detectors.protocol import Streaming
from detectors.testing import CHECKS, check_all, check_permutation, columns

NAMES = sorted(detectors.STREAMING)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_detector_passes_every_check(name: str, check: Callable[..., None]) -> None:
    detector = detectors.load(name)()
    assert isinstance(detector, Streaming)
    check(detector, columns(detector))


@pytest.mark.parametrize("name", NAMES)
def test_a_slot_in_a_vector_block_scores_as_one_in_the_rest_of_it(name: str) -> None:
    detector = detectors.load(name)()
    check_permutation(detector, columns(detector, width=200, n=300))


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_a_grown_and_a_taken_state_keep_their_order(name: str) -> None:
    detector = detectors.load(name)()
    state = states.grow(detector, detector.init(3), 9)
    for part in (state, states.take(state, np.array([4, 1])), states.snapshot(state)):
        for field, array in part.items():
            assert array.flags.f_contiguous == detector.init(9)[field].flags.f_contiguous
            assert array.flags.c_contiguous or array.flags.f_contiguous


def test_the_season_lies_slot_by_slot() -> None:
    assert detectors.load("baseline")().init(9)["season"].flags.f_contiguous


def test_a_state_does_not_shrink() -> None:
    detector = detectors.load("baseline")()
    with pytest.raises(ValueError, match="cannot grow"):
        states.grow(detector, detector.init(3), 2)


def test_a_snapshot_of_another_shape_is_refused() -> None:
    small, large = detectors.load("baseline")(season_steps=24), detectors.load("baseline")()
    with pytest.raises(ValueError, match="season"):
        states.restore(large, states.snapshot(small.init(2)))


def test_a_detector_that_peeks_at_its_neighbours_is_caught() -> None:
    honest = detectors.load("threshold")

    class Peeking:
        name, inputs, parameters = "peeking", 1, honest.parameters

        def init(self, n: int) -> dict[str, np.ndarray]:
            return honest().init(n)

        def update(self, state: dict[str, np.ndarray], x: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray]:
            surprise, expected = honest().update(state, x, at)
            return surprise, np.full_like(expected, np.nan_to_num(x).mean())

    with pytest.raises(AssertionError):
        check_all(Peeking())


def test_the_table_of_names_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import detectors, sys; print([m for m in ('numpy', 'numba', 'scipy', 'pyod') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
