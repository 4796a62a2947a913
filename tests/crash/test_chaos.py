"""Deaths at random points of a whole day, again and again: whatever the dice say, the outcome is that of a calm run.

One throw is part of every run of the tests; `make soak` throws many, over worlds that differ.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from aiops.types import Json
from tests.crash.stage import Stage, content, prepare
from tests.replay import world

Strikes = Callable[[str, int], bool]
REST_SECONDS = 900.0
CHANCE = 0.004
"""Of dying at a point; a day has thousands of them."""


def day(folder: Path, interval: str, log: list[world.Message], strikes: Strikes) -> tuple[list[Json], Stage]:
    """Play everything, from no state to the end of the last finding."""
    stage = Stage(prepare(folder, interval), log[0].time, strikes)
    stage.play(log, len(log))
    stage.rest(REST_SECONDS)
    return [content(one) for one in stage.end()], stage


def same_outcome(folder: Path, seed: int) -> None:
    """Assert that a day with deaths ends as one without; each seed is another world and other deaths."""
    log, dice = world.messages(seed=seed), random.Random(seed)
    expected, calm = day(folder / "calm", "1h", log, lambda _, __: False)
    found, stage = day(folder / "chaos", "0s", log, lambda _, __: dice.random() < CHANCE)
    assert stage.deaths.total() > 5, "the dice killed nothing: no test"
    assert found == expected
    assert stage.board.posts == calm.board.posts
    assert all(count == 1 for count in stage.hits.values())
    assert len(stage.board.posts) == len(set(stage.board.posts)) == 1


def test_a_day_of_random_deaths_ends_like_a_calm_one(tmp_path: Path) -> None:
    same_outcome(tmp_path, 5)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_sixty_worlds_with_random_deaths_end_like_calm_ones(seed: int, tmp_path: Path) -> None:
    same_outcome(tmp_path, seed)
