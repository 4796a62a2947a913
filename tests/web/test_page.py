"""What people see and press: pages, forms, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from aiops.config import Auth, Web
from aiops.errors import ConfigError
from aiops.web.app import build
from aiops.web.auth import Doorman
from aiops.web.server import Server, serve

ID = "7f3a9c21d04be65f"
RUN = f"drain-gpu-node/{ID}"


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """Keeps cookies, as browsers do."""
    with httpx.Client(base_url=server.url, headers={"origin": server.url}) as client:
        yield client


def token(page: str) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', page)
    assert found
    return found[1]


def press(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    page = browser.get(f"/incidents/{ID}").text
    return browser.post(path, data={"form_token": token(page), **fields})


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "gpu-2 is throttled"),
        ("/", "1 open incident"),
        ("/?status=resolved", "orders-db answers slowly"),
        ("/?status=all", "Feature `country` of fraud drifts"),
        (f"/incidents/{ID}", "first to change, 60 s before assistant-llm"),
        (f"/incidents/{ID}", "81 %"),
        (f"/incidents/{ID}", "assistant 2.14.0: new greeting"),
        (f"/incidents/{ID}", "Approve and run"),
        (f"/incidents/{ID}", "oncall told: open"),
        (f"/incidents/{ID}", 'class="onset"'),
        (f"/incidents/{ID}", 'class="node cause"'),
        ("/series?selector=node_gpu_clock_hertz", "pages from surprise 6.0"),
        ("/series?selector=absent", "No watched series matches"),
        ("/rules", "RequestsFall"),
        ("/rules", "<var>entity</var>: fewer requests &lt;b&gt;"),
        ("/runbooks", "Take a throttled GPU out of service."),
        ("/silences", "staging-web"),
        ("/status", "503 Service Unavailable, trying again in 8 s"),
        ("/api/docs", "/api/v1/incidents/{id}"),
    ],
)
def test_every_page_shows_what_it_is_for(browser: httpx.Client, path: str, shown: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert shown in answer.text
    assert "text/html" in answer.headers["content-type"]


def test_pages_refer_to_nothing_outside(browser: httpx.Client) -> None:
    for path in ("/", f"/incidents/{ID}", "/status", "/api/docs"):
        page = browser.get(path).text
        assert re.findall(r'(?:src|href|action)="(?!/|#|\?)([^"]+)"', page) == []
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", page)
        for asset in set(re.findall(r'"(/static/[^"]+)"', page)):
            assert browser.get(asset).status_code == 200


def test_text_of_others_is_shown_and_not_obeyed(browser: httpx.Client, daemon: Any) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}<img src=x onerror=alert(1)>'
    document = daemon.documents[ID]
    document |= {
        "title": evil,
        "entities": [evil],
        "timeline": [[1.0, evil]],
        "edges": [{"source": evil, "target": "b"}],
    }
    document["causes"] = [{"entity": evil, "probability": 0.5, "evidence": [evil], "metric": evil}]
    document["findings"][0] |= {"entity": evil, "alert": evil, "summary": evil}
    daemon.muted[0] |= {"matchers": [[evil, "=", evil]], "comment": evil}
    for path in ("/", f"/incidents/{ID}", "/silences", f"/series?selector={evil}", f"/incidents/{evil}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49<" not in page
    assert browser.get(f"/incidents/{ID}").status_code == 200


def test_a_half_known_incident_is_shown(browser: httpx.Client, daemon: Any) -> None:
    daemon.documents["bare"] = {"id": "bare", "status": "firing", "started": daemon.now() - 5}
    assert "Untitled incident" in browser.get("/").text
    assert browser.get("/incidents/bare").status_code == 200


def test_a_former_id_leads_to_the_incident(browser: httpx.Client) -> None:
    answer = browser.get("/incidents/0ld")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/incidents/{ID}")


def test_an_unknown_incident_is_a_page_that_says_so(browser: httpx.Client) -> None:
    answer = browser.get("/incidents/none")
    assert answer.status_code == 404
    assert "there is no incident none" in answer.text


def test_acknowledging_leads_back_to_the_incident(browser: httpx.Client, daemon: Any) -> None:
    answer = press(browser, f"/incidents/{ID}/ack")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{ID}")
    (command,) = daemon.commands
    assert (command.action, command.target, command.by.name) == ("ack", ID, "local")
    assert "acknowledged by <b>local</b>" in browser.get(f"/incidents/{ID}").text


def test_feedback_and_resolution_are_told(browser: httpx.Client, daemon: Any) -> None:
    press(browser, f"/incidents/{ID}/feedback", right="false")
    press(browser, f"/incidents/{ID}/resolve")
    assert [(one.action, one.arguments) for one in daemon.commands] == [("feedback", {"right": False}), ("resolve", {})]
    assert press(browser, f"/incidents/{ID}/feedback", right="maybe").status_code == 400


def test_a_run_is_approved_and_aborted_by_its_id(browser: httpx.Client, daemon: Any) -> None:
    answer = press(browser, "/runs/approve", run=RUN, incident=ID)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{ID}")
    press(browser, "/runs/abort", run=RUN)
    press(browser, "/runs/decide", run=RUN, happened="true")
    assert [(one.action, one.target) for one in daemon.commands] == [("approve", RUN), ("abort", RUN), ("decide", RUN)]
    assert press(browser, "/runs/approve", run="none").status_code == 404
    assert press(browser, "/runs/explode", run=RUN).status_code == 400


def test_the_way_back_never_leads_elsewhere(browser: httpx.Client) -> None:
    for elsewhere in ("//evil.example", "../x", "https://evil.example", "a\r\nset-cookie: x=y"):
        answer = press(browser, "/runs/approve", run=RUN, incident=elsewhere)
        assert answer.headers["location"] == "/runbooks"


def test_a_silence_is_made_of_matchers_and_expires(browser: httpx.Client, daemon: Any) -> None:
    press(browser, "/silences", matchers='{entity="gpu-2", world=~"it|llm"}', hours="4", comment="new fan")
    press(browser, "/silences/s1/expire")
    made, expired = daemon.commands
    matchers = [["entity", "=", "gpu-2"], ["world", "=~", "it|llm"]]
    assert made.arguments == {"matchers": matchers, "seconds": 14_400.0, "comment": "new fan"}
    assert (expired.action, expired.target) == ("expire", "s1")


@pytest.mark.parametrize(
    "fields",
    [{"matchers": ""}, {"matchers": 'entity=~"("'}, {"hours": "0"}, {"hours": "nan"}, {"hours": "1e9"}, {"hours": "x"}],
)
def test_a_silence_that_makes_no_sense_is_refused(browser: httpx.Client, daemon: Any, fields: dict[str, str]) -> None:
    answer = press(browser, "/silences", **{"matchers": 'entity="a"', "hours": "1", **fields})
    assert answer.status_code == 400
    assert daemon.commands == []


def test_a_forged_form_does_nothing(browser: httpx.Client, server: Server, daemon: Any) -> None:
    page = browser.get(f"/incidents/{ID}").text
    path = f"{server.url}/incidents/{ID}/ack"
    stolen = {"form_token": token(page)}
    assert httpx.post(path, data=stolen).status_code == 403  # token without the cookie
    assert browser.post(path, data={"x": "y"}).status_code == 403
    assert browser.post(path, data={"form_token": "0" * 64}).status_code == 403
    assert browser.post(path, data={"form_token": "é"}).status_code == 403
    assert browser.post(path, json=stolen).status_code == 400
    assert browser.post(path, data=stolen, headers={"origin": "https://evil.example"}).status_code == 403
    assert daemon.commands == []
    assert browser.post(path, data=stolen).status_code == 303


def test_the_form_cookie_is_for_this_site_only(browser: httpx.Client) -> None:
    cookie = browser.get("/").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


GUARDED = Web(
    listen="127.0.0.1:0",
    auth=Auth(
        tokens={"ci": SecretStr("t0ken"), "grafana": SecretStr("look")},
        users={"ada": SecretStr("s3cret"), "bob": SecretStr("hunter2"), "empty": SecretStr("")},
        roles={"ada": "approver", "bob": "operator", "ci": "operator"},
    ),
)


@pytest.fixture
def guarded(daemon: Any) -> Iterator[Server]:
    running = serve(build(daemon, GUARDED), "127.0.0.1", 0)
    yield running
    running.stop()


@pytest.mark.parametrize(
    "path", ["/", f"/incidents/{ID}", "/api/v1/incidents", "/api/openapi.json", "/api/docs", "/metrics"]
)
def test_strangers_see_nothing(guarded: Server, path: str) -> None:
    answer = httpx.get(f"{guarded.url}{path}")
    assert answer.status_code == 401
    assert "basic" in answer.headers["www-authenticate"].lower()
    assert "gpu-2" not in answer.text


def test_strangers_can_neither_push_nor_act_but_probe(guarded: Server, daemon: Any) -> None:
    for path in ("/api/v1/changes", f"/api/v1/incidents/{ID}/ack", f"/incidents/{ID}/ack", "/v1/metrics"):
        assert httpx.post(f"{guarded.url}{path}", content=b'{"kind":"deploy"}').status_code == 401
    assert httpx.get(f"{guarded.url}/-/healthy").status_code == 200
    assert httpx.get(f"{guarded.url}/-/ready").status_code == 200
    assert daemon.commands == []


@pytest.mark.parametrize(
    ("given", "name", "roles"),
    [
        ("Bearer t0ken", "ci", ("viewer", "operator")),
        ("bearer look", "grafana", ("viewer",)),
        ("Basic YWRhOnMzY3JldA==", "ada", ("viewer", "operator", "approver")),
        ("Basic Z3JhZmFuYTpsb29r", "grafana", ("viewer",)),
    ],
)
def test_known_people_have_their_roles(given: str, name: str, roles: tuple[str, ...]) -> None:
    person = Doorman(GUARDED).person(given)
    assert person is not None
    assert (person.name, person.roles) == (name, roles)


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer s3cret", "Basic", "Basic !!", "Basic YWRhOg==", "Basic ZW1wdHk6",
     "Basic YWRhOmh1bnRlcjI=", "Digest x", "Bearer té", "Basic //8="],
)  # fmt: skip
def test_wrong_credentials_are_nobody(given: str) -> None:
    assert Doorman(GUARDED).person(given) is None


def test_a_viewer_sees_no_buttons_and_may_not_act(guarded: Server, daemon: Any) -> None:
    viewer = {"authorization": "Bearer look"}
    page = httpx.get(f"{guarded.url}/incidents/{ID}", headers=viewer).text
    assert "gpu-2 is throttled" in page
    assert "<button" not in page
    assert httpx.post(f"{guarded.url}/api/v1/incidents/{ID}/ack", headers=viewer).status_code == 403
    assert httpx.post(f"{guarded.url}/api/v1/changes", headers=viewer, content=b'{"kind":"x"}').status_code == 403
    assert daemon.commands == []
    operator = {"authorization": "Bearer t0ken"}
    assert httpx.post(f"{guarded.url}/api/v1/incidents/{ID}/ack", headers=operator).status_code == 200
    assert daemon.commands[0].by.name == "ci"


def test_an_open_port_without_authentication_is_refused(daemon: Any) -> None:
    forged = Web.model_construct(listen="0.0.0.0:8787", auth=Auth(), external_url="")
    with pytest.raises(ConfigError, match="reachable from outside"):
        build(daemon, forged)


def test_a_port_in_use_is_a_clear_error(server: Server, daemon: Any) -> None:
    with pytest.raises(ConfigError, match=r"web\.listen.*cannot listen"):
        serve(build(daemon, Web()), "127.0.0.1", server.port)


def test_what_is_not_ready_is_said(browser: httpx.Client, daemon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        daemon, "ready", lambda: (False, {"ready": False, "waiting_for": {"prom": "no first answer yet"}})
    )
    page = browser.get("/status").text
    assert "Not ready yet" in page
    assert "<b>prom</b>: no first answer yet" in page
    assert "<b>ready</b>" not in page


def test_a_fault_of_ours_is_500_and_does_not_stop_the_server(
    server: Server, daemon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "rules", lambda: 1 / 0)
    assert httpx.get(f"{server.url}/api/v1/rules").json() == {
        "error": "this is a fault of ours; the log says more",
        "status": 500,
    }
    assert httpx.get(f"{server.url}/").status_code == 200
