"""Bad input at the door: a 4xx at once, and the server goes on."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
import zlib
from typing import Any

import cramjam
import httpx
import pytest
import zstandard

from aiops.web import guard
from aiops.web.body import UNPACKED_BYTES
from aiops.web.guard import BODY_BYTES
from aiops.web.protocol import Protocol
from aiops.web.server import Server

JSON = {"content-type": "application/json"}
PROTO = {"content-type": "application/x-protobuf"}
WAYS = ("/v1/metrics", "/v1/logs", "/v1/traces", "/api/v1/write", "/api/v1/changes", "/api/v2/alerts")
BOMB = gzip.compress(bytes(UNPACKED_BYTES + 1), 9)


def post(server: Server, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", content=body, headers=headers, timeout=20)


def healthy(server: Server) -> bool:
    return httpx.get(f"{server.url}/-/healthy", timeout=5).status_code == 200


@pytest.mark.parametrize("path", [way for way in WAYS if way != "/api/v1/write"])
@pytest.mark.parametrize("body", [b"{", b"", b"[" * 200_000, b'{"a":' * 50_000, b"\xff\xfe\x00", b'"text"', b"[1]"])
def test_what_is_not_json_gets_400(server: Server, path: str, body: bytes) -> None:
    answer = post(server, path, body, JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert healthy(server)


@pytest.mark.parametrize("path", WAYS[:4])
@pytest.mark.parametrize("body", [b"\xff" * 500, b"\x00" * 500, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05ab"])
def test_garbage_for_protobuf_gets_400(server: Server, daemon: Any, path: str, body: bytes) -> None:
    assert post(server, path, body, PROTO).status_code in (400, 413)
    assert daemon.pushed == []


@pytest.mark.parametrize("path", [way for way in WAYS if way != "/api/v1/write"])
@pytest.mark.parametrize("packed", [
    pytest.param((BOMB, "gzip"), id="gzip"),
    pytest.param((zlib.compress(bytes(UNPACKED_BYTES + 1), 9), "deflate"), id="deflate"),
    pytest.param((zstandard.compress(bytes(UNPACKED_BYTES + 1)), "zstd"), id="zstd"),
])  # fmt: skip
def test_a_bomb_gets_413(server: Server, daemon: Any, path: str, packed: tuple[bytes, str]) -> None:
    assert post(server, path, packed[0], {**PROTO, "content-encoding": packed[1]}).status_code == 413
    assert daemon.pushed == []


def test_a_snappy_bomb_gets_413(server: Server) -> None:
    assert post(server, "/api/v1/write", b"\xff\xff\xff\xff\x0f" + bytes(50), PROTO).status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate", "snappy", "br", "nonsense", "gzip, gzip"])
def test_a_body_that_is_not_packed_as_it_says_gets_400(server: Server, encoding: str) -> None:
    assert post(server, "/v1/metrics", b"plain", {**PROTO, "content-encoding": encoding}).status_code == 400


def test_an_oversize_body_is_refused_by_its_declared_length(server: Server) -> None:
    with socket.create_connection((server.host, server.port), 5) as link:
        head = f"POST /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BODY_BYTES + 1}\r\n\r\n"
        link.sendall(head.encode())
        assert link.recv(4_096).startswith(b"HTTP/1.1 413")


def test_an_oversize_body_without_a_declared_length_is_refused_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_BYTES", 1_000)
    answer = httpx.post(f"{server.url}/api/v1/changes", content=iter([b" " * 600] * 3))
    assert answer.status_code == 413


def test_bodies_of_all_clients_together_are_limited(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODIES_BYTES", 1_000)
    with socket.create_connection((server.host, server.port), 5) as slow:
        slow.sendall(b"POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n" + b"x" * 800)
        answer = httpx.Response(0)
        for _ in range(100):
            answer = post(server, "/api/v1/changes", b'{"kind":"deploy"}' + b" " * 300, JSON)
            if answer.status_code == 503:
                break
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    for _ in range(100):
        if (answer := post(server, "/api/v1/changes", b'{"kind":"deploy"}' + b" " * 300, JSON)).status_code == 202:
            break
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"kind":5}',
        b'[{"kind":"deploy"},{}]',
        b'{"kind":"deploy","entitty":"web"}',
    ],
)
def test_a_change_that_makes_no_sense_is_refused_whole(server: Server, daemon: Any, body: bytes) -> None:
    assert post(server, "/api/v1/changes", body, JSON).status_code == 400
    assert daemon.pushed == []


@pytest.mark.parametrize("body", [b"{}", b"[{}]", b'[{"labels":[]}]'])
def test_an_alert_that_makes_no_sense_is_refused(server: Server, body: bytes) -> None:
    assert post(server, "/api/v2/alerts", body, JSON).status_code == 400


def test_unknown_pages_and_methods_are_refused_in_json_for_programs(server: Server) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/v1/metrics", 405),
        ("POST", "/v1/nonsense", 400),
        ("GET", "/api/v1/incidents/none", 404),
        ("GET", "/api/v1/incidents?limit=x", 400),
        ("POST", "/api/v1/incidents/none/ack", 404),
        ("POST", "/api/v1/incidents/none/feedback", 400),
    ):
        answer = httpx.request(method, f"{server.url}{path}")
        assert (answer.status_code, answer.json()["status"]) == (status, status), path


RAW_PATHS = (
    "/../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static//etc/passwd",
    "/static/%2e%2e/app.py",
    "/static/../site.py",
    "/static/\\..\\app.py",
    "/static/%00",
    "/static/" + "a" * 5_000,
)


@pytest.mark.parametrize("path", RAW_PATHS)
def test_no_path_leads_out_of_the_static_folder(server: Server, path: str) -> None:
    with socket.create_connection((server.host, server.port), 5) as link:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: link.recv(65_536), b""))
    assert 400 <= int(answer.split(b" ", 2)[1]) < 500
    assert b"root:" not in answer
    assert b"import annotations" not in answer


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8787", "x", "127.0.0.1.evil.example", "[::2]", "169.254.169.254"]
)
def test_a_name_that_is_not_this_machine_is_refused(server: Server, host: str) -> None:
    assert httpx.get(f"{server.url}/api/v1/incidents", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "LOCALHOST:8787", "[::1]:80"])
def test_names_of_this_machine_are_answered(server: Server, host: str) -> None:
    assert httpx.get(f"{server.url}/api/v1/incidents", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://localhost:1"},
    ],
)
def test_another_sites_page_can_neither_push_nor_act(server: Server, daemon: Any, headers: dict[str, str]) -> None:
    for path in ("/api/v1/changes", "/api/v1/incidents/7f3a9c21d04be65f/ack", "/incidents/7f3a9c21d04be65f/ack"):
        assert post(server, path, b'{"kind":"deploy"}', headers).status_code == 403
    assert daemon.commands == []
    assert daemon.pushed == []


def dawdle(server: Server, head: bytes, count: int) -> list[socket.socket]:
    links = []
    for _ in range(count):
        link = socket.create_connection((server.host, server.port), 5)
        link.sendall(head)
        links.append(link)
    return links


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n",
        b"POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
        b"G",
    ],
)
def test_200_dawdling_clients_do_not_keep_others_waiting(server: Server, head: bytes) -> None:
    links = dawdle(server, head, 200)
    began = time.monotonic()
    assert healthy(server)
    assert httpx.get(f"{server.url}/", timeout=10).status_code == 200
    assert time.monotonic() - began < 10
    for link in links:
        link.close()


def test_a_head_that_never_ends_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_seconds", 0.2)
    (link,) = dawdle(server, b"GET / HTTP/1.1\r\nHost: localhost\r\n", 1)
    assert link.recv(1_000).startswith(b"HTTP/1.1 408")
    assert link.recv(1_000) == b""
    link.close()


def test_a_second_head_on_a_connection_has_a_deadline_too(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_seconds", 0.2)
    (link,) = dawdle(server, b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n", 1)
    answer = b""
    while not answer.endswith(b"}"):
        answer += link.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 200")
    link.sendall(b"GET /-/hea")
    assert link.recv(1_000).startswith(b"HTTP/1.1 408")
    link.close()


def test_a_body_that_never_ends_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    (link,) = dawdle(server, b"POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx", 1)
    assert link.recv(1_000).startswith(b"HTTP/1.1 408")
    link.close()


def test_an_answer_that_nobody_reads_is_given_up(server: Server, daemon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "unread_seconds", 0.2)
    daemon.documents["big"] = {"id": "big", "status": "firing", "started": 0.0, "title": "x" * (64 * 2**20)}
    (link,) = dawdle(server, b"GET /api/v1/incidents/big HTTP/1.1\r\nHost: localhost\r\n\r\n", 1)
    received = len(link.recv(1))
    threading.Event().wait(1.0)
    with contextlib.suppress(ConnectionResetError):
        while piece := link.recv(2**20):
            received += len(piece)
    link.close()
    assert 0 < received < 64 * 2**20


def test_a_shower_of_bombs_is_survived(server: Server) -> None:
    statuses: list[int] = []

    def one() -> None:
        statuses.append(post(server, "/v1/traces", BOMB, {**PROTO, "content-encoding": "gzip"}).status_code)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [413] * 8
    assert healthy(server)


def test_every_answer_carries_the_security_headers(server: Server) -> None:
    for path in ("/", "/api/v1/incidents", "/static/aiops.css", "/nothing", "/-/healthy"):
        headers = httpx.get(f"{server.url}{path}").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_good_pushes_are_passed_on_unpacked(server: Server, daemon: Any) -> None:
    message = b"\x0a\x02\x0a\x00"
    assert post(server, "/v1/metrics", gzip.compress(message), {**PROTO, "content-encoding": "gzip"}).status_code == 200
    block = bytes(cramjam.snappy.compress_raw(message))
    assert post(server, "/api/v1/write", block, {**PROTO, "content-encoding": "snappy"}).status_code == 204
    assert post(server, "/v1/logs", b'{"resourceLogs":[]}', JSON).json() == {}
    assert post(server, "/api/v2/alerts", b'[{"labels":{"alertname":"X"}}]', JSON).json() == {"accepted": 1}
    assert [(kind, body) for kind, body, _ in daemon.pushed] == [
        ("metrics", message),
        ("write", block),
        ("logs", b'{"resourceLogs":[]}'),
        ("alerts", b'[{"labels":{"alertname":"X"}}]'),
    ]


def test_a_change_is_completed_and_the_same_change_has_the_same_id(server: Server, daemon: Any) -> None:
    for body in (b'{"kind":"deploy","entity":"web"}', b'[{"entity":"web","kind":"deploy"}]'):
        assert post(server, "/api/v1/changes", body, JSON).status_code == 202
    first, second = (json.loads(body) for _, body, _ in daemon.pushed)
    assert first == second
    assert first[0]["type"] == "change"
    assert first[0]["timestamp"] == daemon.now()
    post(server, "/api/v1/changes", b'{"kind":"deploy","timestamp":1786285000.0,"id":"d1"}', JSON)
    (third,) = json.loads(daemon.pushed[-1][1])
    assert (third["id"], third["timestamp"]) == ("d1", 1_786_285_000.0)


def test_a_full_queue_says_when_to_come_back(server: Server, daemon: Any) -> None:
    daemon.full = True
    answer = post(server, "/v1/metrics", b"\x0a\x00", PROTO)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_slack_is_answered_with_what_the_daemon_says_of_its_signature(server: Server) -> None:
    # Through a tunnel, so with a Host of its own.
    headers = {"host": "tunnel.example", "x-slack-signature": "v0=good"}
    assert post(server, "/slack/interactions", b"payload=%7B%7D", headers).status_code == 200
    assert (
        post(server, "/slack/interactions", b"payload=%7B%7D", {**headers, "x-slack-signature": "v0=bad"}).status_code
        == 401
    )


def test_credentials_do_not_travel_further(server: Server, daemon: Any) -> None:
    post(server, "/v1/metrics", b"\x0a\x00", {**PROTO, "authorization": "Bearer x", "cookie": "a=b"})
    assert not {"authorization", "cookie"} & set(daemon.pushed[0][2])
