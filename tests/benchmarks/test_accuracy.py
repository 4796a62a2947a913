"""The scorers behind docs/accuracy.md, on cases small enough to work out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import detection, nab, peers
from benchmarks.accuracy.data import Case, runs
from benchmarks.accuracy.vus import vus_pr

STEP = 300.0


def case(rows: int, *segments: tuple[int, int], columns: int = 1) -> Case:
    truth = np.zeros(rows, np.bool_)
    for first, last in segments:
        truth[first:last] = True
    time = STEP * np.arange(rows)
    windows = tuple((float(time[first]), float(time[last - 1])) for first, last in segments)
    return Case(
        "one", "group", time, np.random.default_rng(0).normal(size=(rows, columns)), truth, STEP, windows=windows
    )


def scores(rows: int, *at: int) -> np.ndarray:  # type: ignore[type-arg]
    made = np.zeros(rows)
    made[list(at)] = 9.0
    return made


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    cost = {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.11}
    (tmp_path / "config" / "profiles.json").write_text(json.dumps({"standard": {"CostMatrix": cost}}))
    return tmp_path


def test_runs_are_found_at_both_ends() -> None:
    assert runs(np.array([True, True, False, True])).tolist() == [[0, 2], [3, 4]]


def test_nab_gives_nothing_for_silence_and_all_for_the_first_row_of_each_window(profiles: Path) -> None:
    one = case(1_000, (500, 600))
    assert nab.score(profiles, [one], {"one": np.zeros(1_000)}) == {"standard": 0.0}
    found = nab.score(profiles, [one], {"one": scores(1_000, 500)})["standard"]
    assert found == pytest.approx(100.0, abs=1.0)


def test_nab_charges_a_false_alarm_and_rewards_the_earlier_hit(profiles: Path) -> None:
    one = case(1_000, (500, 600))
    early, late = (nab.score(profiles, [one], {"one": scores(1_000, at)})["standard"] for at in (510, 590))
    charged = nab.score(profiles, [one], {"one": scores(1_000, 510, 300)})["standard"]
    assert early > late
    assert charged == pytest.approx(early - 100.0 * 0.11 / 2.0)


def test_nab_does_not_judge_the_first_rows(profiles: Path) -> None:
    one = case(1_000, (500, 600))
    quiet, loud = (nab.score(profiles, [one], {"one": scores(1_000, 510, *more)}) for more in ((), (20,)))
    assert quiet == loud


def test_a_segment_counts_wholly_within_its_delay_and_not_at_all_after_it() -> None:
    one = case(200, (100, 140))
    assert detection.delay_f1([one], [scores(200, 107)]) == (1.0, 1.0)
    late = scores(200, 108)
    assert detection.delay_f1([one], [late])[1] == 0.0


def test_events_are_matched_by_overlap_and_false_ones_counted_a_day() -> None:
    one = case(288, (100, 140))
    f1, false = detection.event_f1([one], [scores(288, 120, 200)])
    assert f1 == pytest.approx(2 * 0.5 / 1.5)
    assert false == pytest.approx(1.0)


def test_a_guilty_column_is_hit_when_it_ranks_among_as_many_and_ties_do_not_count() -> None:
    one = case(10, (4, 6), columns=3)
    guilty = Case(one.name, one.group, one.time, one.values, one.truth, culprits=((4, 6, (2,)),))
    score = np.zeros((10, 3))
    assert detection.hit_rate([guilty], [score]) == 0.0
    score[4:6, 2] = 1.0
    assert detection.hit_rate([guilty], [score]) == 1.0


def test_the_volume_is_one_for_the_truth_itself_and_small_for_its_contrary() -> None:
    one = case(600, (300, 340))
    assert vus_pr(one.truth, one.truth.astype(float), one.values[:, 0]) > 0.75
    assert vus_pr(one.truth, -one.truth.astype(float), one.values[:, 0]) < 0.2


@pytest.mark.parametrize("name", sorted(peers.RUN))
def test_a_peer_does_not_look_ahead(name: str) -> None:
    values = np.random.default_rng(1).normal(10.0, 1.0, 500)
    peer = peers.RUN[name]
    np.testing.assert_allclose(peer(values)[:300], peer(values[:300]))
