"""What a Prometheus, or something in front of it, may do wrong."""

from __future__ import annotations

import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from aiops.errors import PermanentError, TemporaryError
from aiops.ingest.prometheus import PrometheusSource
from aiops.ingest.prometheus.api import Breaker, checked
from tests.ingest.prometheus_world import START, Clock, Fault, World, samples, series, source

OK = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
BEGIN = {"prom": {"until": START}}


def world() -> World:
    return World([series("a", [START + k for k in range(0, 120, 5)])])


@pytest.mark.parametrize(
    ("fault", "says", "wait"),
    [
        (Fault(200, b"<html>login</html>", {"Content-Type": "text/html"}), "page", None),
        (Fault(200, b"<html>login</html>"), "not Prometheus' JSON", None),
        (Fault(200, OK[:-5]), "cut off", None),
        (Fault(200, OK, {"Content-Length": "5000", "cut": "1"}), "http://127", None),
        (Fault(200, b'{"hello": 1}'), "not Prometheus' JSON", None),
        (Fault(429, b"slow down", {"Retry-After": "17"}), "slow down", 17.0),
        (Fault(503, b"", {"Retry-After": "3"}), "503", 3.0),
        (Fault(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}), "502", None),
        (Fault(500, b'{"status":"error","errorType":"internal","error":"disk"}'), "disk", None),
        (Fault(401, b"who are you"), "token", 60.0),
        (Fault(200, b'{"status":"error","errorType":"internal","error":"proxy"}'), "proxy", 60.0),
    ],
)
def test_a_bad_answer_is_temporary_and_loses_nothing(fault: Fault, says: str, wait: float | None) -> None:
    clock = Clock(START + 60)
    with world() as prometheus:
        one = source(prometheus, clock)
        one.open(BEGIN)
        fault.path = "/query"
        one._reader.plan(START)  # type: ignore[union-attr]
        prometheus.faults.append(fault)
        with pytest.raises(TemporaryError, match=says) as caught:
            one.poll(0.0)
        assert caught.value.retry_after == wait
        assert not one.status().healthy
        assert not one.status().partitions["prom"].at_end
        clock.now += 60
        found = samples(one.poll(0.0)) + samples(one.poll(0.0))
        assert [at for _, at, _ in found][:3] == [round((START + k) * 1000) for k in (0, 5, 10)]
        assert one.status().healthy
        one.close()


def test_a_server_that_is_away_is_temporary_at_open_and_found_later() -> None:
    clock = Clock(START + 60)
    with world() as prometheus:
        url = prometheus.url
        one = source(prometheus, clock)
    with pytest.raises(TemporaryError, match=url):
        one.open({})
    assert one.status().detail
    assert one.check()
    one.close()


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with world() as prometheus:
        one = source(prometheus, Clock(START + 60))
        one.open(BEGIN)
        prometheus.faults.append(Fault(429, b"", {"Retry-After": later}, "/query"))
        with pytest.raises(TemporaryError) as caught:
            one.poll(0.0)
        assert 60 < (caught.value.retry_after or 0) <= 90
        one.close()


def test_while_the_breaker_is_open_nobody_is_asked() -> None:
    clock = Clock(START + 60)
    with world() as prometheus:
        one = source(prometheus, clock)
        one.open(BEGIN)
        prometheus.faults.extend(Fault(503, b"", {}, "/query") for _ in range(5))
        for _ in range(5):
            with pytest.raises(TemporaryError):
                one.poll(0.0)
        asked = len(prometheus.asked)
        with pytest.raises(TemporaryError) as caught:
            one.poll(0.0)
        assert len(prometheus.asked) == asked
        assert 0 < (caught.value.retry_after or 0) <= 5
        clock.now += 6
        assert one.poll(0.0)
        one.close()


def test_a_breaker_waits_longer_each_time_and_forgets_on_success() -> None:
    clock = Clock(0.0)
    breaker = Breaker(clock, failures=2, shortest=5.0, longest=15.0)
    waits = []
    for _ in range(5):
        breaker.failed(TemporaryError("down"))
        try:
            breaker.enter()
            waits.append(0.0)
        except TemporaryError as error:
            waits.append(error.retry_after or 0.0)
        clock.now += 100
    assert waits == [0.0, 5.0, 10.0, 15.0, 15.0]
    breaker.worked()
    breaker.failed(TemporaryError("down"))
    breaker.enter()


def test_a_breaker_survives_a_clock_that_is_set_back() -> None:
    clock = Clock(10_000.0)
    breaker = Breaker(clock, failures=1, longest=15.0)
    breaker.failed(TemporaryError("down"))
    clock.now = 0.0
    with pytest.raises(TemporaryError) as caught:
        breaker.enter()
    assert (caught.value.retry_after or 0) <= 15.0


