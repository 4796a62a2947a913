"""What the constants of the ranking owe to the sets: settings are changed everywhere at once, and put back."""

from __future__ import annotations

import numpy as np

from aiops.correlate import request_shift, shift, track
from aiops.correlate.deviation import WEIGHTS
from aiops.correlate.topology import Topology
from aiops.diagnosis.case import Case
from aiops.diagnosis.observe import Sight
from benchmarks.left_out import Question, altered, weighed, without


def test_a_constant_is_altered_wherever_it_was_taken_over_and_put_back() -> None:
    sure, cpu = track.SURE, WEIGHTS["saturation"]
    with altered("correlate.track.SURE", 2.0), weighed(("saturation",), 0.5):
        assert {vars(one)["SURE"] for one in (track, shift, request_shift)} == {2 * sure}
        assert WEIGHTS["saturation"] == cpu / 2
    assert {vars(one)["SURE"] for one in (track, shift, request_shift)} == {sure}
    assert WEIGHTS["saturation"] == cpu


def _asked(group: str) -> Question:
    return Question(group, f"{group}/any", Case(group), Sight((), Topology()), "", frozenset())


def test_a_set_has_no_say_in_the_setting_it_is_judged_by() -> None:
    """The second setting is right in all of `a` and wrong elsewhere: only `b` and `c` would pay for it."""
    asked = [_asked(group) for group in ("a", "a", "b", "c")]
    right = np.array([[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]])
    assert without(asked, right, lambda one: one.group).tolist() == [0.0, 0.0, 0.0, 1.0]
