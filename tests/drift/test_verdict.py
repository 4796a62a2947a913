"""One verdict a window: silent where nothing happened, and the right columns named where something did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow
import pytest

from aiops.drift.cells import Roles
from aiops.drift.evidence import LENGTHS, pools
from aiops.drift.judge import judge
from aiops.drift.reference import Reference
from aiops.drift.report import reasons
from aiops.drift.table import Table
from aiops.drift.tally import Tally
from aiops.drift.verdict import LEVEL, Verdict
from aiops.errors import ConfigError
from tests.drift.sample import answered, called, judged, population


def in_memory(values: np.ndarray) -> Table:
    columns = {f"c{j}": pyarrow.chunked_array([pyarrow.array(column)]) for j, column in enumerate(values.T)}
    return Table("w", len(values), columns)


def sequence(reference: np.ndarray, windows: list[np.ndarray]) -> list[Verdict]:
    known = Reference.of(in_memory(reference), Roles())
    tallies: list[Tally] = []
    found = []
    for rows in windows:
        window = known.count(in_memory(rows))
        tallies.append(window.tally)
        found.append(judge(known, window, tallies[-max(LENGTHS) :]))
    return found


def test_clean_windows_never_alert_and_their_p_is_below_a_twentieth_in_a_twentieth_at_most() -> None:
    p = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        verdicts = sequence(rng.normal(0, 1, (3_000, 20)), [rng.normal(0, 1, (300, 20)) for _ in range(25)])
        assert not any(verdict.alert or verdict.quality or called(verdict) for verdict in verdicts)
        p += [verdict.p for verdict in verdicts]
    assert 0.005 < np.mean(np.array(p) < 0.05) < 0.08


@pytest.mark.parametrize(("rows", "sigmas", "within"), [(200, 0.3, 3), (200, 0.2, 6), (1_000, 0.1, 16)])
def test_a_shift_too_small_for_one_window_is_found_over_several_and_named(
    rows: int, sigmas: float, within: int
) -> None:
    rng = np.random.default_rng(1)
    shift = np.zeros(30)
    shift[[3, 7, 20]] = sigmas
    before = [rng.normal(0, 1, (rows, 30)) for _ in range(4)]
    after = [rng.normal(0, 1, (rows, 30)) + shift for _ in range(within)]
    verdicts = sequence(rng.normal(0, 1, (5_000, 30)), before + after)
    assert not any(verdict.alert for verdict in verdicts[:4])
    assert any(verdict.alert for verdict in verdicts[4:])
    assert {name for verdict in verdicts for name in called(verdict)} <= {"c3", "c7", "c20"}


def test_one_odd_window_is_forgotten_although_it_stands_in_the_longer_stretches() -> None:
    rng = np.random.default_rng(2)
    windows = [rng.normal(2.0 * (i == 3), 1, (500, 5)) for i in range(12)]
    alerts = [verdict.alert for verdict in sequence(rng.normal(0, 1, (5_000, 5)), windows)]
    assert alerts[3]
    assert not any(alerts[:3] + alerts[6:])


def test_what_one_odd_window_left_behind_seldom_alerts_however_many_columns_it_had() -> None:
    after = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        reference = rng.normal(0, 1, (5_000, 20))
        windows = [rng.normal(2.0 * (i == 2), 1, (500, 20)) for i in range(10)]
        after += [verdict.alert for verdict in sequence(reference, windows)[3:]]
    assert np.mean(after) < 0.05


def test_a_window_after_the_odd_one_has_its_own_p_and_a_slow_shift_that_of_several_windows() -> None:
    rng = np.random.default_rng(2)
    windows = [rng.normal(2.0 * (i == 3), 1, (500, 5)) for i in range(12)]
    reference = rng.normal(0, 1, (5_000, 5))
    past = sequence(reference, windows)
    assert past[3].p <= LEVEL
    assert min(verdict.p for verdict in past[6:]) > LEVEL
    assert min(column.p for verdict in past[6:] for column in verdict.columns) > LEVEL
    assert {verdict.windows for verdict in past} == {1}
    slow = sequence(reference, [rng.normal([0.2, 0, 0, 0, 0], 1, (150, 5)) for _ in range(12)])
    first = next(verdict for verdict in slow if verdict.alert)
    assert first.p <= LEVEL
    assert first.windows in LENGTHS[1:]
    assert f"c0 drifts, over the last {first.windows} windows" in reasons(first)
    assert first.columns[0].p <= LEVEL


@pytest.mark.parametrize("rows", [1, 3, 9])
def test_few_rows_are_told_to_be_too_few(rows: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(15)
    verdict = judged(tmp_path, population(500, rng), population(rows, rng))[0]
    assert not verdict.alert
    assert reasons(verdict) == f"too few rows to judge: {rows}, at least 10 are needed"
    assert not sequence(rng.normal(0, 1, (500, 3)), [rng.normal(0, 1, (rows, 3)) for _ in range(16)])[-1].alert
    with pytest.raises(ConfigError, match=rf"reference\.csv: has {rows} rows; a reference needs at least 60"):
        judged(tmp_path, population(rows, rng), population(500, rng))


def test_rare_categories_of_a_small_reference_do_not_alert_for_others_in_a_window(tmp_path: Path) -> None:
    rng = np.random.default_rng(16)
    for _ in range(20):
        frames = [{"city": [f"city {n}" for n in rng.zipf(2.0, rows)]} for rows in (80, 1_000)]
        assert not judged(tmp_path, *frames)[0].alert


def test_a_difference_of_no_consequence_is_in_p_and_not_called() -> None:
    rng = np.random.default_rng(3)
    verdict = sequence(rng.normal(0, 1, (40_000, 3)), [rng.normal(0.06, 1, (40_000, 3))])[0]
    assert verdict.p < LEVEL
    assert not verdict.alert
    assert reasons(verdict) == "differs, in nothing that matters"


def test_windows_are_added_up_in_twos_and_fours() -> None:
    tallies = [Tally(10**i, np.zeros((1, 32), int), np.zeros(0), (), np.zeros((1, 0, 2), int)) for i in range(6)]
    assert [pool.rows for pool in pools(tallies)] == [100_000, 110_000, 111_100]


def test_more_errors_at_unchanged_shares_alert_by_labels_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    reference = answered(population(4_000, rng), rng)
    windows = [answered(population(800, rng), rng, wrong) for wrong in (0.05, 0.15)]
    clean, bad = judged(tmp_path, reference, *windows, prediction="yhat", label="y")
    assert (clean.alert, bad.alert) == (False, True)
    assert called(bad) == []
    accuracy = next(metric for metric in bad.performance if metric.name == "accuracy")
    assert accuracy.alert
    assert (accuracy.reference, accuracy.current) == (pytest.approx(0.95, abs=0.01), pytest.approx(0.85, abs=0.03))


def test_a_model_that_has_become_better_does_not_alert(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    reference, window = answered(population(4_000, rng), rng, 0.2), answered(population(800, rng), rng, 0.02)
    verdict = judged(tmp_path, reference, window, prediction="yhat", label="y")[0]
    assert verdict.p < LEVEL
    assert not verdict.alert


def test_a_column_may_be_called_as_a_metric_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    reference, window = (answered(population(rows, rng), rng) | {"accuracy": rng.random(rows)} for rows in (2_000, 400))
    window["accuracy"] = window["accuracy"] + 0.5
    verdict = judged(tmp_path, reference, window, prediction="yhat", label="y")[0]
    assert called(verdict) == ["accuracy"]
    assert not any(metric.alert for metric in verdict.performance)


def test_a_prediction_pays_for_no_feature(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    reference, window = (population(rows, rng) | {"score": rng.beta(2, 3, rows)} for rows in (4_000, 400))
    window["score"] = rng.beta(2.5, 2.6, 400)
    verdict = judged(tmp_path, reference, window, prediction="score")[0]
    assert called(verdict) == ["score"]
    score = next(column for column in verdict.columns if column.name == "score")
    assert score.q == score.p


def test_a_gap_between_groups_alerts_and_one_that_was_accepted_does_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)

    def frame(rows: int, gap: float) -> dict[str, object]:
        team = rng.random(rows) < 0.5
        said = rng.random(rows) < np.where(team, 0.4 + gap / 2, 0.4 - gap / 2)
        return population(rows, rng) | {"team": np.where(team, "n", "s"), "yhat": np.where(said, "yes", "no")}

    first = judged(tmp_path, frame(4_000, 0.2), frame(1_000, 0.2), prediction="yhat", group="team")[0]
    assert not first.alert
    assert abs(first.fairness[0].reference) > 0.15
    second = judged(tmp_path, frame(4_000, 0.0), frame(1_000, 0.3), prediction="yhat", group="team")[0]
    assert second.alert
    assert {gap.group for gap in second.fairness if gap.alert} == {"n", "s"}
    assert called(second) == []


def test_without_labels_accuracy_is_estimated_and_a_changed_world_is_not_seen(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)

    def frame(rows: int, sure: float, labels: bool, lies: bool = False) -> dict[str, object]:
        score = np.clip(np.where(rng.random(rows) < 0.5, sure, 1 - sure) + rng.normal(0, 0.05, rows), 0, 1)
        y = rng.random(rows) < (1 - score if lies else score)
        return population(rows, rng) | {"score": score} | ({"y": y.astype(int)} if labels else {})

    reference = frame(6_000, 0.9, labels=True)
    windows = [frame(1_000, 0.9, False), frame(1_000, 0.7, False), frame(1_000, 0.9, False, lies=True)]
    same, unsure, lying = judged(tmp_path, reference, *windows, prediction="score", label="y")
    assert [metric.name for metric in same.performance] == ["estimated_accuracy"]
    assert [v.performance[0].alert for v in (same, unsure, lying)] == [False, True, False]
    assert unsure.performance[0].current == pytest.approx(0.7, abs=0.06)
    assert not same.quality


def test_verdicts_are_the_documented_json(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    reference, window = answered(population(500, rng), rng), answered(population(200, rng), rng)
    document = judged(tmp_path, reference, window, prediction="yhat", label="y", group="colour")[0].document()
    assert list(document) == ["file", "rows", "alert", "p", "windows", "columns", "quality", "performance", "fairness"]
    assert list(document["columns"][0]) == ["name", "kind", "p", "q", "effect", "drift"]
    assert list(document["performance"]["accuracy"]) == ["reference", "current", "p", "alert"]
    assert list(document["fairness"][0]) == ["group", "metric", "value", "reference", "alert"]


@pytest.mark.parametrize("exponent", [1.3, 1.6])
def test_categories_with_a_long_tail_do_not_alert_for_the_values_that_are_new_in_every_sample(
    exponent: float, tmp_path: Path
) -> None:
    rng = np.random.default_rng(13)
    frames = [{"city": [f"city {n}" for n in rng.zipf(exponent, rows)]} for rows in (4_000, 800, 800, 800)]
    frames[3]["city"] = [f"city {n + 1}" for n in rng.zipf(exponent, 800)]
    assert [verdict.alert for verdict in judged(tmp_path, *frames)] == [False, False, True]


@pytest.mark.parametrize("name", ["age", "nearly", "some"])
def test_a_column_of_nearly_as_many_values_as_rows_is_refused_as_a_group(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(14)
    frame = population(1_000, rng) | {"yhat": rng.random(1_000) < 0.5, "age": rng.normal(40, 12, 1_000)}
    frame["nearly"] = [f"u{n}" for n in rng.integers(0, 400, 1_000)]
    frame["some"] = np.where(rng.random(1_000) < 0.3, rng.integers(0, 2, 1_000), frame["age"])
    with pytest.raises(ConfigError, match=r"--group: cannot be a group: [\d,]+ values in 1,000 rows, of which"):
        judged(tmp_path, frame, prediction="yhat", group=name)
    assert judged(tmp_path, frame, population(300, rng) | {"yhat": [1] * 300}, prediction="yhat", group="colour")
