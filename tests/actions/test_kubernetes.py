"""The official client against an API server that keeps what it was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from aiops.actions.execution import execute
from aiops.actions.kubernetes import ANNOTATION, KubernetesAction
from aiops.respond.effect import Effect
from aiops.respond.egress import Egress
from aiops.respond.run import Outcome
from tests.standins.http import FakeServer

RESTART = {"operation": "restart", "name": "cart", "namespace": "shop"}
Settings = dict[str, object]
HERE = Egress.of(["127.0.0.1"])


@pytest.mark.parametrize(
    "config",
    [
        {"operation": "scale", "name": "a"},
        {"operation": "restart", "name": "a", "replicas": 2},
        {"operation": "cordon", "name": "a"},
        {"operation": "restart", "kind": "Node", "name": "a"},
        {"operation": "restart", "name": "../secrets/x"},
        {"operation": "restart", "name": "a", "namespace": "b/c"},
        {"operation": "delete", "name": "a"},
        {"operation": "scale", "kind": "DaemonSet", "name": "a", "replicas": 1},
    ],
)
def test_what_makes_no_sense_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KubernetesAction.Config.model_validate(config)


def do(
    server: FakeServer, folder: Path, config: dict[str, object], kind: str = "act", egress: Egress = HERE
) -> Outcome:
    pytest.importorskip("kubernetes", reason="the extra kubernetes is not installed")
    file = folder / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": server.url}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "secret"}}
    written = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "x"}
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **written}))
    effect = Effect(kind, "r/i1", "s", "r/i1/0", "kubernetes", {**config, "kubeconfig": str(file)}, 2.0)
    return execute(effect, {"kubernetes": KubernetesAction()}, egress)


@pytest.mark.parametrize(
    ("config", "path", "patch"),
    [
        (
            RESTART,
            "/apis/apps/v1/namespaces/shop/deployments/cart",
            {"spec": {"template": {"metadata": {"annotations": {ANNOTATION: "r/i1/0"}}}}},
        ),
        (
            {"operation": "scale", "kind": "StatefulSet", "name": "db", "replicas": "3"},
            "/apis/apps/v1/namespaces/default/statefulsets/db",
            {"spec": {"replicas": 3}},
        ),
        (
            {"operation": "cordon", "kind": "Node", "name": "gpu-1"},
            "/api/v1/nodes/gpu-1",
            {"spec": {"unschedulable": True}},
        ),
    ],
)
def test_it_patches_what_shall_be(tmp_path: Path, config: dict[str, object], path: str, patch: object) -> None:
    with FakeServer(headers={"Content-Type": "application/json"}).running() as server:
        outcome = do(server, tmp_path, config)
        assert outcome.status == "ok", outcome
        (asked,) = server.asked
        assert (asked.method, asked.path, json.loads(asked.body)) == ("PATCH", path, patch)
        assert asked.headers["content-type"] == "application/strategic-merge-patch+json"
        assert asked.headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(("status", "said"), [(404, "failed"), (403, "failed"), (500, "unknown"), (504, "unknown")])
def test_a_refusal_is_a_failure_and_a_broken_server_is_unknown(tmp_path: Path, status: int, said: str) -> None:
    with FakeServer(status=status).running() as server:
        assert do(server, tmp_path, RESTART).status == said
        assert len(server.asked) == 1


def test_the_api_server_passes_the_egress_rule_too(tmp_path: Path) -> None:
    with FakeServer().running() as server:
        assert do(server, tmp_path, RESTART, egress=Egress()).status == "failed"
        assert server.asked == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"spec": {"template": {"metadata": {"annotations": {ANNOTATION: "r/i1/0", "x": "y"}}}}}, "ok"),
        ({"spec": {"template": {"metadata": {"annotations": {ANNOTATION: "other"}}}}}, "failed"),
        ({"spec": {"template": {"metadata": {}}}}, "failed"),
    ],
)
def test_a_probe_reads_whether_this_very_restart_happened(tmp_path: Path, found: object, said: str) -> None:
    body = json.dumps(found).encode()
    with FakeServer(body=body, headers={"Content-Type": "application/json"}).running() as server:
        assert do(server, tmp_path, RESTART, "probe").status == said
        assert server.asked[0].method == "GET"
