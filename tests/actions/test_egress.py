"""What actions may reach."""

from __future__ import annotations

import socket

import pytest

from aiops import outbound
from aiops.errors import ConfigError, PermanentError, TemporaryError
from aiops.outbound import Request, send
from aiops.respond.egress import Egress
from tests.standins.http import FakeServer

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "100.100.100.200", "nonsense", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_not_reached_unless_listed(address: str) -> None:
    assert not Egress().permits("example.org", address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_are_reached(address: str) -> None:
    assert Egress().permits("example.org", address)


@pytest.mark.parametrize(
    ("allow", "host", "address", "allowed"),
    [
        ("10.0.0.0/8", "x", "10.1.2.3", True),
        ("10.0.0.0/8", "x", "11.1.2.3", True),
        ("10.0.0.0/8", "x", "192.168.0.1", False),
        ("127.0.0.1", "localhost", "127.0.0.1", True),
        ("127.0.0.1", "localhost", "127.0.0.2", False),
        ("hooks.example.org", "HOOKS.example.org.", "10.0.0.1", True),
        ("hooks.example.org", "evil.example.org", "10.0.0.1", False),
        ("*.example.org", "a.b.example.org", "10.0.0.1", True),
        ("*.example.org", "example.org", "10.0.0.1", False),
        ("*.example.org", "badexample.org", "10.0.0.1", False),
        ("fd00::/8", "x", "fd00::5", True),
        ("10.0.0.0/8", "x", "::ffff:10.0.0.1", True),
    ],
)
def test_what_is_listed_is_reached(allow: str, host: str, address: str, allowed: bool) -> None:
    assert Egress.of([allow]).permits(host, address) is allowed


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "http://x", "host:80", "", "a b", "u@h"])
def test_an_entry_that_is_neither_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"egress\.allow\.1"):
        Egress.of(["10.0.0.0/8", entry])


def request(url: str, egress: Egress | None = None, timeout: float = 2.0) -> Request:
    return Request("GET", url, {}, timeout_seconds=timeout, permits=egress.permits if egress else None)


def test_a_private_server_is_not_even_connected_to() -> None:
    with FakeServer().running() as server:
        with pytest.raises(PermanentError, match=r"egress\.allow"):
            send(request(server.url, Egress()))
        assert server.asked == []
        assert send(request(server.url, Egress.of(["127.0.0.1"]))).status == 200


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.66"])

    def rebinding(host: str, *rest: object, **more: object) -> object:
        return real(next(answers) if host == "rebind.test" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", rebinding)
    with FakeServer().running() as server:
        answer = send(request(f"http://rebind.test:{server.port}/", Egress.of(["127.0.0.1"])))
        assert answer.status == 200
        assert server.asked[0].headers["host"] == f"rebind.test:{server.port}"


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with FakeServer(status=302, headers={"Location": "http://169.254.169.254/"}).running() as server:
        assert send(request(server.url)).status == 302
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x/",
        "http://",
        "http://u:p@x/",
        "http://x/\r\nHost: y",
        "http://x:99999/",
        "//x",
        "http://[/",
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(PermanentError):
        send(request(url))


def test_an_answer_is_cut_and_a_slow_one_is_given_up_in_doubt() -> None:
    with FakeServer(body=b"x" * (outbound.LARGEST_ANSWER + 5)).running() as server:
        assert len(send(request(server.url)).body) == outbound.LARGEST_ANSWER
    with FakeServer(delay=3.0).running() as server, pytest.raises(TemporaryError) as caught:
        send(request(server.url, timeout=0.3))
    assert caught.value.in_doubt


def test_dripping_an_answer_does_not_stretch_the_deadline() -> None:
    import threading
    import time

    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            link, _ = server.accept()
            with link:
                try:
                    for _ in range(100):
                        link.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(TemporaryError, match=r"timed out|broke off"):
            send(request(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.5))
        thread.join(3.0)
        assert not thread.is_alive(), "the connection was cut, not waited out"
