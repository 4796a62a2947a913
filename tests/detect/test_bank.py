"""Slots of one detector: which label set is which, who shares a total, and what a changed rule set keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiops.detect.bank import Bank
from aiops.detect.rule import Rule
from aiops.types import Finding, Labels
from detectors.proportion import Proportion
from detectors.threshold import Threshold

STEP = 15.0
WEB, DB = Labels.of("m", {"service_name": "web"}), Labels.of("m", {"service_name": "db"})


def rule(identity: str = "r-one", **fields: Any) -> Rule:
    detector = {"type": "threshold", "above": 10}
    base = {
        "alert": "High",
        "id": identity,
        "world": "it",
        "signal": "m",
        "detector": detector,
        "keep_firing_for": "30s",
    }
    return Rule.model_validate({**base, **fields})


class Wire:
    """A node whose outputs the test sets."""

    def __init__(self, *labels: Labels) -> None:
        self.labels = list(labels)
        self.out = np.zeros(len(labels))


def bank(*watched: tuple[Rule, Wire], detector: Any = None) -> Bank:
    made = Bank("threshold", detector or Threshold(), STEP)
    for one, node in watched:
        made.add(one, node, None)  # type: ignore[arg-type]
    made.extend()
    return made


def played(made: Bank, node: Wire, columns: list[list[float]], first: int = 0) -> list[tuple[int, str, str]]:
    """(column, what, entity)."""
    found = []
    for at, column in enumerate(columns, first):
        node.out = np.array(column)
        _, crossed = made.step(at)
        for what, slots in (("fired", crossed.fired), ("ended", crossed.ended)):
            found += [(at, what, made.keys[int(slot)][1].entity) for slot in slots]
    return found


def restored(made: Bank, *watched: tuple[Rule, Wire]) -> Bank:
    arrays, keys = made.snapshot()
    again = Bank("threshold", Threshold(), STEP)
    for one, node in watched:
        again.add(one, node, None)  # type: ignore[arg-type]
    again.restore({name: array.copy() for name, array in arrays.items()}, keys)
    again.extend()
    again.bound()
    return again


def test_each_label_set_has_a_slot_and_keeps_it() -> None:
    node = Wire(WEB)
    made = bank((rule(), node))
    assert made.keys == [("r-one", WEB)]
    node.labels.append(DB)
    node.out = np.array([0.0, 99.0])
    made.extend()
    assert made.keys == [("r-one", WEB), ("r-one", DB)]
    assert played(made, node, [[0.0, 99.0]]) == [(0, "fired", "db")]


def test_rules_with_other_limits_share_a_kernel_call() -> None:
    node = Wire(WEB)
    strict = rule("r-two", detector={"type": "threshold", "above": 1})
    made = bank((rule(), node), (strict, node))
    node.out = np.array([5.0])
    _, crossed = made.step(0)
    assert [made.keys[int(slot)][0] for slot in crossed.fired] == ["r-two"]


def test_a_finding_says_what_was_seen_when_it_was_oddest() -> None:
    node = Wire(WEB)
    made = bank((rule(summary="{{ entity }} at {{ value }}", **{"for": "30s"}), node))
    assert played(made, node, [[1.0], [20.0], [20.0], [20.0]]) == [(3, "fired", "web")]
    finding = made.finding(0, "p", 3, ended=False)
    assert isinstance(finding, Finding)
    assert (finding.started, finding.detected, finding.ended) == (15.0, 45.0, None)
    assert (finding.value, finding.direction, finding.entity, finding.summary) == (20.0, "up", "web", "web at 20")
    assert finding.labels == {"service_name": "web", "metric": "m"}
    assert [one[:2] for one in finding.window] == [(0.0, 1.0), (15.0, 20.0), (30.0, 20.0), (45.0, 20.0)]


def test_a_restart_goes_on_in_the_middle_of_pending_and_firing() -> None:
    node, columns = Wire(WEB, DB), [[99.0, 0.0], [99.0, 0.0], [99.0, 99.0], [0.0, 99.0], [0.0, 99.0], [0.0, 0.0]] * 2
    waiting = rule(**{"for": "30s"})
    whole = played(bank((waiting, node)), node, columns)
    assert {what for _, what, _ in whole} == {"fired", "ended"}
    for cut in range(1, len(columns)):
        made = bank((waiting, node))
        found = played(made, node, columns[:cut])
        again = restored(made, (waiting, node))
        assert found + played(again, node, columns[cut:], cut) == whole


def test_slots_stay_where_they_were_when_series_come_in_another_order_after_a_restart() -> None:
    node = Wire(WEB, DB)
    made = bank((rule(), node))
    other = Wire(DB, WEB)
    again = restored(made, (rule(), other))
    assert again.keys == made.keys
    assert played(again, other, [[99.0, 0.0]], 1) == [(1, "fired", "db")]


def test_a_rule_that_is_new_starts_fresh_beside_those_that_stay() -> None:
    node = Wire(WEB)
    made = bank((rule(), node))
    assert played(made, node, [[99.0]]) == [(0, "fired", "web")]
    again = restored(made, (rule("r-new"), node), (rule(), node))
    assert again.keys == [("r-one", WEB), ("r-new", WEB)]
    node.out = np.array([99.0])
    _, crossed = again.step(1)
    assert [again.keys[int(slot)][0] for slot in crossed.fired] == ["r-new"]


def test_a_rule_that_is_gone_neither_fires_nor_ends_any_more() -> None:
    node = Wire(WEB)
    made = bank((rule(), node))
    assert played(made, node, [[99.0]]) == [(0, "fired", "web")]
    again = restored(made, (rule("r-new", detector={"type": "threshold", "above": 1000}), node))
    assert played(again, node, [[99.0], [0.0], [0.0], [0.0], [99.0]], 1) == []
    assert list(again.firing()) == []
    back = restored(again, (rule(), node))
    assert played(back, node, [[99.0]], 9) == [(9, "fired", "web")]


def test_a_changed_limit_holds_for_slots_that_are_restored() -> None:
    node = Wire(WEB)
    made = bank((rule(), node))
    again = restored(made, (rule(detector={"type": "threshold", "above": 1000}), node))
    assert played(again, node, [[99.0], [2000.0]]) == [(1, "fired", "web")]


def proportion(signal: str, total: str) -> Rule:
    return rule(signal=signal, total=total, detector={"type": "proportion", "direction": "up"})


def inputs(made: Bank) -> dict[str, tuple[float, float]]:
    x = made._inputs()
    return {str(labels): tuple(x[slot].tolist()) for slot, (_, labels) in enumerate(made.keys)}


def test_without_an_error_counted_yet_the_total_alone_has_a_slot_with_zero_errors() -> None:
    errors, total = Wire(), Wire(WEB, DB)
    made = Bank("proportion", Proportion(), STEP)
    made.add(proportion("e", "m"), errors, total)  # type: ignore[arg-type]
    made.extend()
    total.out = np.array([100.0, 50.0])
    assert inputs(made) == {str(WEB): (0.0, 100.0), str(DB): (0.0, 50.0)}
    errors.labels.append(Labels.of("e", {"service_name": "db"}))
    errors.out = np.array([7.0])
    made.extend()
    assert inputs(made) == {str(WEB): (0.0, 100.0), str(DB): (7.0, 50.0)}


def test_signals_with_more_labels_than_their_total_share_it() -> None:
    one, other = (Labels.of("", {"model": "fraud", "feature": name}) for name in ("amount", "country"))
    rows = Labels.of("", {"model": "fraud"})
    missing, total = Wire(one, other), Wire(rows)
    made = Bank("proportion", Proportion(), STEP)
    made.add(proportion("sum by (model, feature) (e)", "sum by (model) (m)"), missing, total)  # type: ignore[arg-type]
    made.extend()
    missing.out, total.out = np.array([3.0, float("nan")]), np.array([100.0])
    assert inputs(made) == {str(one): (3.0, 100.0), str(other): (0.0, 100.0)}


@pytest.mark.parametrize("severity", ["page", "info"])
def test_only_what_pages_by_chance_shares_the_budget(severity: str) -> None:
    made = Bank("proportion", Proportion(), STEP)
    fields = {"severity": severity, "for": "30s", "signal": "m", "detector": {"type": "proportion"}}
    made.add(rule(total="m", **fields), Wire(WEB, DB), Wire(WEB, DB))  # type: ignore[arg-type]
    made.extend()
    assert made.tests() == ({"r-one": 2 * 604_800 / STEP / 3} if severity == "page" else {})


def test_a_limit_that_a_person_wrote_has_no_share_in_the_budget() -> None:
    assert bank((rule(), Wire(WEB))).tests() == {}
