"""The push source over HTTP: what is taken, what is refused and how."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cramjam
import httpx
import pytest
import zstandard
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from pydantic import ValidationError

from aiops.decode import SeriesTable
from aiops.decode.route import decode
from aiops.ingest.push import listener
from aiops.ingest.push.source import PATHS, OtlpSource
from aiops.ingest.source import Source, SourceContext
from aiops.ingest.unpack import BombError, CorruptError, unpack

MIB = 1024 * 1024
JSON = {"content-type": "application/json"}
PROTO = {"content-type": "application/x-protobuf"}


def metrics() -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="up")
    metric.gauge.data_points.add(as_double=1.0, time_unix_nano=1_700_000_000 * 10**9)
    return request.SerializeToString()


def write_request() -> bytes:
    return bytes(cramjam.snappy.compress_raw(b"\x0a\x04\x0a\x02\x0a\x00"))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[OtlpSource]:
    config = OtlpSource.Config(listen="127.0.0.1:0", max_body_bytes=MIB)
    made = OtlpSource("push", config, SourceContext(tmp_path, clock=lambda: 1_700_000_000.0))
    made.open({})
    yield made
    made.close()


def post(source: OtlpSource, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{source.port}{path}", content=body, headers=headers, trust_env=False)


def delivered(source: OtlpSource) -> dict[str, list[bytes]]:
    return {
        records.partition: [bytes(records.buffer[a:b]) for a, b in zip(records.start, records.stop, strict=True)]
        for records in source.poll(1.0)
    }


def test_it_is_a_source(source: OtlpSource) -> None:
    assert isinstance(source, Source)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("", bytes), ("gzip", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes)],
)
def test_otlp_protobuf_is_taken_in_every_encoding(source: OtlpSource, encoding: str, pack: Any) -> None:
    answer = post(source, "/v1/metrics", pack(metrics()), {**PROTO, "content-encoding": encoding})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert delivered(source) == {"push/metrics": [metrics()]}


def test_otlp_json_is_answered_in_json(source: OtlpSource) -> None:
    body = json.dumps({"resourceLogs": []}).encode()
    answer = post(source, "/v1/logs", body, JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    assert delivered(source) == {"push/logs": [body]}


def test_remote_write_keeps_its_snappy(source: OtlpSource) -> None:
    answer = post(source, "/api/v1/write", write_request(), {**PROTO, "content-encoding": "snappy"})
    assert answer.status_code == 204
    assert delivered(source) == {"push/write": [write_request()]}


def test_a_change_gets_a_time_and_an_id_once_and_for_all(source: OtlpSource) -> None:
    for _ in range(2):
        body = json.dumps({"kind": "deploy", "entity": "web", "summary": "v2"}).encode()
        assert post(source, "/api/v1/changes", body, JSON).status_code == 202
    first, second = (json.loads(body)[0] for body in delivered(source)["push/changes"])
    assert first == second
    assert first["type"] == "change"
    assert first["timestamp"] == 1_700_000_000.0
    assert first["id"]


@pytest.mark.parametrize("told", ["yesterday", 1_700_000_000_000, "1700000000", 0, 1_700_100_000, True, [1]])
def test_a_change_at_an_impossible_time_is_refused_with_what_is_wanted(source: OtlpSource, told: object) -> None:
    body = json.dumps({"kind": "deploy", "entity": "web", "timestamp": told}).encode()
    answer = post(source, "/api/v1/changes", body, JSON)
    assert (answer.status_code, "timestamp" in answer.text) == (400, True)
    assert isinstance(told, bool | list) or "epoch seconds or ISO 8601" in answer.text
    assert source.poll(0.0) == []


@pytest.mark.parametrize("told", [1_699_999_999.5, 1_699_999_999, "2023-11-14T22:13:19Z", "2023-11-14T22:13:19", None])
def test_a_change_at_any_time_that_decoding_reads_is_taken(source: OtlpSource, told: object) -> None:
    body = json.dumps({"kind": "deploy", "entity": "web", "timestamp": told}).encode()
    answer = post(source, "/api/v1/changes", body, JSON)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})


def test_a_change_with_a_field_of_another_type_is_refused(source: OtlpSource) -> None:
    answer = post(source, "/api/v1/changes", b'{"kind":"deploy","files":"a.py"}', JSON)
    assert (answer.status_code, "$.files" in answer.text) == (400, True)


def test_alertmanagers_webhook_and_list_are_both_taken(source: OtlpSource) -> None:
    alert = {"labels": {"alertname": "X"}}
    for body in ([alert], {"alerts": [alert]}):
        assert post(source, "/api/v2/alerts", json.dumps(body).encode(), JSON).status_code == 200
    assert len(delivered(source)["push/alerts"]) == 2


REFUSED: list[tuple[str, bytes, dict[str, str], int]] = [
    *[(path, b"{", JSON, 400) for path in PATHS if path != "/api/v1/write"],
    *[(path, b"\xff" * 500, PROTO, 400) for path in PATHS],
    ("/v1/metrics", b"[]", JSON, 400),
    ("/v1/metrics", b"[" * 200_000, JSON, 400),
    ("/v1/metrics", gzip.compress(bytes(64 * MIB)), {**PROTO, "content-encoding": "gzip"}, 413),
    ("/v1/metrics", b"not gzip", {**PROTO, "content-encoding": "gzip"}, 400),
    ("/v1/metrics", b"x", {**PROTO, "content-encoding": "br"}, 400),
    ("/v1/metrics", bytes(2 * MIB), PROTO, 413),
    ("/api/v1/write", b"\xff\xff\xff\xff\x0f" + bytes(50), {**PROTO, "content-encoding": "snappy"}, 413),
    ("/api/v1/write", bytes(cramjam.snappy.compress_raw(b"\xff\x01junk")), PROTO, 400),
    ("/api/v1/changes", b"{}", JSON, 400),
    ("/api/v1/changes", b'[{"kind":"deploy","sumary":"typo"}]', JSON, 400),
    ("/api/v2/alerts", b'[{"alertname":"no labels"}]', JSON, 400),
    ("/nothing", b"", JSON, 404),
]


@pytest.mark.parametrize(("path", "body", "headers", "status"), REFUSED)
def test_what_cannot_be_used_is_answered_with_4xx_and_not_kept(
    source: OtlpSource, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert post(source, path, body, headers).status_code == status
    assert source.poll(0.0) == []


NO_OTLP: list[tuple[str, bytes, str]] = [
    ("/v1/logs", b'{"a":1}', "resourceLogs"),
    ("/v1/logs", b'{"type":"llm","timestamp":1700000000,"model":"m"}', "Kafka"),
    ("/v1/traces", b'[{"type": "prediction", "model": "m"}]', "Kafka"),
    ("/v1/logs", b'{"type":"log","body":"a"}\n{"type":"log","body":"b"}\n', "Kafka"),
    ("/v1/metrics", b'{"resourceSpans":[]}', "resourceSpans go to /v1/traces"),
    ("/v1/traces", b'{"resource_spans":[]}', "resourceSpans"),
    ("/v1/traces", b"[]", "resourceSpans"),
    ("/v1/metrics", b"1", "resourceMetrics"),
]


@pytest.mark.parametrize(("path", "body", "said"), NO_OTLP)
def test_json_that_is_not_the_otlp_of_its_path_is_refused_with_what_the_path_wants(
    source: OtlpSource, path: str, body: bytes, said: str
) -> None:
    answer = post(source, path, body, JSON)
    assert (answer.status_code, said in answer.text) == (400, True)
    assert source.poll(0.0) == []


@pytest.mark.parametrize("body", [b"{}", b'{"resourceLogs":[]}', b'{"resourceLogs":[],"unheard":1}'])
def test_an_empty_request_and_unknown_fields_are_no_fault(source: OtlpSource, body: bytes) -> None:
    assert post(source, "/v1/logs", body, JSON).status_code == 200


def test_a_client_that_still_sends_after_it_was_refused_gets_the_answer(source: OtlpSource) -> None:
    head = f"POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-length: {8 * MIB}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", source.port), timeout=10) as client:
        client.sendall(head.encode())
        for _ in range(4):  # the refusal is on its way before the body is
            time.sleep(0.1)
            client.sendall(bytes(MIB))
        answer = client.recv(4_096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.endswith(b"body too large")


def test_a_path_that_is_not_there_is_answered_with_those_that_are(source: OtlpSource) -> None:
    answer = post(source, "/v1/log", b"{}", JSON)
    assert (answer.status_code, all(path in answer.text for path in PATHS)) == (404, True)


def test_other_methods_are_refused(source: OtlpSource) -> None:
    assert httpx.get(f"http://127.0.0.1:{source.port}/v1/metrics", trust_env=False).status_code == 405


def test_a_full_inbox_asks_to_come_back(tmp_path: Path) -> None:
    config = OtlpSource.Config(listen="127.0.0.1:0", max_waiting_bytes=10)
    source = OtlpSource("push", config, SourceContext(tmp_path))
    source.open({})
    answer = post(source, "/v1/metrics", metrics(), PROTO)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    source.close()


def test_a_restart_delivers_what_was_answered_and_not_committed(tmp_path: Path) -> None:
    config = OtlpSource.Config(listen="127.0.0.1:0")
    first = OtlpSource("push", config, SourceContext(tmp_path))
    first.open({})
    post(first, "/v1/metrics", metrics(), PROTO)
    (records,) = first.poll(1.0)
    post(first, "/v1/logs", b'{"resourceLogs":[]}', JSON)
    first.close()
    second = OtlpSource("push", config, SourceContext(tmp_path))
    second.open({"push/metrics": records.position})
    assert delivered(second) == {"push/logs": [b'{"resourceLogs":[]}']}
    second.close()


def test_a_client_that_dribbles_is_cut_off_and_disturbs_nobody(
    source: OtlpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(listener, "BODY_SECONDS", 0.5)
    slow = [socket.create_connection(("127.0.0.1", source.port or 0)) for _ in range(20)]
    for i, one in enumerate(slow):
        one.sendall(b"POST /v1/metrics HTTP/1.1\r\nhost: x\r\n" + (b"content-length: 9\r\n\r\n" if i % 2 else b""))
    assert post(source, "/v1/metrics", metrics(), PROTO).status_code == 200
    for one in slow:
        one.settimeout(5)
        while one.recv(1_000):
            pass
        one.close()


def test_bodies_arriving_at_once_share_a_bounded_room(source: OtlpSource) -> None:
    assert source._listener is not None
    source._listener._room = 100
    assert post(source, "/v1/metrics", bytes(200), PROTO).status_code == 503
    assert post(source, "/v1/metrics", metrics()[:100], PROTO).status_code == 200
    assert source._listener._room == 100


def test_many_clients_at_once_lose_nothing(source: OtlpSource) -> None:
    def send(number: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{source.port}", trust_env=False) as client:
            for i in range(10):
                body = json.dumps({"resourceLogs": [{"n": number * 10 + i}]}).encode()
                assert client.post("/v1/logs", content=body, headers=JSON).status_code == 200

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    found: list[int] = []
    deadline = time.monotonic() + 20
    while len(found) < 80 and time.monotonic() < deadline:
        found += [json.loads(body)["resourceLogs"][0]["n"] for body in delivered(source).get("push/logs", [])]
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(80))


def test_a_port_in_use_is_told_with_what_to_do(source: OtlpSource, tmp_path: Path) -> None:
    config = OtlpSource.Config(listen=f"127.0.0.1:{source.port}")
    (problem,) = OtlpSource("second", config, SourceContext(tmp_path)).check()
    assert "another port" in problem
    assert source.check() == []


@pytest.mark.parametrize("listen", ["0.0.0.0:4318", "example.org:4318", "[::]:4318", "4318", "127.0.0.1:x"])
def test_an_open_door_or_a_wrong_address_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError):
        OtlpSource.Config(listen=listen)


def test_without_listen_only_the_inbox_takes(tmp_path: Path) -> None:
    source = OtlpSource("web", OtlpSource.Config(), SourceContext(tmp_path))
    source.open({})
    source.inbox.offer("alerts", b"[]")
    assert source.port is None
    assert not source.status().partitions["web/alerts"].at_end
    assert delivered(source) == {"web/alerts": [b"[]"]}
    assert source.status().partitions["web/alerts"].at_end
    source.close()


class TestUnpack:
    @pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
    def test_exactly_the_cap_passes_and_one_byte_more_does_not(self, encoding: str, pack: Any) -> None:
        assert unpack(pack(bytes(1_000)), encoding, 1_000) == bytes(1_000)
        with pytest.raises(BombError):
            unpack(pack(bytes(1_001)), encoding, 1_000)

    def test_several_members_are_one_body(self) -> None:
        assert unpack(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", 10) == b"ab"

    @pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate", "snappy", "lz4", "nothing"])
    def test_damage_is_told(self, encoding: str) -> None:
        with pytest.raises(CorruptError):
            unpack(b"\x01\x02\x03\xff\xfe", encoding, 100)


def test_every_line_of_curl_in_the_docs_is_taken_and_read_without_a_loss(source: OtlpSource) -> None:
    page = (Path(__file__).parents[2] / "docs" / "push.md").read_text()
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    said: dict[str, bytes] = {}
    for line in block.splitlines():
        words = shlex.split(line.replace("$(date +%s)", "1700000000"))
        path = words[1].removeprefix("http://127.0.0.1:4318")
        said[path] = write_request() if words[-1].startswith("@") else words[-1].encode()
        assert post(source, path, said[path], JSON).is_success, path
    assert said.keys() == PATHS.keys()
    for records in source.poll(1.0):
        found = decode(records, SeriesTable(), 1_700_000_000.0)
        assert found.rejected == [], records.partition
        assert len(found.samples.value) + len(found.events) == (records.partition != "push/write"), records.partition
