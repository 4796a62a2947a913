"""What a model's rows are compared with: a file, the same hour of the week, or what somebody asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from aiops.config import load
from aiops.daemon.assemble import models_of
from aiops.detect.partition import Settings
from aiops.drift.scored import stated
from aiops.errors import ConfigError
from aiops.pipeline import Pipeline
from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.emitted import Emitted
from aiops.signals.hours import HOURS, Hours
from aiops.signals.model import NEW_REFERENCE, ModelSignal
from aiops.signals.reference import Feature, freeze, measure
from aiops.signals.stated import Stated
from aiops.types import Change, Prediction, Records

MONDAY = 1_767_571_200.0
DAY = 86_400.0
STEP = 60.0
ROWS = 64


def scored(rng: np.random.Generator, at: float, shift: float = 0.0) -> list[Prediction]:
    x, country = rng.normal(shift, 1.0, ROWS), rng.choice(["DE", "FR"], ROWS)
    return [
        Prediction(
            timestamp=at + i * 0.5, model="credit", version="1", id=f"{at}-{i}", prediction=int(x[i] > 0),
            features={"x": float(x[i]), "country": str(country[i])},
        )
        for i in range(ROWS)
    ]  # fmt: skip


def told(emitted: Emitted, metric: str, feature: str = "x") -> float | None:
    return next(
        (v for (name, pairs), v in emitted.values.items() if name == metric and ("feature", feature) in pairs), None
    )


def fed(signal: ModelSignal, rng: np.random.Generator, steps: range, shift: float = 0.0) -> list[Emitted]:
    return [signal.close(s * STEP, scored(rng, s * STEP, shift)) for s in steps]


# A file


def rows_of_file(shift: float = 0.0) -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    x = rng.normal(shift, 1.0, 4_000)
    return {"x": x.tolist(), "country": rng.choice(["DE", "FR"], 4_000).tolist(), "score": (x > 0).astype(int).tolist()}


def as_csv(path: Path, columns: Mapping[str, list[Any]]) -> None:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def as_parquet(path: Path, columns: Mapping[str, list[Any]]) -> None:
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), path)


def as_lines(path: Path, columns: Mapping[str, list[Any]]) -> None:
    rows = zip(*columns.values(), strict=True)
    lines = ({"features": {"x": x, "country": country}, "score": score} for x, country, score in rows)
    path.write_text("\n".join(json.dumps(one) for one in lines))


@pytest.mark.parametrize(("name", "write"), [("a.csv", as_csv), ("a.parquet", as_parquet), ("a.ndjson", as_lines)])
def test_a_file_is_the_reference_from_the_first_row_on(
    tmp_path: Path, name: str, write: Callable[[Path, Mapping[str, list[Any]]], None]
) -> None:
    write(tmp_path / name, rows_of_file())
    known = stated(tmp_path / name, {"prediction": "score"}, STEP, None)
    moved, same = ModelSignal(STEP, {"credit": known}), ModelSignal(STEP, {"*": known})
    shifted = fed(moved, np.random.default_rng(1), range(20), shift=1.0)
    assert (told(shifted[-1], "model_feature_drift") or 0.0) > 6
    assert max(v for (metric, _), v in shifted[-1].values.items() if metric == "model_prediction_drift") > 6
    alike = fed(same, np.random.default_rng(2), range(20))[-1]
    assert told(alike, "model_feature_drift") == told(alike, "model_feature_drift", "country") == 0.0
    first = shifted[0].changes
    assert [(one.entity, one.after, name in one.summary) for one in first] == [("credit", NEW_REFERENCE, True)]
    assert not [one for emitted in shifted[1:] for one in emitted.changes]


def test_another_file_is_another_reference_and_one_that_was_asked_for_stands_above_both(tmp_path: Path) -> None:
    as_csv(tmp_path / "old.csv", rows_of_file())
    as_csv(tmp_path / "new.csv", rows_of_file(1.0))
    old, new = (stated(tmp_path / name, {"prediction": "score"}, STEP, None) for name in ("old.csv", "new.csv"))
    rng = np.random.default_rng(3)
    before = ModelSignal(STEP, {"credit": old})
    assert (told(fed(before, rng, range(20), 1.0)[-1], "model_feature_drift") or 0.0) > 6
    after = ModelSignal(STEP, {"credit": new})
    after.restore(before.snapshot())
    going_on = fed(after, rng, range(20, 40), 1.0)
    assert [len(one.changes) for one in going_on[:2]] == [1, 0]
    assert told(going_on[-1], "model_feature_drift") == 0.0
    ask = Change(timestamp=40 * STEP, kind="model", id="r", entity="credit", after=NEW_REFERENCE)
    after.order(ask)
    after.close(40 * STEP, scored(rng, 40 * STEP, 2.0))
    again = ModelSignal(STEP, {"credit": new})
    again.restore(after.snapshot())
    learnt = fed(again, rng, range(41, 100), 2.0)
    assert not [one for emitted in learnt for one in emitted.changes]
    assert told(learnt[-1], "model_feature_drift") == 0.0


def configured(tmp_path: Path, body: str) -> dict[str, Stated]:
    (tmp_path / "aiops.yaml").write_text(body)
    return models_of(load(tmp_path / "aiops.yaml"))


def test_the_configuration_names_file_and_columns(tmp_path: Path) -> None:
    as_csv(tmp_path / "jan.csv", rows_of_file())
    found = configured(tmp_path, "models: {credit: {reference: jan.csv, prediction: score}, '*': {seasonal: true}}")
    assert (found["credit"].file, found["credit"].rows, found["credit"].seasonal) == ("jan.csv", 4_000, False)
    assert found["*"] == Stated(seasonal=True)
    with pytest.raises(ConfigError, match="no column 'truth' for the label"):
        configured(tmp_path, "models: {credit: {reference: jan.csv, label: truth}}")
    with pytest.raises(ConfigError, match="`reference`, which is not given"):
        configured(tmp_path, "models: {credit: {label: truth}}")
    with pytest.raises(ConfigError, match=r"none\.csv: cannot be read"):
        configured(tmp_path, "models: {credit: {reference: none.csv}}")


# The same hour of the week


def hour_of(at: float) -> float:
    return 2.0 * np.pi * at / DAY


class Swinging:
    """A model with a number and a category that follow the day, and a number that does not; 1,200 rows an hour."""

    def __init__(self, seed: int, *, seasonal: bool) -> None:
        self._rng, self.at = np.random.default_rng(seed), MONDAY + 9.3 * 3_600.0
        warm = [self._rows() for _ in range(8)]
        joined = {name: [v for rows in warm for v in rows[name]] for name in warm[0]}
        self._features: list[Feature] = [
            one for name in sorted(joined) if (one := freeze(name, joined[name], roomy=seasonal)) is not None
        ]
        counts, widths = stack([one.counts for one in self._features]), [one.width for one in self._features]
        self.watch = DriftWatch(counts, widths, timezone="UTC" if seasonal else None)

    def _rows(self, shift: float = 0.0) -> dict[str, list[Any]]:
        day, n = float(np.sin(hour_of(self.at))), 300
        self.at += 900.0
        return {
            "swings": self._rng.normal(day + shift, 1.0, n).tolist(), "still": self._rng.normal(size=n).tolist(),
            "channel": self._rng.choice(["app", "web"], n, p=[0.5 + 0.3 * day, 0.5 - 0.3 * day]).tolist(),
        }  # fmt: skip

    def live(self, hours: float, shift: float = 0.0) -> dict[str, float]:
        """The worst surprise of each column meanwhile."""
        worst = np.zeros(len(self._features))
        for _ in range(round(4 * hours)):
            at, rows = self.at, self._rows(shift)
            counts = stack([measure(one, rows[one.name]).counts for one in self._features])
            self.watch.add(at, 900.0, 300, counts)
            worst = np.maximum(worst, self.watch.surprise)
        return dict(zip([one.name for one in self._features], worst.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_that_swings_by_day_is_quiet_and_a_small_shift_at_the_same_hour_is_found(seed: int) -> None:
    model = Swinging(seed, seasonal=True)
    assert max(model.live(8 * 24.0).values()) < 6
    found = model.live(3.0, shift=0.3)
    assert found.pop("swings") > 6
    assert max(found.values()) < 6


def test_one_reference_for_all_hours_takes_the_night_for_drift() -> None:
    """What the reference by the hour is for; without this the test before shows nothing."""
    found = Swinging(0, seasonal=False).live(24.0)
    assert min(found["swings"], found["channel"]) > 6 > found["still"]


def test_an_hour_that_was_never_shown_says_nothing() -> None:
    model = Swinging(1, seasonal=True)
    assert max(model.live(23.0, shift=3.0).values()) == 0.0
    assert not model.watch.ready
    model.live(6.0)
    assert model.watch.ready


def test_the_table_of_hours_is_bounded_and_saves_only_the_hour_that_fills() -> None:
    widths = np.full(100, 17)
    hours = Hours(widths)
    counts = np.ones(1_700, np.int64)
    for quarter in range(4 * 24 * 30):
        hours.learn(MONDAY + 900.0 * quarter, counts)
        if quarter == 200:
            before = hours.snapshot()
        if quarter == 201:
            changed = {name for name, body in hours.snapshot().items() if before.get(name) is not body}
            assert changed == {"050", "state"}
    assert hours.nbytes == 168 * 1_700 * 4 < 1.2e6
    assert hours.complete
    saved = hours.snapshot()
    assert len(saved) == HOURS + 1
    hours.learn(MONDAY + 40 * DAY, counts)
    assert all(body is saved[name] for name, body in hours.snapshot().items())
    again = Hours(widths)
    again.restore(saved)
    assert again.expected({3: 5.0, 4: 5.0}).tolist() == hours.expected({3: 5.0, 4: 5.0}).tolist()


def test_a_mix_of_hours_errs_as_its_hours_do_together() -> None:
    """Against the formula: shares by weight, as many rows as give the same variance; an empty column has none."""
    hours, shown = Hours(np.array([2, 3])), {10: [30, 10, 0, 0, 0], 11: [10, 150, 4, 4, 12]}
    for hour, counts in shown.items():
        hours.count(MONDAY + 3_600.0 * hour, np.array(counts))
    hours.finish()
    found = hours.expected({10: 30.0, 11: 10.0})
    assert found is not None
    rows = 1.0 / (0.75**2 / 40 + 0.25**2 / 160)
    assert (
        found[:2].tolist() == np.rint(rows * (0.75 * np.array([0.75, 0.25]) + 0.25 * np.array([1, 15]) / 16)).tolist()
    )
    assert found[2:].tolist() == [4, 4, 12]
    assert hours.expected({10: 30.0, 50: 30.0}) is None


def test_ten_past_the_hour_is_compared_with_the_hour_before_as_well() -> None:
    hours = Hours(np.array([2]))
    assert hours.mix(MONDAY + 10.5 * 3_600.0, 6) == {10: 6.0}
    found = hours.mix(MONDAY + 600.0, 6)
    assert found == {167: pytest.approx(2.0), 0: pytest.approx(4.0)}
    assert Hours(np.array([2]), "Europe/Berlin").mix(MONDAY + 9.5 * 3_600.0, 6) == {10: 6.0}


def test_a_seasonal_model_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    known = {"credit": Stated(seasonal=True)}
    rng = np.random.default_rng(7)
    steps = [scored(rng, MONDAY + 900.0 * k, 0.5 * np.sin(k / 15)) for k in range(150)]
    one, two = (ModelSignal(900.0, known, "Europe/Berlin") for _ in range(2))
    for k, rows in enumerate(steps):
        assert one.close(MONDAY + 900.0 * k, rows).values == two.close(MONDAY + 900.0 * k, rows).values
        if k in (20, 60, 120):
            saved = two.snapshot()
            two = ModelSignal(900.0, known, "Europe/Berlin")
            two.restore(saved)
    assert one.snapshot() == two.snapshot()
    assert any("-hours/" in name for name in saved)


def test_a_model_becomes_seasonal_and_back_while_it_runs() -> None:
    rng, at = np.random.default_rng(8), MONDAY
    signal = ModelSignal(STEP)
    for seasonal, steps in ((False, 60), (True, 1_500), (False, 60)):
        saved = signal.snapshot()
        signal = ModelSignal(STEP, {"credit": Stated(seasonal=seasonal)})
        signal.restore(saved)
        for _ in range(steps):
            emitted = signal.close(at, scored(rng, at))
            assert told(emitted, "model_feature_drift") in (None, 0.0)
            at += STEP
        assert told(emitted, "model_feature_drift") == 0.0


def test_a_file_with_times_gives_every_hour_its_reference_at_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = MONDAY - 14 * DAY + np.arange(14 * 1_440) * 60.0
    x = rng.normal(1.5 * np.sin(hour_of(times)), 1.0)
    as_csv(tmp_path / "two-weeks.csv", {"timestamp": times.tolist(), "x": x.tolist()})
    known = {"credit": stated(tmp_path / "two-weeks.csv", {}, STEP, "UTC")}
    for shift, alerts in ((0.0, False), (1.0, True)):
        signal, worst = ModelSignal(STEP, known), 0.0
        for s in range(0, 1_440, 3):
            at = MONDAY + s * STEP
            day = 1.5 * float(np.sin(hour_of(at)))
            worst = max(worst, told(signal.close(at, scored(rng, at, day + shift)), "model_feature_drift") or 0.0)
        assert (worst > 6) is alerts


@pytest.mark.parametrize("models", [True, False])
def test_models_of_the_format_before_begin_anew(models: bool) -> None:
    rng, signal = np.random.default_rng(9), ModelSignal(STEP)
    if models:
        fed(signal, rng, range(60))
    saved = signal.snapshot()
    _, *rest = msgspec.msgpack.decode(saved["models"])
    # A column watch of then: its rows, when it opened, and of each column moments and exponents.
    column = msgspec.msgpack.encode([3, 0.0, {"x": [0.5, 1, 0.0, [1, 2, 3], [0, 0]]}])
    old = {name: column if name.endswith("/columns") else body for name, body in saved.items()}
    again, fresh = ModelSignal(STEP), ModelSignal(STEP)
    again.restore({**old, "models": msgspec.msgpack.encode([2, *rest])})
    rows = scored(rng, 60 * STEP)
    assert again.close(60 * STEP, rows).values == fresh.close(60 * STEP, rows).values
    assert again.snapshot() == fresh.snapshot()
    with pytest.raises(ValueError, match="models of format 4; this version reads 3"):
        again.restore({**saved, "models": msgspec.msgpack.encode([4, *rest])})


# A new reference is asked for


def message(partition: str, offset: int, rows: list[Any]) -> Records:
    bodies = [msgspec.json.encode(rows)]
    return Records.many(partition, bodies, offset + 1, first_offset=offset)


def since(pipeline: Pipeline, partition: str) -> float:
    """When the model's version began there."""
    parts = pipeline.partitions[partition].signals.snapshot()
    return float(msgspec.msgpack.decode(next(body for name, body in parts.items() if name.endswith("/clock")))["since"])


