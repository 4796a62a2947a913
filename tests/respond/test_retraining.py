"""Accuracy below 85 in 100 has a model trained again: after approval, once, and not again within the cool-down."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops import plugins
from aiops.respond.advance import advance
from aiops.respond.plan import fits
from aiops.respond.propose import held_back, propose
from aiops.respond.run import Approve, Outcome, Run, Tick
from aiops.respond.runbook import Runbook, read_all
from aiops.types import Cause, Incident
from tests.respond.incident import finding, incident

FOLDER = Path(__file__).parents[2] / "runbooks" / "model"
ACTIONS = {name: plugins.load("aiops.actions", name) for name in ("http", "kafka")}
DAY = 86_400.0


@pytest.fixture(scope="module")
def books() -> dict[str, Runbook]:
    found = read_all([FOLDER], ACTIONS)
    return {name: book for name, book in found.items() if name.startswith("retrain")}


def degraded(id: str = "i1", model: str = "claims", **labels: str) -> Incident:
    named = {"service_name": model, "model": model, **labels}
    low = finding(model, "ModelAccuracyLow", labels=named, world="model", rule_id="model-accuracy-low", value=0.22)
    cause = Cause(model, 0.9, (), "model_errors", None, "errors")
    return incident(id, findings=(low,), worlds=("model",), entities=(model,), causes=(cause,))


def tick(now: float) -> Tick:
    return Tick(now, lambda _: None)


def done(run: Run, now: float) -> Run:
    """Approved by somebody who may, carried out, answered."""
    run, effects = advance(run, Approve("ada", ("approver",)), now)
    if not effects:
        run, effects = advance(run, tick(now), now)
    assert [effect.kind for effect in effects] == ["act"]
    run, _ = advance(run, Outcome(effects[0].key, effects[0].kind, effects[0].attempt, "ok"), now + 1.0)
    assert run.state == "done"
    return run


def test_it_waits_for_an_approver_and_calls_once(books: dict[str, Runbook]) -> None:
    (run,) = propose([], [degraded()], books, "approve", 0.0)
    assert run.runbook == "retrain-model"
    assert advance(run, tick(60.0), 60.0)[1] == []
    assert advance(advance(run, Approve("eve", ()), 60.0)[0], tick(61.0), 61.0)[1] == []
    finished = done(run, 120.0)
    assert finished.steps[0].call.config["url"] == "http://model-trainer/models/claims/train"
    # The same incident goes on for hours: nothing is proposed, nothing is called again.
    assert propose([finished], [degraded()], books, "approve", 3_600.0) == []
    assert advance(finished, tick(3_600.0), 3_600.0)[1] == []


def test_another_incident_within_the_cool_down_does_not_train_again(books: dict[str, Runbook]) -> None:
    (first,) = propose([], [degraded()], books, "approve", 0.0)
    finished = done(first, 120.0)
    assert propose([finished], [degraded("i2")], books, "approve", DAY - 60.0) == []
    assert [run.id for run in propose([finished], [degraded("i2")], books, "approve", DAY + 200.0)] == [
        "retrain-model/i2"
    ]
    assert len(propose([finished], [degraded("i3", "fraud")], books, "approve", 200.0)) == 1


def test_two_incidents_at_once_train_once(books: dict[str, Runbook]) -> None:
    first, second = propose([], [degraded("i1"), degraded("i2")], books, "approve", 0.0)
    assert held_back(second, [done(first, 60.0)], 120.0).startswith("cooldown")


def test_a_dry_run_shows_the_call_and_makes_none(books: dict[str, Runbook]) -> None:
    (run,) = propose([], [degraded()], books, "dry_run", 0.0)
    assert run.state == "dry_run"
    assert advance(run, Approve("ada", ("approver",)), 1.0)[1] == []
    assert advance(run, tick(2.0), 2.0)[1] == []


@pytest.mark.parametrize("by", ["airflow", "argo", "kubeflow", "mlflow"])
def test_who_trains_otherwise_says_so_with_a_label(books: dict[str, Runbook], by: str) -> None:
    labels = {"retrain": by, "version": "12", "pipeline": "9d2f4f1e-6d2c-4b1e-8f1a-0c2f9f2f6a11"}
    others = {name: book for name, book in books.items() if name != "retrain-model"}
    assert propose([], [degraded()], others, "approve", 0.0) == []
    (run,) = propose([], [degraded(**labels)], others, "approve", 0.0)
    assert run.runbook == f"retrain-by-{by}"
    call = done(run, 60.0).steps[0].call
    assert "claims" in str(call.config["body"])
    ACTIONS["http"].Config.model_validate(call.config)


def test_accuracy_above_the_limit_trains_nothing(books: dict[str, Runbook]) -> None:
    high = degraded()
    slower = incident("i9", findings=(finding("claims", "ModelServerLatency", world="model"),), worlds=("model",))
    assert any(fits(book, high) for book in books.values())
    assert not any(fits(book, slower) for book in books.values())
