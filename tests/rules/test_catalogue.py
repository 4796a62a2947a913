"""The shipped rules as a catalogue: whole, unique, tested on both sides, general.

Whether the cases hold is `aiops rules test`; here stands what makes a rule file worth running.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from aiops.detect.promtest import Case, cases

FOLDER = Path(__file__).parents[2] / "detectors" / "rules"
FILES = sorted(FOLDER.glob("*/*.yaml"))
DOCUMENTS: dict[str, dict[str, Any]] = {str(f.relative_to(FOLDER)): yaml.safe_load(f.read_text()) for f in FILES}
RULES = [(file, rule) for file, document in DOCUMENTS.items() for rule in document["rules"]]
TWO_INPUTS = {"proportion", "burn_rate", "concept"}
REQUIRED = {
    "alert", "id", "status", "world", "signal", "detector", "severity", "summary", "references", "falsepositives"
}  # fmt: skip
OPTIONAL = {"total", "threshold", "for", "keep_firing_for", "labels", "runbook", "unit"}

each_rule = pytest.mark.parametrize(("file", "rule"), RULES, ids=[rule["id"] for _, rule in RULES])


def expectations(alert: str, document: dict[str, Any]) -> list[tuple[Case, bool]]:
    """Per case that asks for the alert: whether it expects it to fire at some time."""
    asked = []
    for case in cases(document):
        own = [one for one in case.expectations if one.alertname == alert]
        if own:
            asked.append((case, any(one.labels for one in own)))
    return asked


def test_no_two_rules_share_an_id_or_a_name() -> None:
    assert [name for name, n in Counter(rule["id"] for _, rule in RULES).items() if n > 1] == []
    assert [name for name, n in Counter(rule["alert"] for _, rule in RULES).items() if n > 1] == []


def test_each_world_has_rules_that_page_and_rules_that_explain() -> None:
    kinds = {(rule["world"], rule["severity"]) for _, rule in RULES}
    assert kinds == {(world, severity) for world in ("it", "model", "llm") for severity in ("page", "info")}


@each_rule
def test_a_rule_has_the_fields_of_the_contract_and_stands_in_its_world(file: str, rule: dict[str, Any]) -> None:
    assert set(rule) >= REQUIRED
    assert set(rule) <= REQUIRED | OPTIONAL
    assert file.split("/")[0] == rule["world"]
    assert rule["id"].startswith(f"{rule['world']}-")
    assert rule["severity"] in {"page", "info"}
    assert rule["status"] in {"stable", "experimental"}
    assert ("total" in rule) == (rule["detector"]["type"] in TWO_INPUTS)


@each_rule
def test_it_says_where_it_comes_from_and_when_it_is_wrong(file: str, rule: dict[str, Any]) -> None:
    assert rule["references"]
    assert all(one.startswith("https://") for one in rule["references"])
    assert all(one.endswith(".") for one in rule["falsepositives"])
    assert rule["falsepositives"]


@each_rule
def test_its_expressions_are_promql(file: str, rule: dict[str, Any]) -> None:
    for expression in filter(None, (rule["signal"], rule.get("total"))):
        assert promql_parser.parse(expression) is not None


@each_rule
def test_it_fires_in_one_case_and_stays_quiet_in_another(file: str, rule: dict[str, Any]) -> None:
    asked = expectations(rule["alert"], DOCUMENTS[file])
    assert [case.name for case, fires in asked if fires], "no case in which it fires"
    assert [case.name for case, fires in asked if not fires], "no case in which it stays quiet"


@each_rule
def test_a_group_keeps_a_label_that_names_an_entity(file: str, rule: dict[str, Any]) -> None:
    named = {"service_name", "host_name", "pod", "node", "instance", "job", "namespace"}
    for group in re.findall(r"by \(([^)]*)\)", rule["signal"]):
        assert named & {label.strip() for label in group.split(",")}


@each_rule
def test_a_page_waits_for_a_second_look_unless_one_event_is_enough(file: str, rule: dict[str, Any]) -> None:
    if rule["severity"] == "page" and rule["detector"]["type"] != "threshold":
        assert rule.get("for"), "a statistic must last before it wakes somebody"


@pytest.mark.parametrize("file", DOCUMENTS)
def test_cases_speak_only_of_the_rules_beside_them(file: str) -> None:
    names = {rule["alert"] for rule in DOCUMENTS[file]["rules"]}
    asked = {one.alertname for case in cases(DOCUMENTS[file], file) for one in case.expectations}
    assert asked <= names


@pytest.mark.parametrize("file", DOCUMENTS)
def test_a_question_lies_within_its_series(file: str) -> None:
    for case in cases(DOCUMENTS[file], file):
        length = max(len(one.values) for one in case.series) * case.interval_seconds
        assert all(one.eval_time <= length for one in case.expectations), case.name


@each_rule
def test_a_runbook_it_names_is_shipped(file: str, rule: dict[str, Any]) -> None:
    shipped = {yaml.safe_load(f.read_text())["name"] for f in (FOLDER.parents[1] / "runbooks").glob("*/*.yaml")}
    assert rule.get("runbook") in shipped | {None}