def test_a_new_reference_reaches_every_partition_of_the_model_and_the_ledger_once() -> None:
    pipeline = Pipeline(Settings(STEP, 0.0, 2.0, ()))
    rng = np.random.default_rng(5)
    partitions = ("bus/rows/0", "bus/rows/1")
    for s in range(3):
        rows = [msgspec.to_builtins(row) for row in scored(rng, MONDAY + s * STEP)]
        pipeline.step([message(one, s, rows) for one in partitions], MONDAY + 300.0)
    assert [since(pipeline, one) for one in partitions] == [MONDAY, MONDAY]
    ask = {"type": "change", "timestamp": MONDAY + 3.5 * STEP, "kind": "model", "id": "r", "entity": "credit"}
    ask |= {"after": NEW_REFERENCE, "summary": "the spring tariff is right"}
    outcome = pipeline.step([message("bus/changes/0", 0, [ask])], MONDAY + 300.0)
    assert [one.id for one in outcome.announced] == ["r"]
    # It waits for its time, and acts at that time, not at the time it came.
    renewed = Pipeline(Settings(STEP, 0.0, 2.0, ()))
    for name, parts in pipeline.snapshot().items():
        arrays = {key: part for key, part in parts.items() if not isinstance(part, bytes)}
        renewed.restore(name, arrays, {key: part for key, part in parts.items() if isinstance(part, bytes)})
    for s in range(3, 6):
        rows = [msgspec.to_builtins(row) for row in scored(rng, MONDAY + s * STEP)]
        renewed.step([message(one, s, rows) for one in partitions], MONDAY + 600.0)
    assert [since(renewed, one) for one in partitions] == [MONDAY + 3 * STEP] * 2
    renewed.step([message("bus/changes/0", 1, [ask])], MONDAY + 600.0)
    rows = [msgspec.to_builtins(row) for row in scored(rng, MONDAY + 8 * STEP)]
    renewed.step([message(one, 6, rows) for one in partitions], MONDAY + 600.0)
    assert [since(renewed, one) for one in partitions] == [MONDAY + 3 * STEP] * 2


