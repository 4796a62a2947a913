"""Feedback given to a running daemon moves thresholds, survives a restart, and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiops.config import load
from aiops.correlate.asked import STORED
from aiops.correlate.correlator import Lesson
from aiops.daemon.deed import Deeds
from aiops.daemon.host import Host
from aiops.daemon.service import Service
from aiops.explain import explain_series
from aiops.types import Finding, Records
from aiops.web.backend import Command, Person

NOW = 1_760_000_000.0
CONFIG = """
step: 15s
sources: {}
rules: [%s]
state_dir: %s
receivers: {out: {type: file, path: %s}}
route: {receiver: out}
web: {listen: 127.0.0.1:0}
"""
RULE = "rules:\n  - {alert: High, id: high, world: it, signal: depth, detector: {type: baseline}}\n"
ADA = Person("ada", ("viewer", "operator"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULE)
    path = tmp_path / "aiops.yaml"
    path.write_text(CONFIG % (tmp_path / "rules.yaml", tmp_path / "state", tmp_path / "pages.ndjson"))
    return path


@pytest.fixture
def service(place: Path) -> Iterator[Service]:
    made = Host(load(place, {}), place, lambda: NOW)
    yield made.service
    made.close()


def opened(service: Service) -> str:
    """An incident under a rule that has many tests to make."""
    body = {"type": "metric", "timestamp": NOW, "name": "depth", "labels": {"service": "a"}, "value": 1.0}
    later = {**body, "timestamp": NOW + 60}
    for offset, one in enumerate((body, later)):
        service.turn([Records.single("one", json.dumps(one).encode(), offset, offset=offset)])
    service.pipeline.correlator.learn(Lesson(NOW, tests={"one": {"high": 1e8}}))
    finding = Finding("High", "high", {}, "a", "it", "page", "one", 1, NOW, NOW, surprise=12.0)
    service.pipeline.correlator.add([finding])
    service.turn([])
    (found,) = service.pipeline.correlator.incidents
    return found.id


def threshold(service: Service) -> float:
    return service.pipeline.correlator.allowance.thresholds(NOW)["high"]


def value(service: Service, name: str) -> float:
    found = service.telemetry.registry.get_sample_value(name)
    assert found is not None
    return found


def do(service: Service, action: Any, target: str, **arguments: Any) -> None:
    Deeds(service).do(Command(action, target, ADA, arguments))
    service.turn([])


def test_false_raises_the_rule_and_true_takes_it_back(service: Service) -> None:
    page, before = opened(service), threshold(service)
    do(service, "feedback", page, right=False)
    assert threshold(service) > before + 0.3
    do(service, "feedback", page, right=True)
    assert threshold(service) < before


def test_feedback_survives_a_restart_and_is_told_without_a_daemon(service: Service, place: Path) -> None:
    page = opened(service)
    do(service, "feedback", page, right=False)
    service.last_turn()
    after = threshold(service)
    stored = service.keeper.store.meta(STORED)
    assert stored is not None
    assert [(one["incident"], one["right"]) for one in json.loads(stored)["verdicts"]] == [(page, False)]
    service.keeper.store.close()
    again = Host(load(place, {}), place, lambda: NOW)
    assert threshold(again.service) == after
    again.close()


@pytest.mark.parametrize(("acknowledged", "moves"), [(True, -1), (False, 1)])
def test_who_resolves_by_hand_what_still_fires_says_half_a_verdict(
    service: Service, acknowledged: bool, moves: int
) -> None:
    page, before = opened(service), threshold(service)
    if acknowledged:
        do(service, "ack", page)
    do(service, "resolve", page)
    half = threshold(service) - before
    assert half * moves > 0
    do(service, "feedback", page, right=acknowledged)
    assert abs(threshold(service) - before) > abs(half)


def test_the_achieved_rate_is_published_with_its_bounds(service: Service) -> None:
    page = opened(service)
    service.refresh()
    before = value(service, "aiops_false_pages_estimate")
    do(service, "feedback", page, right=False)
    service.refresh()
    low, mean, high = (value(service, f"aiops_false_pages_estimate{end}") for end in ("_lower", "", "_upper"))
    assert low < before < mean < high
    assert value(service, "aiops_false_page_budget") == 2.0


def test_explain_says_how_far_a_new_series_is_from_being_known_and_what_the_budget_asks(service: Service) -> None:
    def told() -> dict[str, Any]:
        service.last_turn()
        keeper = service.keeper
        (found,) = explain_series("depth", None, service.config, keeper.store, keeper.ring)
        rules: dict[str, Any] = found.document["rules"][0]
        return rules

    def feed(first: int, last: int) -> None:
        for i in range(first, last):
            body = {"type": "metric", "timestamp": NOW - 3_000 + 15 * i, "name": "depth"}
            record = json.dumps({**body, "value": 10.0 + i % 3}).encode()
            service.turn([Records.single("one", record, i, offset=i)])

    feed(0, 40)
    assert told()["state"] == "learning"
    assert "of 120 samples: a new series is quiet until it is known" in told()["reason"]
    feed(40, 140)
    service.pipeline.correlator.learn(Lesson(NOW, tests={"one": {"high": 1e8}}))
    service.turn([])
    assert told()["state"] == "quiet"
    assert told()["asked"] == {"threshold": 7.699, "by": "budget"}
