"""One request, told apart: done, refused, unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiops.actions.execution import execute
from aiops.actions.http import HttpAction
from aiops.respond.effect import Effect
from aiops.respond.egress import Egress
from aiops.respond.run import Outcome
from tests.standins.http import FakeServer

HERE = Egress.of(["127.0.0.1"])


def do(url: str, kind: str = "act", timeout: float = 2.0, egress: Egress = HERE, **settings: object) -> Outcome:
    effect = Effect(kind, "r/i1", "restart", "r/i1/0", "http", {"url": url, **settings}, timeout)
    return execute(effect, {"http": HttpAction()}, egress)


@pytest.mark.parametrize(
    ("status", "said"),
    [(200, "ok"), (204, "ok"), (404, "failed"), (429, "failed"), (503, "failed"), (500, "unknown"), (303, "unknown")],
)
def test_an_answer_is_done_refused_or_unknown(status: int, said: str) -> None:
    with FakeServer(status=status, body=b"").running() as server:
        assert do(server.url).status == said


def test_what_the_step_expects_is_done() -> None:
    with FakeServer(status=409).running() as server:
        assert do(server.url, expect=[200, 409]).status == "ok"


def test_the_key_goes_with_it_and_a_body_as_it_is_written() -> None:
    with FakeServer().running() as server:
        do(server.url, body="plain", headers={"X-A": "b"})
        do(server.url, method="PUT", body={"a": "b"})
        first, second = server.asked
        assert first.headers["idempotency-key"] == "r/i1/0"
        assert (first.method, first.body, first.headers["x-a"]) == ("POST", b"plain", "b")
        assert (second.method, json.loads(second.body)) == ("PUT", {"a": "b"})


def test_nobody_there_is_a_failure_and_a_lost_answer_is_unknown() -> None:
    with FakeServer(drop=True).running() as server:
        assert do(server.url).status == "unknown"
    assert do(server.url).status == "failed"
    with FakeServer(delay=3.0).running() as server:
        assert do(server.url, timeout=0.3).status == "unknown"


def test_where_egress_does_not_lead_nothing_is_sent() -> None:
    with FakeServer().running() as server:
        outcome = do(server.url, egress=Egress())
        assert (outcome.status, server.asked) == ("failed", [])
        assert "egress.allow" in outcome.detail


def test_a_secret_is_read_at_the_call_and_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEPLOY_KEY", "hidden-1")
    (tmp_path / "key").write_text("hidden-2\n")
    with FakeServer().running() as server:
        outcomes = [do(server.url, bearer_env="DEPLOY_KEY"), do(server.url, bearer_file=str(tmp_path / "key"))]
        assert [one.headers["authorization"] for one in server.asked] == ["Bearer hidden-1", "Bearer hidden-2"]
    assert "hidden" not in str(outcomes)
    assert do(server.url, bearer_env="ABSENT").status == "failed"


def test_a_header_cannot_be_split_and_wrong_settings_fail_before_anything_is_sent() -> None:
    with FakeServer().running() as server:
        assert do(server.url, headers={"X-A": "b\r\nX-B: c"}).status == "failed"
        assert do(server.url, methd="GET").status == "failed"
        assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(200, b"done", "ok"), (200, b"not yet", "failed"), (404, b"", "failed"), (502, b"", "unknown")],
)
def test_a_probe_says_whether_it_happened(status: int, body: bytes, said: str) -> None:
    with FakeServer(status=status, body=body).running() as server:
        asked = {"url": server.url + "/state", "contains": "done"}
        assert do("http://127.0.0.1:1/", "probe", probe=asked).status == said
        assert [(one.method, one.path) for one in server.asked] == [("GET", "/state")]
    assert do("http://127.0.0.1:1/", "probe").status == "unknown"


def test_an_action_nobody_has_fails() -> None:
    assert execute(Effect("act", "r", "s", "k", "teleport", {}, 1.0), {}, HERE).status == "failed"
