"""A runbook is checked to the last name before anything can happen."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.actions.exec import ExecAction
from aiops.actions.http import HttpAction
from aiops.actions.kafka import KafkaAction
from aiops.actions.kubernetes import KubernetesAction
from aiops.errors import ConfigError
from aiops.respond.plan import fits, plan
from aiops.respond.runbook import Runbook, read, read_all
from aiops.types import Cause
from tests.respond.incident import finding, incident

ACTIONS = {"http": HttpAction, "exec": ExecAction, "kafka": KafkaAction, "kubernetes": KubernetesAction}
SHIPPED = Path(__file__).parents[2] / "runbooks"
GOOD = """
name: restart-service
match: {world: it}
parameters: {service: {from: cause.entity, pattern: "[a-z0-9-]{1,63}"}}
steps:
  - action: http
    with: {method: POST, url: "http://deployer/restart/{{ service }}", body: "{{ incident.id }}"}
"""


def written(folder: Path, text: str) -> Runbook:
    file = folder / "runbook.yaml"
    file.write_text(text)
    return read(file, ACTIONS)


def test_what_is_not_said_has_a_stated_default(tmp_path: Path) -> None:
    runbook = written(tmp_path, GOOD)
    assert (runbook.approval.needed, runbook.approval.count, runbook.cooldown) == (True, 1, 600.0)
    assert (runbook.max_targets, runbook.steps[0].idempotent, runbook.steps[0].retries) == (1, "never", 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("steps:", "coldown: 1m\nsteps:"), "did you mean 'cooldown'"),
        (("action: http", "action: htpp"), "did you mean 'http'"),
        (("{{ service }}", "{{ servce }}"), "did you mean 'service'"),
        (("{{ incident.id }}", "{{ incident.title }}"), "unknown name"),
        (("{{ incident.id }}", "{{ cause.entity }}"), "unknown name"),
        (("{{ incident.id }}", "{{ service|upper }}"), "unknown name"),
        (("method: POST", "methd: POST"), "did you mean 'method'"),
        (("from: cause.entity", "from: cause.entty"), "did you mean cause.entity"),
        (("[a-z0-9-]{1,63}", "[a-z"), "no regular expression"),
        (("match: {world: it}", "match: {}"), "at least 1 item"),
        (("world: it", "<<: *x"), "no valid YAML"),
        (("name: restart-service", "name: Restart Service"), "pattern"),
        (("  - action: http", "  - when: 'a and b'\n    action: http"), "no comparison"),
        (("  - action: http", "  - verify: {signal: x}\n    action: http"), "below"),
        (("  - action: http", "  - verify: {signal: 'rate(', below: 1}\n    action: http"), "PromQL"),
        (("  - action: http", "  - timeout: 5x\n    action: http"), "no duration"),
        (("steps:", "approval: maybe\nsteps:"), "none, required"),
        (("body:", "probe: {url: 'http://x'}, bdy:"), "did you mean 'body'"),
    ],
)
def test_a_mistake_is_named_with_file_and_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, GOOD.replace(*change))
    assert said in str(caught.value)
    assert "runbook.yaml" in str(caught.value)


def test_an_action_without_probe_cannot_be_probed(tmp_path: Path) -> None:
    text = GOOD.replace("action: http", "idempotent: probe\n    action: exec").replace(
        'with: {method: POST, url: "http://deployer/restart/{{ service }}", body: "{{ incident.id }}"}',
        'with: {argv: [/bin/true, "{{ service }}"]}',
    )
    with pytest.raises(ConfigError, match="no probe"):
        written(tmp_path, text)


def test_two_runbooks_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(ConfigError, match="another runbook"):
        read_all([tmp_path], ACTIONS)


def test_the_shipped_ones_are_valid_two_and_more_a_world() -> None:
    for world in ("it", "model", "llm"):
        assert len(read_all([SHIPPED / world], ACTIONS)) >= 2


def test_the_shipped_ones_name_alerts_that_exist() -> None:
    rules = SHIPPED.parent / "detectors" / "rules"
    known = {
        line.split("alert:")[1].strip() for file in rules.rglob("*.yaml") for line in file.open() if "- alert:" in line
    }
    asked = [one.match["alert"] for one in read_all([SHIPPED], ACTIONS).values()]
    named = {alert for some in asked for alert in ([some] if isinstance(some, str) else some)}
    assert named <= known


def test_it_matches_the_incident_and_its_first_cause_not_a_victim(tmp_path: Path) -> None:
    runbook = written(tmp_path, GOOD.replace("world: it", "world: it, entity: web"))
    one = incident(findings=(finding("web"),))
    assert not fits(runbook, one)
    assert fits(runbook, incident(causes=(Cause("web", 0.9),)))


def test_who_is_only_complained_of_is_not_acted_upon(tmp_path: Path) -> None:
    restart = written(tmp_path, GOOD.replace("world: it", "world: it, alert: [HttpErrorRatio, SpanErrorRatio]"))
    complaint = incident(findings=(finding("web", "SpanErrorRatio"),), causes=(Cause("openai", 0.9),))
    assert not fits(restart, complaint)
    other = incident(findings=(finding("web"), finding("orders", "HostDiskFull", rule_id="it-disk")))
    assert not fits(restart, other)
    assert fits(restart, incident(findings=(finding("web"), finding("orders", "SpanErrorRatio"))))


@pytest.mark.parametrize("rule", ["HttpErrorRatio", "it-http-error-ratio"])
def test_rule_names_the_alert_or_the_rules_id(tmp_path: Path, rule: str) -> None:
    assert fits(written(tmp_path, GOOD.replace("world: it", f"rule: {rule}")), incident())


@pytest.mark.parametrize("entity", ["a b", "../../etc", "x;rm -rf /", "", "a" * 64, "orders\n", "Ä"])
def test_a_value_that_its_pattern_does_not_admit_refuses_the_run(tmp_path: Path, entity: str) -> None:
    run = plan(written(tmp_path, GOOD), incident(causes=(Cause(entity, 0.9),)), "auto", 0.0)
    assert run.state == "refused"
    assert run.steps == ()
    assert "not admitted" in run.log[-1][1]


@pytest.mark.parametrize("entity", ["-rf", "a/b", "a b", "$(x)", "`x`", ".."])
def test_without_a_pattern_only_an_ordinary_name_is_admitted(tmp_path: Path, entity: str) -> None:
    text = GOOD.replace(', pattern: "[a-z0-9-]{1,63}"', "")
    assert plan(written(tmp_path, text), incident(causes=(Cause(entity, 0.9),)), "auto", 0.0).state == "refused"
    assert plan(written(tmp_path, text), incident(), "auto", 0.0).state == "proposed"


def test_everything_is_filled_in_when_it_is_planned(tmp_path: Path) -> None:
    run = plan(written(tmp_path, GOOD), incident(), "approve", 5.0)
    assert run.id == "restart-service/i1"
    assert run.target == "orders"
    assert run.steps[0].call.config == {"method": "POST", "url": "http://deployer/restart/orders", "body": "i1"}


def test_a_label_comes_from_the_causes_findings_first(tmp_path: Path) -> None:
    text = GOOD.replace("cause.entity", "label.namespace")
    findings = (finding("web", labels={"namespace": "front"}), finding("orders", labels={"namespace": "back"}))
    assert plan(written(tmp_path, text), incident(findings=findings), "auto", 0.0).target == "back"


def test_without_findings_of_the_cause_a_label_comes_from_what_the_runbook_is_for(tmp_path: Path) -> None:
    text = GOOD.replace("cause.entity", "label.service_name").replace("world: it", "alert: LlmErrorRatio")
    findings = (finding("web", "SpanErrorRatio"), finding("writer", "LlmErrorRatio"))
    one = incident(findings=findings, causes=(Cause("openai", 0.9),))
    runbook = written(tmp_path, text)
    assert fits(runbook, one)
    assert plan(runbook, one, "auto", 0.0).target == "writer"
