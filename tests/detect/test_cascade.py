"""The deeper stage: what it confirms, what it holds back, what it cannot judge, and that it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from aiops.detect import cascade, watch
from aiops.detect.cascade import AGAIN, AGREES, AT_ONCE, HISTORY, LEAD, LEAST, Cascade
from aiops.detect.partition import Partition, Settings
from aiops.detect.rule import Rule
from aiops.types import Decoded, Finding, Kind, Labels, Samples

STEP, START = 15.0, 1_780_000_020.0


class Teller:
    """A detector whose surprise is the value itself."""

    name, inputs = "teller", 1
    parameters: Mapping[str, float] = {"direction": 0.0, "warmup": 100.0}

    def init(self, n: int) -> dict[str, Any]:
        return {f"p_{name}": np.full(n, value) for name, value in self.parameters.items()}

    def update(self, state: dict[str, Any], x: Any, at: int) -> tuple[Any, Any]:
        return x, x

    def scan(self, state: dict[str, Any], values: Any, at: Any) -> tuple[Any, Any]:
        self.direction = state["p_direction"].copy()
        return values, values


def stage(slots: int = 1, most: int = 10) -> Cascade:
    made = Cascade(Teller(), most)
    made.cover(np.ones(slots, np.bool_))
    return made


def gates(n: int, gate: int = watch.INACTIVE, since: int = 0) -> dict[str, Any]:
    return {"gate": np.full(n, gate, np.int64), "since": np.full(n, since, np.int64)}


def known(made: Cascade, columns: int, n: int = 1, first: int = 0) -> int:
    """Let quiet columns pass; return the number of the next one."""
    for at in range(first, first + columns):
        made.step(np.zeros(n), gates(n), at, {})
    return first + columns


def test_a_proposal_that_the_deeper_stage_shares_is_confirmed_with_its_surprise() -> None:
    made = stage()
    at = known(made, LEAST)
    made.step(np.array([7.2]), gates(1, watch.FIRING, at), at, {})
    assert made.verdict(0) == ("confirmed", 7.2)


def test_a_proposal_that_it_does_not_share_is_held_back_until_it_does_and_then_told() -> None:
    made = stage()
    at = known(made, LEAST)
    assert list(made.step(np.array([1.0]), gates(1, watch.FIRING, at), at, {})) == []
    assert made.verdict(0) == ("not confirmed", 1.0)
    assert made.denied().tolist() == [True]
    assert list(made.step(np.array([AGREES]), gates(1, watch.FIRING, at), at + 1, {})) == [0]
    assert made.verdict(0) == ("confirmed", AGREES)
    # What was confirmed stays so while it lasts.
    assert list(made.step(np.array([0.0]), gates(1, watch.FIRING, at), at + 2, {})) == []
    assert made.verdict(0) == ("confirmed", AGREES)


def test_only_what_it_said_since_shortly_before_the_onset_counts() -> None:
    made = stage()
    at = known(made, LEAST)
    made.step(np.array([9.0]), gates(1), at, {})
    at = known(made, LEAD, first=at + 1)
    made.step(np.array([0.0]), gates(1, watch.FIRING, at), at, {})
    assert made.verdict(0)[0] == "not confirmed"


def test_a_new_trouble_is_judged_anew() -> None:
    made = stage()
    at = known(made, LEAST)
    made.step(np.array([9.0]), gates(1, watch.FIRING, at), at, {})
    at = known(made, LEAD + 1, first=at + 1)
    assert made.verdict(0) == ("", None)
    made.step(np.array([0.0]), gates(1, watch.FIRING, at), at, {})
    assert made.verdict(0)[0] == "not confirmed"


def test_a_series_of_too_short_a_past_pages_by_its_rule_alone_and_says_so() -> None:
    made = stage()
    at = known(made, LEAST - 2)
    made.step(np.array([0.0]), gates(1, watch.FIRING, at), at, {})
    assert made.verdict(0) == ("warming up", None)
    assert not made.denied().any()


def test_beyond_the_cap_the_newest_slots_are_not_judged_and_say_so() -> None:
    made = stage(slots=3, most=2)
    assert [made.verdict(slot)[0] for slot in range(3)] == ["", "", "beyond the cap"]
    made.cover(np.array([False, True, True]))
    assert [made.verdict(slot)[0] for slot in range(3)] == ["", "", ""]
    assert len(made) == 2


def test_columns_that_were_skipped_hold_no_sample() -> None:
    made = stage()
    at = known(made, HISTORY)
    at += HISTORY - LEAST // 2
    made.step(np.array([0.0]), gates(1, watch.FIRING, at), at, {})
    assert made.verdict(0)[0] == "warming up"


def test_more_proposals_than_chance_brings_are_not_all_judged_at_once_and_none_is_forgotten() -> None:
    n = AT_ONCE + 5
    made = stage(n, most=n)
    at = known(made, LEAST, n)
    made.step(np.zeros(n), gates(n, watch.FIRING, at), at, {})
    said = [made.verdict(slot)[0] for slot in range(n)]
    assert said == ["not confirmed"] * AT_ONCE + [""] * 5
    made.step(np.zeros(n), gates(n, watch.FIRING, at), at + 1, {})
    assert {made.verdict(slot)[0] for slot in range(n)} == {"not confirmed"}


def test_of_many_that_were_denied_few_are_judged_again_each_in_its_turn() -> None:
    n = 3 * AGAIN
    made = stage(n, most=n)
    at = known(made, LEAST, n)
    firing = gates(n, watch.FIRING, at)
    made.step(np.zeros(n), firing, at, {})
    assert made.denied().all()
    fault = np.full(n, AGREES)
    late = [made.step(fault, firing, at + later, {}) for later in range(1, 4)]
    assert [len(one) for one in late] == [AGAIN] * 3
    assert sorted(np.concatenate(late)) == list(range(n))


def test_the_rules_direction_holds_for_the_deeper_stage_too() -> None:
    made = stage()
    at = known(made, LEAST)
    made.step(np.array([7.0]), gates(1, watch.FIRING, at), at, {"p_direction": np.array([-1.0])})
    assert made._detector.direction.tolist() == [-1.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("grown", [False, True])
def test_it_goes_on_after_a_restart_as_if_nothing_had_been(grown: bool) -> None:
    made = stage(2)
    at = known(made, LEAST + 7, 2)
    other = Cascade(Teller(), 10)
    other.cover(np.zeros(2, np.bool_))
    other.restore({name: array.copy(order="K") for name, array in made.snapshot().items()})
    n = 3 if grown else 2
    for one in (made, other):
        one.cover(np.ones(n, np.bool_))
        one.step(np.array([5.0, 0.5, 0.0][:n]), gates(n, watch.FIRING, at), at, {})
    assert [made.verdict(slot) for slot in range(n)] == [other.verdict(slot) for slot in range(n)]
    for name, array in made.snapshot().items():
        np.testing.assert_array_equal(array, other.snapshot()[name])


def test_a_column_of_history_is_one_stretch_of_memory() -> None:
    made = stage(5)
    known(made, 3, 5)
    assert made.snapshot()["history"].flags.f_contiguous


def found(values: np.ndarray[Any, Any], rule: Rule) -> list[Finding]:
    """Findings that fired or were confirmed later, of one series with a sample a column."""
    partition = Partition("p", Settings(STEP, 0.0, 1e12, (rule,)))
    slot = partition.table.slot(Labels.of("queue_depth", {"service_name": "mailer"}), Kind.GAUGE)
    told: list[Finding] = []
    one = np.zeros(1, np.int32)
    for i, value in enumerate(values.tolist()):
        partition.take(Decoded(Samples(one + np.int32(slot), np.array([START + i * STEP]), np.array([value]), one)))
        partition.panel.advance(START + (i + 1) * STEP)
        for closed in partition.close():
            told += [*closed.fired, *closed.risen]
    return told


def unusual(kind: str, **parameters: float) -> Rule:
    document = {"alert": "Unusual", "id": "it-unusual", "world": "it", "signal": "queue_depth", "for": "30s"}
    return Rule.model_validate({**document, "detector": {"type": kind, **parameters}})


@pytest.mark.parametrize("kind", ["baseline", "shift"])
def test_a_fault_of_a_series_that_has_a_past_is_confirmed_at_once(kind: str) -> None:
    values = np.random.default_rng(0).normal(40.0, 1.0, 1_000)
    values[900:] += 12.0
    (first, *_) = found(values, unusual(kind))
    assert first.confirmation == "confirmed"
    assert first.deep is not None
    assert first.deep >= cascade.AGREES
    assert first.may_page


def test_a_rule_that_states_a_limit_needs_no_confirmation() -> None:
    rule = Rule.model_validate(
        {**unusual("baseline").model_dump(by_alias=True), "detector": {"type": "threshold", "above": 50}}
    )
    values = np.full(400, 40.0)
    values[300:] = 60.0
    (first, *_) = found(values, rule)
    assert (first.confirmation, first.deep, first.may_page) == ("", None, True)
