"""From a recording with nothing but alerts to its causes."""

from __future__ import annotations

import json
from pathlib import Path

from aiops.diagnosis.case import Case
from aiops.diagnosis.job import study
from aiops.diagnosis.observe_alerts import observe
from aiops.types import Alert, LogRecord

PODS = [f"{service}{i}" for service in ("cart", "pay", "mail") for i in (1, 2, 3)]


def _recording(path: Path, guilty: list[str]) -> Path:
    rows = [{"timestamp": 100.0 + i, "entity": pod, "name": "threads"} for i, pod in enumerate(PODS)]
    rows += [{"timestamp": 130.0, "entity": pod, "name": "memory_used", "direction": "up"} for pod in guilty]
    (path / "alerts.ndjson").write_text("\n".join(map(json.dumps, rows)))
    edges = ["source,target,kind", *(f"{pod.rstrip('123')},{pod},serves" for pod in PODS), "mail,pay,calls"]
    (path / "topology.csv").write_text("\n".join(edges))
    return path


def test_a_fault_of_an_instance_and_one_of_its_service_are_told_apart(tmp_path: Path) -> None:
    for guilty, told in ((["pay2"], "pay2"), (["pay1", "pay2", "pay3"], "pay")):
        assert study(_recording(tmp_path, guilty)).answer.causes[0].entity == told


def test_own_errors_count_and_those_of_others_do_not() -> None:
    alerts = (Alert(timestamp=0.0, entity="a", name="cpu"), Alert(timestamp=0.0, entity="b", name="cpu"))
    bodies = {"a": "ERROR | no such file", "b": "ERROR | an error occurred in the downstream service", "c": "INFO | ok"}
    logs = tuple(LogRecord(timestamp=1.0, entity=entity, body=body) for entity, body in bodies.items())
    found = observe(Case("case", alerts=alerts, logs=logs), 0.0)
    assert [one.entity for one in found] == ["a"]
    assert "no such file" in found[0].sentence


def test_a_topology_alone_is_a_recording_in_which_nothing_happened(tmp_path: Path) -> None:
    (tmp_path / "topology.csv").write_text("source,target,kind\na,b,calls\n")
    assert study(tmp_path).answer.causes == ()
