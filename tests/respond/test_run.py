"""At most once, unless the step says it may be more; and never on a guess."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.respond.advance import RETRY_SECONDS, advance
from aiops.respond.approval import Need
from aiops.respond.effect import Effect
from aiops.respond.journal import entries
from aiops.respond.propose import held_back, propose, renamed
from aiops.respond.run import (
    FINAL,
    Abort,
    Approve,
    Call,
    Check,
    Decide,
    Ended,
    Event,
    Outcome,
    PlannedStep,
    Restarted,
    Run,
    Tick,
    Withdrawn,
)
from aiops.respond.runbook import Runbook
from aiops.types import Cause, Json
from tests.respond.incident import incident

CALL = Call("http", {"url": "http://x/do"}, 5.0)
UNDO = Call("http", {"url": "http://x/undo"}, 5.0)
CHECK = Check("errors", 0.1, None, 60.0)


def step(name: str = "do", **fields: object) -> PlannedStep:
    return PlannedStep(name, CALL, **fields)  # type: ignore[arg-type]


def run(*steps: PlannedStep, count: int = 0, roles: tuple[str, ...] = ()) -> Run:
    need = Need(count, roles, 900.0)
    return Run("r/i1", "r", "i1", "orders", "proposed", steps or (step(),), {}, need, 0.0, 0.0)


def tick(now: float = 0.0, value: float | None = None) -> Tick:
    return Tick(now, lambda _: value)


def answer(effect: Effect, status: str = "ok") -> Outcome:
    return Outcome(effect.key, effect.kind, effect.attempt, status)


class Driver:
    """Feeds a run and remembers what it asked to be done."""

    def __init__(self, one: Run) -> None:
        self.run, self.done, self.now, self.journal = one, list[Effect](), 0.0, list[Json]()

    def feed(self, event: Event, now: float | None = None) -> Driver:
        self.now = self.now if now is None else now
        before = self.run
        self.run, effects = advance(before, event, self.now)
        self.run = msgspec.json.decode(msgspec.json.encode(self.run), type=Run)
        self.journal += entries(before, self.run, event, self.now)
        self.done += effects
        return self

    @property
    def did(self) -> list[tuple[str, str]]:
        return [(effect.kind, effect.step) for effect in self.done]


def started(*steps: PlannedStep) -> Driver:
    return Driver(run(*steps)).feed(tick())


def test_steps_follow_each_other_and_a_skipped_one_is_passed_over() -> None:
    driver = started(step("a"), step("b", skipped=True), step("c"))
    driver.feed(answer(driver.done[-1]))
    driver.feed(answer(driver.done[-1]))
    assert driver.did == [("act", "a"), ("act", "c")]
    assert driver.run.state == "done"


def test_nothing_happens_before_enough_different_people_with_the_role_agreed() -> None:
    driver = Driver(run(count=2, roles=("approver",)))
    for user, roles in (("eve", ()), ("ada", ("approver",)), ("ada", ("approver",))):
        driver.feed(Approve(user, roles))
        driver.feed(tick())
    assert driver.done == []
    assert driver.feed(Approve("bob", ("approver", "x"))).did == [("act", "do")]


def test_a_proposal_lapses_and_a_late_approval_does_nothing() -> None:
    driver = Driver(run(count=1)).feed(Approve("ada"), 901.0)
    assert (driver.run.state, driver.done) == ("proposed", [])
    assert driver.feed(tick(), 901.0).run.state == "expired"
    assert driver.feed(Approve("ada"), 902.0).done == []


def test_a_proposal_ends_with_its_incident_and_a_run_under_way_does_not() -> None:
    assert Driver(run(count=1)).feed(Ended()).run.state == "expired"
    assert started().feed(Ended()).run.state == "running"


def test_what_is_held_back_starts_later() -> None:
    one, effects = advance(run(count=1), Approve("ada"), 0.0, may_start=False)
    assert effects == []
    one, effects = advance(one, tick(), 2_000.0, may_start=True)
    assert [effect.kind for effect in effects] == ["act"]


def test_a_refusal_is_tried_again_as_often_as_the_step_allows_under_one_key() -> None:
    driver, now = started(step(retries=2)), 0.0
    for attempt in range(3):
        driver.feed(answer(driver.done[-1], "failed"), now)
        now += RETRY_SECONDS * 2.0**attempt
        driver.feed(tick(), now - 0.1)
        driver.feed(tick(), now)
    assert [effect.attempt for effect in driver.done] == [1, 2, 3]
    assert len({effect.key for effect in driver.done}) == 1
    assert driver.run.state == "failed"


@pytest.mark.parametrize("event", ["restart", "unknown"])
def test_a_step_never_to_be_repeated_stays_in_doubt_until_a_person_has_looked(event: str) -> None:
    driver = started(step(retries=5))
    driver.feed(Restarted() if event == "restart" else answer(driver.done[-1], "unknown"))
    for now in (10.0, 1e6):
        driver.feed(tick(), now).feed(Restarted())
    assert (driver.run.state, len(driver.done)) == ("in_doubt", 1)
    assert driver.feed(Decide("ada", happened=True)).run.state == "done"


def test_a_step_that_was_withdrawn_unbegun_is_no_doubt_and_is_begun_once_after_the_restart() -> None:
    driver = started(step()).feed(Withdrawn()).feed(Restarted()).feed(tick(), 1.0)
    driver.feed(answer(driver.done[-1]))
    assert (driver.run.state, [one.attempt for one in driver.done]) == ("done", [1, 1])


def test_a_doubt_is_settled_by_an_outcome_that_comes_late() -> None:
    driver = started()
    driver.feed(Restarted()).feed(answer(driver.done[0], "ok"))
    assert driver.run.state == "done"


def test_what_a_person_says_did_not_happen_is_not_done_behind_their_back() -> None:
    driver = started(step(retries=5)).feed(Restarted()).feed(Decide("ada", happened=False))
    assert (driver.run.state, len(driver.done)) == ("failed", 1)


def test_a_step_with_a_key_is_done_again_under_the_same_key() -> None:
    driver = started(step(idempotent="key")).feed(Restarted()).feed(tick(), RETRY_SECONDS)
    assert [effect.key for effect in driver.done] == ["r/i1/0", "r/i1/0"]
    assert driver.feed(answer(driver.done[-1])).run.state == "done"


def test_a_step_with_a_key_that_never_answers_ends_in_doubt() -> None:
    driver = started(step(idempotent="key"))
    for now in range(0, 100, 10):
        driver.feed(answer(driver.done[-1], "unknown"), float(now)).feed(tick(), now + 5.0)
    assert (driver.run.state, len(driver.done)) == ("in_doubt", 2)


@pytest.mark.parametrize(
    ("said", "did", "state"),
    [
        ("ok", [("act", "do"), ("probe", "do")], "done"),
        ("failed", [("act", "do"), ("probe", "do"), ("act", "do")], "running"),
        ("unknown", [("act", "do"), ("probe", "do")], "in_doubt"),
    ],
)
def test_a_step_with_a_probe_asks_before_it_is_done_again(said: str, did: object, state: str) -> None:
    driver = started(step(idempotent="probe", retries=1)).feed(Restarted())
    driver.feed(answer(driver.done[-1], said)).feed(tick(), 10.0)
    assert (driver.did, driver.run.state) == (did, state)


def test_it_is_verified_on_event_time_after_the_step() -> None:
    driver = started(step(check=CHECK))
    driver.feed(answer(driver.done[-1])).feed(tick(500.0, 0.01))
    assert driver.run.state == "verifying"
    driver.feed(tick(500.0, 0.01))
    assert driver.run.state == "verifying", "a value of the moment before the step says nothing"
    assert driver.feed(tick(515.0, 0.5)).run.state == "verifying"
    assert driver.feed(tick(530.0, 0.01)).run.state == "done"


@pytest.mark.parametrize("value", [0.5, None])
def test_what_does_not_verify_in_time_is_rolled_back_newest_first(value: float | None) -> None:
    driver = started(step("a", rollback=UNDO), step("b"), step("c", check=CHECK, rollback=UNDO))
    for _ in range(3):
        driver.feed(answer(driver.done[-1]))
    driver.feed(tick(0.0)).feed(tick(60.0, value))
    for _ in range(2):
        driver.feed(answer(driver.done[-1]))
    assert driver.did[3:] == [("rollback", "c"), ("rollback", "a")]
    assert driver.run.state == "rolled_back"
    assert len({effect.key for effect in driver.done}) == 5


def test_a_failed_step_rolls_back_those_before_it_but_not_itself() -> None:
    driver = started(step("a", rollback=UNDO), step("b", rollback=UNDO))
    driver.feed(answer(driver.done[-1])).feed(tick())
    driver.feed(answer(driver.done[-1], "failed"))
    assert driver.did == [("act", "a"), ("act", "b"), ("rollback", "a")]


def test_a_rollback_interrupted_is_in_doubt_and_not_repeated() -> None:
    driver = started(step("a", rollback=UNDO, idempotent="key"), step("b"))
    driver.feed(answer(driver.done[-1])).feed(tick())
    driver.feed(answer(driver.done[-1], "failed")).feed(Restarted()).feed(tick(), 1e6)
    assert (driver.run.state, driver.did[-1]) == ("in_doubt", ("rollback", "a"))
    assert driver.feed(Decide("ada", happened=True)).run.state == "rolled_back"


def test_an_abort_awaits_what_is_under_way_and_begins_nothing_more() -> None:
    driver = started(step("a", rollback=UNDO), step("b")).feed(Abort("ada"))
    assert driver.run.state == "running"
    driver.feed(answer(driver.done[-1]))
    assert driver.did == [("act", "a"), ("rollback", "a")]
    assert started(step("a"), step("b")).feed(Abort("ada")).feed(tick()).did == [("act", "a")]


def test_an_answer_to_an_older_attempt_means_nothing() -> None:
    driver = started(step(idempotent="key", retries=1))
    old = driver.done[0]
    driver.feed(answer(old, "failed")).feed(tick(), 10.0)
    driver.feed(answer(old, "ok"))
    assert driver.run.state == "running"


def test_the_journal_holds_every_intent_and_its_outcome() -> None:
    driver = started(step("a"), step("b"))
    driver.feed(answer(driver.done[-1]))
    assert [one["kind"] for one in driver.journal if one["kind"] != "note"] == ["intent", "outcome", "intent"]
    driver.feed(answer(driver.done[-1]))
    kinds = [one["kind"] for one in driver.journal if one["kind"] != "note"]
    assert kinds == ["intent", "outcome", "intent", "outcome"]


EVENTS = st.lists(
    st.sampled_from(["ok", "failed", "unknown", "tick", "crash", "crash_after_act", "abort", "yes", "no"]), max_size=30
)


@settings(max_examples=300)
@given(EVENTS, st.sampled_from(["never", "key", "probe"]), st.booleans())
def test_wherever_it_dies_no_unsafe_step_is_done_twice_and_no_effect_lacks_a_durable_intent(
    events: list[str], idempotent: str, checked: bool
) -> None:
    steps = tuple(
        step(name, idempotent=idempotent, retries=2, check=CHECK if checked else None, rollback=UNDO) for name in "abc"
    )
    durable, acted, refused, now = run(*steps), Counter[str](), Counter[str](), 0.0
    for event in ["tick", *events, *["tick", "ok"] * 20]:
        now += 30.0
        intent = durable.intent
        chosen: Event = tick(now, 0.0)
        if event in ("ok", "failed", "unknown") and intent:
            chosen = answer(intent, event)
            if event == "failed" and intent.kind == "act":
                refused[intent.step] += 1
        elif event.startswith("crash"):
            chosen = Restarted()
        elif event == "abort":
            chosen = Abort("ada")
        elif event in ("yes", "no"):
            chosen = Decide("ada", happened=event == "yes")
        after, effects = advance(durable, chosen, now)
        assert len(effects) <= 1
        if effects:
            assert after.intent == effects[0], "an effect is the committed run's open intent"
        durable = msgspec.json.decode(msgspec.json.encode(after), type=Run)
        if effects and effects[0].kind == "act":
            acted[effects[0].step] += 1
    for name, times in acted.items():
        if idempotent == "never":
            assert times <= 1 + refused[name], "only after a refusal, which did nothing, is it tried again"
    assert durable.state in FINAL | {"in_doubt"}


RESTART = Runbook.model_validate(
    {
        "name": "restart",
        "match": {"world": "it"},
        "approval": "none",
        "steps": [{"action": "http", "with": {"url": "http://x"}}],
    }
)


@pytest.mark.parametrize(
    ("mode", "states", "acts"),
    [("off", [], 0), ("dry_run", ["dry_run"], 0), ("approve", ["proposed"], 0), ("auto", ["proposed"], 1)],
)
def test_the_mode_decides_what_a_runbook_may(mode: str, states: list[str], acts: int) -> None:
    proposed = propose([], [incident()], {"restart": RESTART}, mode, 0.0)
    assert [one.state for one in proposed] == states
    assert sum(len(advance(one, tick(), 1.0)[1]) for one in proposed) == acts


def test_auto_still_asks_where_the_runbook_wants_to_be_asked() -> None:
    asking = Runbook.model_validate({**RESTART.model_dump(by_alias=True), "approval": "required"})
    (one,) = propose([], [incident()], {"restart": asking}, "auto", 0.0)
    assert advance(one, tick(), 1.0)[1] == []


def test_a_runbook_is_proposed_once_an_incident_also_under_its_new_id() -> None:
    books = {"restart": RESTART}
    runs = propose([], [incident("i2")], books, "auto", 0.0)
    assert propose(runs, [incident("i2")], books, "auto", 1.0) == []
    moved = renamed(runs, {"i1": ["i2"]})
    assert propose(moved, [incident("i1")], books, "auto", 2.0) == []
    assert moved[0].id == "restart/i2"


def test_a_target_rests_for_the_cooldown_and_others_do_not_wait() -> None:
    books = {"restart": RESTART}
    (first,) = propose([], [incident("i1")], books, "auto", 0.0)
    first, effects = advance(first, tick(), 0.0)
    first, _ = advance(first, answer(effects[0]), 1.0)
    assert propose([first], [incident("i2")], books, "auto", 599.0) == []
    assert len(propose([first], [incident("i2")], books, "auto", 600.0)) == 1
    other = incident("i3", causes=(Cause("web", 0.9),))
    assert len(propose([first], [other], books, "auto", 1.0)) == 1


def test_no_more_targets_at_a_time_than_allowed() -> None:
    busy = replace(run(), id="r/i0", target="web", state="running")
    assert "max_targets" in held_back(run(), [busy], 0.0)
    assert held_back(replace(run(), max_targets=2), [busy], 0.0) == ""
    same = replace(busy, target="orders")
    assert "is at work on orders" in held_back(replace(run(), max_targets=2), [same], 0.0)
    assert held_back(run(), [replace(busy, state="done")], 0.0) == ""
    assert held_back(run(), [replace(busy, state="in_doubt")], 0.0) == ""
    assert "in doubt" in held_back(run(), [replace(same, state="in_doubt")], 0.0)
