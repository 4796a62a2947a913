"""A wrong rule is refused with its file, its place in it, and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.detect.rule import Rule, load_rules, parameter
from aiops.detect.summary import interval
from aiops.errors import ConfigError
from aiops.types import Labels

GOOD = """
rules:
  - alert: Slow
    id: it-slow
    world: it
    signal: latency_seconds
    detector: {type: baseline, direction: up}
    for: 1m
"""


def loaded(folder: Path, text: str) -> list[Rule]:
    file = folder / "own.yaml"
    file.write_text(text)
    return load_rules([str(file)])


def test_a_good_rule_has_stated_defaults(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, GOOD)
    assert (one.for_, one.keep_firing_for, one.threshold, one.severity, one.status) == (60, 300, 6, "page", "stable")
    assert one.parameters == {"direction": 1.0}


@pytest.mark.parametrize(
    ("wrong", "right", "complaints"),
    [
        ("severty: page", "for: 1m", ["rules.0.severty", "did you mean 'severity'"]),
        ("detector: {type: baselin}", "detector: {type: baseline, direction: up}", ["rules.0.detector", "baseline"]),
        ("detector: {type: baseline, flor: 1}", "detector: {type: baseline, direction: up}", ["flor", "floor"]),
        ("detector: {type: baseline, direction: sideways}", "detector: {type: baseline, direction: up}", ["sideways"]),
        ("detector: {type: baseline, floor: true}", "detector: {type: baseline, direction: up}", ["no number"]),
        ("signal: rate(latency_seconds)", "signal: latency_seconds", ["rules.0.signal"]),
        ("signal: sum without (pod) (m)", "signal: latency_seconds", ["rules.0.signal", "without"]),
        ("signal: m > 3", "signal: latency_seconds", ["threshold belongs to the rule's detector"]),
        ("detector: {type: histogram}", "detector: {type: baseline, direction: up}", ["counts of one column"]),
        ("world: cloud", "world: it", ["rules.0.world", "'it', 'model' or 'llm'", "cloud"]),
        ("id: IT Slow", "id: it-slow", ["rules.0.id"]),
        ("for: soon", "for: 1m", ["rules.0.for", "soon"]),
        ("threshold: 99", "for: 1m", ["rules.0.threshold", "99"]),
    ],
)
def test_a_mistake_is_told_with_file_place_and_what_was_meant(
    tmp_path: Path, wrong: str, right: str, complaints: list[str]
) -> None:
    assert right in GOOD
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, GOOD.replace(right, wrong))
    for part in [str(tmp_path / "own.yaml"), *complaints]:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules: {a: 1}", "a list"),
        ("[]", "a list"),
        ("", "a list"),
        (GOOD + "groups: []\n", "unknown key 'groups'"),
        ("rules: [", "no valid YAML"),
        ("a: &x 1\nrules: [*x]", "aliases"),
    ],
)
def test_a_file_that_is_no_rule_file_is_told_so(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as error:
        loaded(tmp_path, text)
    assert "own.yaml" in str(error.value)


def test_two_rules_with_one_id_are_refused_and_both_files_named(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(ConfigError, match="it-slow") as error:
        load_rules([str(tmp_path)])
    assert "one.yaml" in str(error.value)
    assert "two.yaml" in str(error.value)


def test_a_pack_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="packs: it, model, llm"):
        load_rules(["iot"])


@pytest.mark.parametrize(("value", "expected"), [("4h", 14_400.0), (3, 3.0), (0.5, 0.5), ("15s", 15.0)])
def test_parameters_are_numbers_or_durations(value: object, expected: float) -> None:
    assert parameter("window", value) == expected


def test_a_summary_names_entity_value_expectation_and_labels(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, GOOD + '    summary: "{{ entity }} on {{ host }}: {{ value }}, not {{ expected }}"\n')
    text = one.describe(Labels.of("latency_seconds", {"service_name": "web", "host": "h1"}), 1.5, 0.25)
    assert text.startswith("web on h1: 1.5")
    assert "0.25" in text


def test_text_of_labels_is_never_taken_for_a_template(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, GOOD + '    summary: "{{ entity }} is slow"\n')
    assert one.describe(Labels.of("m", {"service_name": "{{ value }}"}), 1.5, 0.25) == "{{ value }} is slow"


@pytest.mark.parametrize(
    ("signal", "summary", "complaints"),
    [
        ("latency_seconds", "{{ entity }} takes {{ vlaue }}", ["vlaue", "did you mean 'value'"]),
        ("sum by (pod) (m)", "{{ pdo }}: {{ value }}", ["pdo", "did you mean 'pod'"]),
        ("sum by (pod) (m)", "{{ namespace }}: {{ value }}", ["namespace", "there are", "pod"]),
        ("sum by (pod) (m) / sum by (pod, node) (n)", "{{ node }}", ["node"]),
        ("latency_seconds", "{{ entity }: {{ value }}", ["written {{ name }}"]),
        ("latency_seconds", "{{ entity }} lasts {{ estimate }}", ["tells no estimate"]),
    ],
)
def test_a_field_that_no_finding_has_is_refused_when_the_rule_is_read(
    tmp_path: Path, signal: str, summary: str, complaints: list[str]
) -> None:
    text = GOOD.replace("signal: latency_seconds", f"signal: {signal}") + f'    summary: "{summary}"\n'
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    for part in ["own.yaml", "rules.0", *complaints]:
        assert part in str(error.value)


def test_a_summary_may_name_the_labels_of_its_groups_and_of_bare_series(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD + '    summary: "{{ peer }} of {{ anything }}: {{ value }}"\n')
    signal = "histogram_quantile(0.9, sum by (le, route) (rate(m_bucket[1m])))"
    loaded(tmp_path, GOOD.replace("latency_seconds", signal) + '    summary: "{{ route }}: {{ value }}"\n')


def test_a_forecast_is_told_with_its_interval(tmp_path: Path) -> None:
    text = GOOD.replace("{type: baseline, direction: up}", "{type: exhaustion, limit: 0}")
    (one,) = loaded(tmp_path, text + '    summary: "{{ entity }}: full in {{ estimate }}"\n')
    told = interval(11_160.0, 8_640.0, 18_000.0, "duration")
    assert one.describe(Labels.of("m", {"host": "h1"}), 5.0, 0.0, told).endswith("full in 3.1 h (95 %: 2.4 h to 5 h)")
