"""What moves like a counter is taken for one; what was declared is believed."""

from __future__ import annotations

import numpy as np

from aiops.detect import kind
from aiops.types import Kind


def found(values: list[float], declared: Kind = Kind.UNKNOWN) -> list[Kind]:
    state = kind.init(1)
    return [
        Kind(int(kind.observe(state, np.array([one]), np.array([declared], np.int8))[0])) for one in map(float, values)
    ]


def test_twenty_samples_that_rise_and_never_fall_are_a_counter() -> None:
    kinds = found(list(range(25)))
    assert kinds[: kind.SAMPLES - 1] == [Kind.UNKNOWN] * (kind.SAMPLES - 1)
    assert kinds[kind.SAMPLES :] == [Kind.COUNTER] * 5


def test_what_hardly_ever_rises_is_not_yet_anything() -> None:
    assert found([1.0] * 50)[-1] == Kind.UNKNOWN


def test_one_fall_before_it_is_known_makes_a_gauge() -> None:
    assert found([1, 2, 3, 2, *range(3, 40)])[-1] == Kind.GAUGE


def test_a_fall_to_near_nothing_is_a_reset_and_a_small_one_ends_the_mistake() -> None:
    assert found([*range(30), 1, *range(2, 9)])[-1] == Kind.COUNTER
    assert found([*range(30), 27, *range(28, 90)])[-1] == Kind.GAUGE


def test_a_declared_kind_wins_over_what_is_seen() -> None:
    assert set(found(list(range(40)), Kind.GAUGE)) == {Kind.GAUGE}
    assert set(found([3, 1, 2, 1], Kind.COUNTER)) == {Kind.COUNTER}


def test_missing_samples_say_nothing() -> None:
    gaps = [value for one in range(20) for value in (float(one), float("nan"))]
    assert found(gaps)[-1] == Kind.COUNTER
