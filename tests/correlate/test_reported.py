"""Alerts of others open incidents, join them, and close them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aiops.cli import cli
from aiops.correlate import reported
from aiops.correlate.correlator import Lesson
from aiops.types import Alert, Edge, Finding
from tests.correlate.story import correlator, finding, told


def _alert(entity: str, at: float, status: str = "firing", severity: str = "", peer: str = "", host: str = "") -> Alert:
    return Alert(timestamp=at, entity=entity, name="DiskFull", status=status, severity=severity, peer=peer, host=host)


def _told(*alerts: Alert, at: float = 0.0) -> list[Finding]:
    return reported.findings(alerts, "push/alerts", at)


def test_an_alert_opens_an_incident_and_its_end_resolves_it() -> None:
    found = correlator()
    (incident,) = told(found, *_told(_alert("db", 0)))
    assert (incident.status, incident.entities) == ("firing", ("db",))
    (incident,) = told(found, *_told(_alert("db", 90, status="resolved"), at=90))
    assert (incident.status, incident.resolved, len(incident.findings)) == ("resolved", 90, 1)


def test_an_alert_told_again_is_the_same_alert() -> None:
    found = correlator()
    told(found, *_told(_alert("db", 0)))
    (incident,) = told(found, *_told(_alert("db", 0), at=60))
    assert len(incident.findings) == 1


def test_an_alert_joins_what_our_own_rules_found() -> None:
    (incident,) = told(correlator(), finding("orders", 0), *_told(_alert("db", 30), at=30))
    assert incident.entities == ("db", "orders")


@pytest.mark.parametrize(("severity", "pages"), [("critical", 1), ("", 1), ("warning", 0), ("info", 0)])
def test_its_severity_says_whether_it_pages(severity: str, pages: int) -> None:
    assert len(told(correlator(), *_told(_alert("db", 0, severity=severity)))) == pages


def test_an_alert_whose_end_nobody_tells_lapses() -> None:
    found = correlator()
    told(found, *_told(_alert("db", 0)))
    found.learn(Lesson(reported.FORGOTTEN_SECONDS + 60, [Edge("a", "b")]))
    found.advance(float("inf"))
    assert found.incidents[0].status == "resolved"


def test_no_change_of_rules_ends_an_alert() -> None:
    found = correlator()
    told(found, *_told(_alert("db", 0)))
    found.retire(set())
    found.advance(float("inf"))
    assert found.incidents[0].status == "firing"


def test_calls_and_hosts_that_alerts_show_are_learnt() -> None:
    alerts = [_alert("a", 0, peer="b"), _alert("c", 0, host="n")]
    assert reported.edges(alerts) == [Edge("a", "b"), Edge("c", "n", "runs_on")]


def test_a_recording_of_alerts_alone_gives_an_incident_with_the_cause(tmp_path: Path) -> None:
    rows = [{"timestamp": 1.7e9, "entity": pod, "name": "threads"} for pod in ("a", "b", "c")]
    rows.append({"timestamp": 1.7e9 + 10, "entity": "b", "name": "memory"})
    (tmp_path / "alerts.ndjson").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "topology.csv").write_text("source,target,kind\na,b,calls\nb,c,calls\n")
    (incident,) = [json.loads(line) for line in _replayed(tmp_path)]
    assert incident["causes"][0]["entity"] == "b"
    assert len(incident["findings"]) == 4


def _replayed(path: Path) -> list[str]:
    return CliRunner().invoke(cli, ["replay", str(path), "--format", "json"]).stdout.splitlines()
