"""Faults of the data are found in the first window that has them, and sound windows have none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pytest

from aiops.drift.cells import Roles
from aiops.drift.quality import inspect
from aiops.drift.reference import Reference
from aiops.drift.report import sentences
from aiops.drift.table import Table
from tests.drift.sample import Frame, faults, judged, population

Change = Callable[[Frame, np.random.Generator], None]


def sprinkle(name: str, share: float, what: object) -> Change:
    def change(frame: Frame, rng: np.random.Generator) -> None:
        hit = rng.random(len(frame[name])) < share
        frame[name] = [what if now else value for value, now in zip(frame[name].tolist(), hit, strict=True)]

    return change


def put(name: str, values: Callable[[np.ndarray], object]) -> Change:
    def change(frame: Frame, rng: np.random.Generator) -> None:
        frame[name] = values(frame[name])

    return change


FAULTS: dict[str, tuple[Change, str, str]] = {
    "missing": (sprinkle("a3", 0.05, None), "a3", "missing"),
    "new category": (sprinkle("colour", 0.03, "mauve"), "colour", "new_category"),
    "text in a number": (put("a4", lambda v: [f"{x:.3g} EUR" for x in v]), "a4", "type"),
    "some text in a number": (sprinkle("a4", 0.05, "n.a.?"), "a4", "type"),
    "thousand times": (put("amount", lambda v: v * 1_000), "amount", "unit"),
    "thousandth": (put("a7", lambda v: v / 1_000), "a7", "unit"),
    "constant": (put("a5", lambda v: np.full(len(v), 5.25)), "a5", "constant"),
    "out of range": (put("a6", lambda v: np.where(np.arange(len(v)) % 30, v, v * 1e3)), "a6", "range"),
    "sentinel": (sprinkle("a6", 0.02, -999), "a6", "range"),
    "infinite": (sprinkle("a6", 0.03, np.inf), "a6", "infinite"),
    "gone": (lambda frame, rng: frame.pop("a8"), "a8", "lost"),
    "added": (lambda frame, rng: frame.update(extra=frame["a0"]), "extra", "added"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_once_and_nothing_else_is(name: str, tmp_path: Path) -> None:
    change, column, kind = FAULTS[name]
    rng = np.random.default_rng(len(name))
    sound, bad = population(500, rng), population(500, rng)
    change(bad, rng)
    verdicts = judged(tmp_path, population(4_000, rng), sound, bad)
    assert faults(verdicts[0]) == []
    found = faults(verdicts[1])
    assert (column, kind) in found
    assert {at for at, _ in found} == {column}
    assert verdicts[1].alert == (kind != "added")


def test_degrees_are_told_by_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    reference, window = ({"celsius": rng.normal(20, 5, rows)} for rows in (3_000, 300))
    window["celsius"] = window["celsius"] * 1.8 + 32
    verdict = judged(tmp_path, reference, window)[0]
    assert [(fault.kind, fault.value) for fault in verdict.quality if fault.kind == "unit"] == [("unit", "°C as °F")]


def test_a_shift_is_no_change_of_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    verdict = judged(tmp_path, {"a": rng.normal(0, 1, 3_000)}, {"a": rng.normal(4, 1, 300)})[0]
    assert "unit" not in [fault.kind for fault in verdict.quality]
    assert verdict.alert


def test_rows_that_crowd_within_the_range_are_neither_constant_nor_out_of_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    reference, window = {"a": rng.normal(0, 1, 3_000)}, {"a": rng.uniform(0.001, 0.002, 300)}
    verdict = judged(tmp_path, reference, window)[0]
    assert faults(verdict) == []
    assert verdict.alert


def test_one_new_value_in_a_window_is_a_rarity_and_rare_values_make_new_ones_likely(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    reference, window = population(4_000, rng), population(500, rng)
    window["colour"][0] = "mauve"
    assert judged(tmp_path, reference, window)[0].quality == []
    cities = [f"city {n}" for n in rng.zipf(1.6, 5_000)]
    assert judged(tmp_path, {"city": cities[:4_000]}, {"city": cities[4_000:]})[0].quality == []


def test_labels_that_have_not_come_are_no_fault(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    frames = [population(rows, rng) | {"y": rng.random(rows), "p": rng.random(rows)} for rows in (1_000, 300, 300)]
    del frames[1]["y"]
    frames[2]["y"] = [None] * 200 + frames[2]["y"][200:].tolist()
    verdicts = judged(tmp_path, *frames, prediction="p", label="y")
    assert [faults(verdict) for verdict in verdicts] == [[], []]


@pytest.mark.parametrize("rows", [100, 1_000])
def test_sound_windows_leave_the_range_of_no_tail_however_heavy(rows: int) -> None:
    rng = np.random.default_rng(5)

    def tails(count: int) -> Table:
        some = (rng.standard_cauchy(count), rng.lognormal(0, 3, count), rng.poisson(0.05, count), rng.zipf(1.5, count))
        return Table("w", count, {f"c{i}": pyarrow.chunked_array([one]) for i, one in enumerate(some * 5)})

    known = [Reference.of(tails(2_000), Roles()) for _ in range(3)]
    assert [inspect(one, one.count(tails(rows))) for one in known for _ in range(100)] == [[]] * 300


def test_a_column_that_wanders_alerts_for_a_value_far_away_and_not_for_going_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    frame: Frame = {"at": np.arange(3_000), "degrees": rng.normal(0, 1, 3_000) + np.repeat(rng.normal(0, 9, 30), 100)}
    later, marked = ({"at": np.arange(3_000, 3_300), "degrees": rng.normal(0, 1, 300)} for _ in range(2))
    later["degrees"] = later["degrees"] + frame["degrees"].max() + 4.0
    marked["degrees"][::20] = -999.0
    found = [verdict.quality[0] for verdict in judged(tmp_path, frame, later, marked)]
    assert [(fault.kind, fault.grave) for fault in found] == [("range", False), ("range", True)]
    assert found[1].hint == "-999 in 15 rows"


@pytest.mark.parametrize("other", [str.upper, lambda word: f" {word} "])
def test_categories_that_differ_by_case_or_spaces_are_told_as_such(other: Callable[[str], str], tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    reference, window = population(2_000, rng), population(300, rng)
    window["colour"] = [other(word) for word in window["colour"]]
    window["Amount "] = window.pop("amount")
    verdict = judged(tmp_path, reference, window)[0]
    said = "\n".join(sentences(verdict))
    assert f'quality: colour has values never seen: "{other("red")}", "' in said
    assert f'differ only by case or spaces: "{other("red")}" from "red" and ' in said
    assert 'amount is gone (was numeric); differs only by case or spaces: "amount" from "Amount "' in said


def test_ranges_and_infinities_are_told_in_plain_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    reference, window = ({"a": rng.uniform(0, 1e6, rows).round(), "b": rng.random(rows)} for rows in (2_000, 200))
    reference["a"][:2], window["a"][:2] = (0, 1e6), (0, 54_424_500)
    window["a"][2:20] = -1.5
    window["b"][::10] = -np.inf
    said = sentences(judged(tmp_path, reference, window)[0])
    assert said == [
        "quality: a lies from -1.5 to 54,424,500, the reference from 0 to 1,000,000; -1.5 in 18 rows  ALERT",
        "quality: b is infinite in 10.0% of its cells, 0.0% at the reference  ALERT",
    ]
