"""Every action that comes with the agent keeps the contract, and the check notices one that does not."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiops import plugins
from aiops.actions.exec import ExecAction
from aiops.actions.http import HttpAction
from aiops.actions.kafka import KafkaAction
from aiops.actions.kubernetes import KubernetesAction
from aiops.config import Strict
from aiops.demo import scenario
from aiops.demo.action import Simulation, SimulatorAction
from aiops.demo.clock import SimulatedClock
from aiops.respond.effect import ActionContext, ActionOutcome
from aiops.respond.egress import Egress
from aiops.testing import check_action
from tests.ingest.kafka_world import new_topic
from tests.standins.http import FakeServer

CONTEXT = ActionContext("r/i1", "s", "r/i1/0", 20.0, Egress.of(["127.0.0.1", "localhost"]))


def test_every_action_is_checked_here() -> None:
    built_in = {plugins.load("aiops.actions", name) for name in plugins.names("aiops.actions")}
    assert built_in == {ExecAction, HttpAction, KafkaAction, KubernetesAction, SimulatorAction}


def test_exec() -> None:
    check_action(
        ExecAction,
        {"argv": ["/bin/true"]},
        CONTEXT,
        quoting=lambda text: {"argv": ["/usr/bin/printf", "%s", text]},
        refused={"argv": ["/no/such/program"]},
        slow={"argv": ["/bin/sleep", "30"]},
    )


def test_http() -> None:
    with FakeServer().running() as server, FakeServer(delay=3.0).running() as slow:
        check_action(
            HttpAction,
            {"url": server.url},
            CONTEXT,
            quoting=lambda text: {"url": server.url, "body": text, "headers": {"X-Said": text}},
            refused={"url": "http://127.0.0.1:1/"},
            slow={"url": slow.url},
            reached=lambda: len(server.asked),
        )


def test_simulator() -> None:
    simulation = Simulation(scenario.shop(3), SimulatedClock(scenario.MIDNIGHT))
    check_action(
        lambda: SimulatorAction(simulation),
        {"do": "restart", "target": "cart"},
        CONTEXT,
        quoting=lambda text: {"do": "restart", "target": text},
    )


def test_kafka(kafka: Any) -> None:
    topic = new_topic(kafka.address)
    settings = {"bootstrap_servers": [kafka.address], "topic": topic, "value": "refresh"}
    check_action(
        KafkaAction,
        settings,
        replace(CONTEXT, timeout_seconds=5.0),
        quoting=lambda text: {**settings, "value": text, "key": text},
        refused={**settings, "bootstrap_servers": ["127.0.0.1:1"]},
    )


def test_kubernetes(tmp_path: Path) -> None:
    pytest.importorskip("kubernetes", reason="the extra kubernetes is not installed")
    answer = {"Content-Type": "application/json"}
    with FakeServer(headers=answer).running() as server, FakeServer(delay=3.0).running() as slow:
        settings = {"operation": "restart", "name": "cart", "kubeconfig": kubeconfig(tmp_path / "fast", server.url)}
        check_action(
            KubernetesAction,
            settings,
            CONTEXT,
            quoting=lambda text: {**settings, "name": text},
            refused={**settings, "kubeconfig": kubeconfig(tmp_path / "nobody", "http://127.0.0.1:1")},
            slow={**settings, "kubeconfig": kubeconfig(tmp_path / "slow", slow.url)},
            reached=lambda: len(server.asked),
        )


def kubeconfig(file: Path, url: str) -> str:
    cluster, context = {"name": "c", "cluster": {"server": url}}, {"name": "x", "context": {"cluster": "c", "user": ""}}
    written = {"clusters": [cluster], "contexts": [context], "users": [], "current-context": "x"}
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **written}))
    return str(file)


class Shell:
    """What an action may be broken by, one at a time."""

    class Config(Strict):
        command: str = "true"

    def __init__(self, fault: str = "") -> None:
        self._fault = fault

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        if self._fault == "raises":
            raise KeyError("x")
        if self._fault == "shell":
            subprocess.run(f"echo {config.command}", shell=True)
        output = {"x": {1}} if self._fault == "json" else {}
        return ActionOutcome("done" if self._fault == "word" else "ok", output=output)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raises", "KeyError is a library's own"),
        ("shell", "was run as a command"),
        ("word", "not 'done'"),
        ("json", "comes back from JSON"),
    ],
)
def test_a_broken_action_is_told_what_it_breaks(fault: str, said: str) -> None:
    check_action(Shell, {}, CONTEXT, quoting=lambda text: {"command": text})
    with pytest.raises(AssertionError, match=said):
        check_action(lambda: Shell(fault), {}, CONTEXT, quoting=lambda text: {"command": text})


def test_an_action_that_believes_in_its_luck_is_told() -> None:
    with pytest.raises(AssertionError, match="did not end in time is ok"):
        check_action(Shell, {}, CONTEXT, slow={})
    with pytest.raises(AssertionError, match="did nothing is ok"):
        check_action(Shell, {}, CONTEXT, refused={})
    with pytest.raises(AssertionError, match="egress forbids is ok"):
        check_action(Shell, {}, CONTEXT, reached=lambda: 0)
