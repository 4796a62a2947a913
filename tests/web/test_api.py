"""`/api/v1` for programs, and change notices."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from aiops.config import Web
from aiops.web import live
from aiops.web.app import build
from aiops.web.server import Server, serve

ID = "7f3a9c21d04be65f"
RUN = f"drain-gpu-node/{ID}"


@pytest.fixture
def api(server: Server) -> httpx.Client:
    return httpx.Client(base_url=f"{server.url}/api/v1")


def test_incidents_are_listed_and_found(api: httpx.Client) -> None:
    assert [one["id"] for one in api.get("/incidents", params={"status": "open"}).json()] == [ID]
    assert len(api.get("/incidents", params={"limit": 2}).json()) == 2
    found = api.get(f"/incidents/{ID}").json()
    assert (found["title"][:5], found["causes"][0]["entity"]) == ("gpu-2", "gpu-2")
    assert api.get("/incidents/0ld").json()["id"] == ID


def test_a_number_json_does_not_know_is_null(api: httpx.Client, daemon: Any) -> None:
    daemon.documents[ID]["none"] = float("nan")
    assert api.get(f"/incidents/{ID}").json()["none"] is None


def test_curves_are_served(api: httpx.Client) -> None:
    curves = api.get(f"/incidents/{ID}/series").json()
    assert len(curves) == 3
    assert len(curves[0]["points"][0]) == 4
    assert [one["entity"] for one in api.get("/series", params={"selector": "vllm"}).json()] == ["assistant-llm"]


def test_deeds_are_done_and_told_as_commands(api: httpx.Client, daemon: Any) -> None:
    assert api.post(f"/incidents/{ID}/ack").json() == {"done": True}
    api.post(f"/incidents/{ID}/feedback", json={"right": False})
    api.post(f"/incidents/{ID}/runs", json={"runbook": "restart-service"})
    api.post("/silences", json={"matchers": 'entity="x"', "seconds": 60})
    api.delete("/silences/s1")
    api.post(f"/runs/{RUN}/approve")
    api.post(f"/runs/{RUN}/decide", json={"happened": True})
    assert [(one.action, one.target) for one in daemon.commands] == [
        ("ack", ID),
        ("feedback", ID),
        ("run", "restart-service"),
        ("silence", ""),
        ("expire", "s1"),
        ("approve", RUN),
        ("decide", RUN),
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/silences", {"matchers": "((", "seconds": 60}),
        ("/silences", {"matchers": 'a="b"', "seconds": -1}),
        ("/silences", {"matchers": 'a="b"', "seconds": 1e12}),
        ("/silences", {"matchers": 'a="b"', "seconds": 60, "typo": 1}),
        (f"/incidents/{ID}/feedback", {"right": "perhaps"}),
        (f"/incidents/{ID}/feedback", []),
        (f"/incidents/{ID}/runs", {}),
    ],
)
def test_nonsense_is_refused_with_a_reason(api: httpx.Client, daemon: Any, path: str, body: Any) -> None:
    answer = api.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert daemon.commands == []


def test_a_deed_that_comes_too_late_is_a_conflict(api: httpx.Client) -> None:
    assert api.post("/incidents/a1001bb/ack").status_code in (404, 409)
    assert api.post("/incidents/a1001bb/ack").json()["status"] in (404, 409)


def test_the_description_names_every_way_in(server: Server) -> None:
    paths = httpx.get(f"{server.url}/api/openapi.json").json()["paths"]
    promised = ("/api/v1/changes", "/api/v2/alerts", "/api/v1/write", "/v1/{kind}", "/slack/interactions", "/metrics")
    assert set(promised) <= set(paths)
    assert not [path for path in paths if not path.startswith(("/api", "/v1", "/-/", "/slack", "/metrics"))]
    assert paths["/api/v1/changes"]["post"]["requestBody"]["required"]


def test_probes_and_metrics_answer(server: Server, daemon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert httpx.get(f"{server.url}/-/ready").json()["ready"] is True
    assert "aiops_series 48213" in httpx.get(f"{server.url}/metrics").text
    monkeypatch.setattr(daemon, "ready", lambda: (False, {"kernels": "compiling"}))
    monkeypatch.setattr(daemon, "healthy", lambda: False)
    assert httpx.get(f"{server.url}/-/ready").json() == {"kernels": "compiling", "ready": False}
    assert httpx.get(f"{server.url}/-/healthy").status_code == 503


def test_open_pages_are_told_of_changes(server: Server, daemon: Any) -> None:
    with httpx.stream("GET", f"{server.url}/api/v1/events", timeout=10) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        threading.Thread(target=daemon.events.publish, args=("incident", ID)).start()
        told = [line for line, _ in zip(lines, range(3), strict=False)]
    assert told == ["", "event: change", f"data: incident {ID}"]


def test_a_page_that_goes_away_is_forgotten(server: Server, daemon: Any) -> None:
    for _ in range(3):
        with httpx.stream("GET", f"{server.url}/api/v1/events", timeout=10) as stream:
            next(stream.iter_lines())
    for _ in range(200):
        if not len(daemon.events):
            break
        threading.Event().wait(0.02)
    assert len(daemon.events) == 0


def test_more_pages_than_are_served_are_told_to_come_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 1)
    with httpx.stream("GET", f"{server.url}/api/v1/events", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        crowded = httpx.get(f"{server.url}/api/v1/events", timeout=10)
    assert (crowded.status_code, crowded.headers["retry-after"]) == (429, "30")


def test_publishing_to_nobody_is_nothing(daemon: Any) -> None:
    daemon.events.publish("incident", "x")


def test_a_server_that_stops_ends_its_streams_and_leaves_no_thread(
    daemon: Any, caplog: pytest.LogCaptureFixture
) -> None:
    running = serve(build(daemon, Web()), "127.0.0.1", 0)
    with httpx.stream("GET", f"{running.url}/api/v1/events", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        running.stop(10)
        assert list(lines) == [""]
    assert not running.alive
    assert caplog.records == []  # nothing was cut off
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.url}/-/healthy")


def test_documents_are_passed_on_as_they_are(api: httpx.Client, daemon: Any) -> None:
    for path, given in (("/silences", daemon.silences()), ("/rules", daemon.rules()), ("/runs", daemon.runs())):
        assert api.get(path).json() == json.loads(json.dumps(given))
