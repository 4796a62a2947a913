"""Cases: reading them from a rule file, and comparing them with what fired."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.detect.promtest import Case, Expectation, Fired, cases, run
from aiops.errors import ConfigError
from aiops.types import Kind


def document(**changed: Any) -> dict[str, Any]:
    entry = {
        "name": "disk fills",
        "interval": "15s",
        "input_series": [{"series": 'up{job="a"}', "values": "1x3", "kind": "gauge"}],
        "alert_rule_test": [{"eval_time": "1m", "alertname": "Down", "exp_alerts": [{"exp_labels": {"job": "a"}}]}],
    }
    return {"tests": [entry | changed]}


def asking(*labels: dict[str, str]) -> Case:
    return Case("case", 15.0, (), (Expectation(60.0, "Down", labels),))


def test_a_case_is_read_with_its_series_and_questions() -> None:
    (case,) = cases(document())
    assert (case.interval_seconds, case.steps, case.series[0].kind) == (15.0, 5, Kind.GAUGE)
    assert case.expectations == (Expectation(60.0, "Down", ({"job": "a"},)),)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"interval": "soon"}, "duration"),
        ({"input_series": [{"series": "up"}]}, "'values' is missing"),
        ({"input_series": [{"series": "up", "values": "1y"}]}, "not a value"),
        ({"interval": "0s"}, "above 0"),
    ],
)
def test_an_unreadable_case_names_file_and_place(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"node\.yaml: tests\[0\]") as caught:
        cases(document(**changed), "node.yaml")
    assert said in str(caught.value)


def test_an_alert_that_fires_with_further_labels_satisfies_the_expectation() -> None:
    assert run(asking({"job": "a"}), lambda _: [Fired("Down", {"job": "a", "severity": "page"}, 30.0)]) == []


def test_an_expected_alert_that_stays_silent_is_reported() -> None:
    assert "it does not" in run(asking({"job": "a"}), lambda _: [Fired("Down", {"job": "b"}, 30.0)])[0]


def test_an_alert_nobody_expected_is_reported() -> None:
    assert "not expected" in run(asking(), lambda _: [Fired("Down", {"job": "a"}, 30.0)])[0]


@pytest.mark.parametrize(("start", "stop"), [(75.0, None), (15.0, 60.0)])
def test_an_alert_counts_only_while_it_fires(start: float, stop: float | None) -> None:
    assert run(asking(), lambda _: [Fired("Down", {}, start, stop)]) == []


def test_other_rules_may_fire_beside_the_one_asked_for() -> None:
    assert run(asking(), lambda _: [Fired("Other", {}, 0.0)]) == []


def test_each_alert_answers_one_expectation_only() -> None:
    fired = [Fired("Down", {"job": "a"}, 0.0)]
    assert len(run(asking({}, {"job": "a"}), lambda _: fired)) == 1
    assert run(asking({}, {"job": "a"}), lambda _: [*fired, Fired("Down", {"job": "b"}, 0.0)]) == []
