"""A process that dies at any message or commit: the same incidents, no message twice, no unsafe step twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aiops.types import Json
from tests.crash.stage import Stage, content, copied, prepare
from tests.replay import world

LOG = [one for one in world.messages() if b'"log"' not in one.body and b'"prediction"' not in one.body]
PER_STEP = len(LOG) // world.STEPS
CALM, END = (world.FAULT - 2) * PER_STEP, (world.FAULT_END + 20) * PER_STEP
POINTS = ("before commit", "after commit", "before a message", "after a message", "before a step", "after a step")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State just before the fault."""
    stage = Stage(prepare(tmp_path_factory.mktemp("crash") / "calm", "1h"))
    stage.play(LOG, CALM)
    stage.end()
    return stage.folder


def through(stage: Stage) -> list[Json]:
    stage.play(LOG, END)
    stage.rest(120)
    return [content(one) for one in stage.end()]


@pytest.fixture(scope="module")
def undisturbed(calm: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Json], list[str]]:
    stage = Stage(copied(calm, tmp_path_factory.mktemp("crash") / "undisturbed", "1s"), LOG[CALM].time)
    return through(stage), stage.board.posts


def once(point: str) -> Callable[[str, int], bool]:
    """Die at `point`, once for each message."""
    burnt: set[int] = set()

    def strikes(name: str, reading: int) -> bool:
        if name != point or reading in burnt:
            return False
        burnt.add(reading)
        return True

    return strikes


def test_undisturbed_there_is_one_incident_one_message_and_one_step(
    undisturbed: tuple[list[Json], list[str]], calm: Path, tmp_path: Path
) -> None:
    incidents, posts = undisturbed
    assert [one["status"] for one in incidents] == ["resolved"]
    assert len(posts) == 1
    assert incidents[0]["runbooks"] == ["restart-counted"]
    stage = Stage(copied(calm, tmp_path / "again", "1h"), LOG[CALM].time)
    assert through(stage) == incidents
    assert list(stage.hits.values()) == [1]


@pytest.mark.parametrize("interval", ["0s", "1h"])
@pytest.mark.parametrize("point", POINTS)
def test_dying_there_at_every_message_changes_nothing(
    point: str, interval: str, calm: Path, undisturbed: tuple[list[Json], list[str]], tmp_path: Path
) -> None:
    incidents, posts = undisturbed
    stage = Stage(copied(calm, tmp_path / "universe", interval), LOG[CALM].time, once(point))
    assert through(stage) == incidents
    assert stage.board.posts == posts
    assert max(stage.hits.values(), default=0) <= 1
    least = END - CALM if point == "before commit" and interval == "0s" else 1
    assert stage.deaths[point] >= least