@pytest.mark.parametrize("asked", [100.0, 290.0, 330.0])
def test_a_new_reference_acts_at_the_same_step_however_the_records_were_batched(asked: float) -> None:
    """One told late counts from the first step that was open when its record came, in one batch as in many."""
    rng = np.random.default_rng(6)
    records = [[msgspec.to_builtins(row) for row in scored(rng, MONDAY + s * STEP)] for s in range(9)]
    ask = {"type": "change", "timestamp": MONDAY + asked, "kind": "model", "id": "r", "entity": "credit"}
    records.insert(6, [ask | {"after": NEW_REFERENCE}])
    ends = []
    for cuts in ([], [6], [7], [1, 3, 6, 7], list(range(1, 10))):
        pipeline = Pipeline(Settings(STEP, 0.0, 2.0, ()))
        for first, last in zip([0, *cuts], [*cuts, 10], strict=True):
            bodies = [msgspec.json.encode(rows) for rows in records[first:last]]
            pipeline.step([Records.many("bus/rows/0", bodies, last, first_offset=first)], MONDAY + 900.0)
        ends.append(pipeline.partitions["bus/rows/0"].signals.snapshot())
        # Rows of 300 s and of the half minute behind it had come before: all steps up to 300 s were over.
        assert since(pipeline, "bus/rows/0") == MONDAY + 300.0
    assert all(one == ends[0] for one in ends)