def test_warnings_make_the_window_incomplete_and_silence_unproven() -> None:
    clock = Clock(START + 60)
    with world() as prometheus:
        one = source(prometheus, clock)
        one.open(BEGIN)
        prometheus.warnings = ["remote read: store gateway is down"]
        (record,) = one.poll(0.0)
        assert record.position["incomplete"] is True
        assert "store gateway" in one.status().detail
        assert not one.status().partitions["prom"].at_end
        prometheus.warnings = []
        clock.now += 15
        (record,) = one.poll(0.0)
        assert "incomplete" not in record.position
        assert one.status().partitions["prom"].at_end
        one.close()


@pytest.mark.parametrize(
    ("body", "incomplete"),
    [
        (OK, ""),
        (OK[:-1] + b',"warnings":["a","b"]}', '["a","b"]'),
        (OK[:-1] + b',"warnings":[]}', ""),
        (OK[:-1] + b',"infos":["PromQL info"]}', ""),
        (OK.replace(b'"data"', b'"isPartial":true,"data"'), "the answer is partial"),
        (OK.replace(b"[]", b'[{"metric":{"warnings":"[\\"x\\"]"},"values":[[1,"2"]]}]'), ""),
    ],
)
def test_warnings_are_told_from_labels_that_look_like_them(body: bytes, incomplete: str) -> None:
    assert checked(body) == incomplete


def test_a_refused_token_is_named_by_open() -> None:
    with world() as prometheus:
        prometheus.faults.append(Fault(403, b"no", {}, "/query"))
        with pytest.raises(PermanentError, match="token"):
            source(prometheus, Clock()).open({})


def test_what_is_refused_for_ever_does_not_loop() -> None:
    with world() as prometheus:
        prometheus.most_samples = -1
        one = source(prometheus, Clock(START + 60))
        one.open(BEGIN)
        with pytest.raises(TemporaryError, match="even one series"):
            one.poll(0.0)
        one.close()


def test_a_token_and_no_compression_are_sent_with_every_request() -> None:
    with world() as prometheus:
        one = source(prometheus, Clock(START + 60), token="s3cret")
        one.open(BEGIN)
        one.poll(0.0)
        one.close()
        assert {headers["Authorization"] for *_, headers in prometheus.asked} == {"Bearer s3cret"}
        assert {headers["Accept-Encoding"] for *_, headers in prometheus.asked} == {"identity"}


def test_name_and_password_are_sent() -> None:
    with world() as prometheus:
        one = source(prometheus, Clock(START + 60), username="aladdin", password="opensesame")
        one.open(BEGIN)
        one.poll(0.0)
        one.close()
        assert {headers["Authorization"] for *_, headers in prometheus.asked} == {"Basic YWxhZGRpbjpvcGVuc2VzYW1l"}


def test_secrets_do_not_show() -> None:
    config = PrometheusSource.Config(url="http://127.0.0.1:9", token="s3cret")  # type: ignore[arg-type]
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "127.0.0.1:9090"},
        {"select": ["rate(up[5m])"]},
        {"select": []},
        {"token": "a", "username": "b"},
        {"urls": "x"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PrometheusSource.Config.model_validate({"url": "http://127.0.0.1:9090", **wrong})


def test_check_names_what_matches_nothing_and_a_clock_that_is_off() -> None:
    with world() as prometheus:
        assert source(prometheus, Clock(START)).check() == []
        problems = source(prometheus, Clock(START + 3600), select=["nothing"]).check()
        assert ["matches no series" in one for one in problems] == [True, False]
        assert "-3600 s" in problems[1]


def test_a_server_that_hangs_costs_one_timeout_and_no_thread() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, world() as prometheus:
        one = source(prometheus, Clock(START + 60), timeout=0.2)
        one.open(BEGIN)
        one._api.url = f"http://127.0.0.1:{silent.getsockname()[1]}"  # type: ignore[union-attr]
        one._reader.plan(START)  # type: ignore[union-attr]
        with pytest.raises(TemporaryError, match="no answer in time"):
            one.poll(0.0)
        one.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """server.pem for 127.0.0.1 and client.pem, each its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "client"):
        argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        argv += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return folder


def secured(prometheus: World, certificates: Path) -> None:
    """Speak TLS from here on, and ask for a client's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "client.pem")
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    prometheus._server.socket = context.wrap_socket(prometheus._server.socket, server_side=True)
    prometheus.url = prometheus.url.replace("http:", "https:")


def test_mutual_tls_with_an_authority_of_ones_own(certificates: Path) -> None:
    prometheus = world()
    secured(prometheus, certificates)
    mine = {"cert": certificates / "client.pem", "key": certificates / "client.key"}
    with prometheus:
        for tls in ({"ca": certificates / "server.pem"}, {"insecure": True}):
            one = source(prometheus, Clock(START + 60), tls=mine | tls)
            one.open(BEGIN)
            assert samples(one.poll(0.0))
            one.close()
        with pytest.raises(TemporaryError, match="TLS"):
            source(prometheus, Clock(START + 60), tls=mine).open(BEGIN)
