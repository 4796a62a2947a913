"""Telegraf, CloudEvents, Alertmanager and log lines."""

from __future__ import annotations

import base64
import json

import pytest

NOW = 1_760_000_000.0
AT = NOW - 60


def dump(value):
    return json.dumps(value).encode()


CPU = {
    "name": "cpu",
    "tags": {"host": "h1", "data.center": "x"},
    "fields": {"usage": 1.5, "busy": True, "model": "amd", "value": 2},
    "timestamp": int(AT),
}
CPU_ROWS = [
    (f'{name}{{data_center="x", host="h1"}}', AT, value)
    for name, value in (("cpu_usage", 1.5), ("cpu_busy", 1.0), ("cpu", 2.0))
]


@pytest.mark.parametrize(
    "body",
    [
        dump(CPU),
        dump({"metrics": [CPU]}),
        dump({**CPU, "timestamp": int(AT) * 10**9}),
        dump({**CPU, "timestamp": AT * 1e3}),
        dump([CPU]),
        dump(CPU) + b"\n",
    ],
)
def test_telegraf_fields_become_series(read, body):
    assert read.rows(body) == CPU_ROWS


def test_a_bad_telegraf_metric_costs_that_metric_only(read):
    body = dump({"metrics": [{"name": "x"}, CPU, {"name": "y", "fields": {"a": []}, "timestamp": 5}]})
    assert read.rows(body) == CPU_ROWS
    assert read.reasons(body) == [(0, "invalid_field", 2)]


def cloud_event(kind, data, id="i1", **more):
    return {
        "specversion": "1.0",
        "id": id,
        "type": f"org.kubeflow.serving.inference.{kind}",
        "source": "http://x/iris",
        "time": "2025-10-09T08:52:20Z",
        "inferenceservicename": "iris",
        "data": data,
        **more,
    }


def test_request_and_response_of_one_record_are_joined(read):
    body = dump([cloud_event("request", {"instances": [[6.8, 2.8]]}), cloud_event("response", {"predictions": [1]})])
    ((record, row),) = read(body).events
    assert (record, row.timestamp, row.model, row.id, row.features, row.prediction) == (
        0,
        AT,
        "iris",
        "i1",
        {"f0": 6.8, "f1": 2.8},
        1,
    )


def test_pairs_in_two_records_stay_two_with_one_id_however_batched(read):
    bodies = [
        dump(cloud_event("request", {"instances": [[6.8]]})),
        dump(cloud_event("response", {"predictions": [[0.25, 0.75]]})),
    ]
    together = [event for _, event in read(*bodies).events]
    assert together == [read(body).events[0][1] for body in bodies]
    assert [(row.id, row.features, row.prediction, row.proba) for row in together] == [
        ("i1", {"f0": 6.8}, None, None),
        ("i1", {}, 1, 0.75),
    ]


def test_open_inference_tensors_become_rows(read):
    data = {
        "inputs": [
            {"name": "age", "shape": [2], "datatype": "FP32", "data": [30, 40]},
            {"name": "xy", "shape": [2, 2], "data": [[1, 2], [3, 4]]},
        ]
    }
    rows = [event for _, event in read(dump(cloud_event("request", data))).events]
    assert [(row.id, row.features) for row in rows] == [
        ("i1/0", {"age": 30, "xy_0": 1, "xy_1": 2}),
        ("i1/1", {"age": 40, "xy_0": 3, "xy_1": 4}),
    ]


def test_base64_payloads_and_bad_ones(read):
    fine = cloud_event("request", None, data_base64=base64.b64encode(b'{"instances":[[1]]}').decode())
    assert len(read(dump(fine)).events) == 1
    bad = [
        cloud_event("request", None, data_base64="%"),
        cloud_event("nothing", {}),
        cloud_event("request", {"inputs": [{"name": "a", "data": [1, 2], "shape": [3]}]}),
    ]
    assert [reason for _, reason, _ in read.reasons(*map(dump, bad))] == [
        "invalid_field",
        "unknown_type",
        "invalid_field",
    ]


ALERT = {
    "labels": {"alertname": "Down", "service": "web", "instance": "h1", "severity": "page"},
    "startsAt": "2025-10-09T08:52:20Z",
}


@pytest.mark.parametrize(
    ("more", "status", "at"),
    [
        ({}, "firing", AT),
        ({"endsAt": "0001-01-01T00:00:00Z"}, "firing", AT),
        ({"endsAt": "2030-01-01T00:00:00Z"}, "firing", AT),
        ({"endsAt": "2025-10-09T08:53:00Z"}, "resolved", NOW - 20),
        ({"status": "resolved", "endsAt": "2025-10-09T08:53:00Z"}, "resolved", NOW - 20),
        ({"status": {"state": "active"}, "endsAt": "2030-01-01T00:00:00.123456789Z"}, "firing", AT),
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda alert: [alert], lambda alert: {"version": "4", "status": "firing", "alerts": [alert]}]
)
def test_alerts_of_api_and_webhook(read, more, status, at, wrap):
    ((_, alert),) = read(dump(wrap({**ALERT, **more}))).events
    assert (alert.name, alert.entity, alert.host, alert.severity, alert.status, alert.timestamp) == (
        "Down",
        "web",
        "h1",
        "page",
        status,
        at,
    )


def test_a_bad_alert_costs_that_alert_only(read):
    told = read(dump([{"labels": {"a": "b"}}, ALERT, {"labels": 5}]))
    assert len(told.events) == 1
    assert [(one.reason, one.count) for one in told.rejected] == [("invalid_field", 2)]


@pytest.mark.parametrize(
    ("line", "at", "severity"),
    [
        (b"2025-10-09T08:52:20Z ERROR payment failed", AT, "ERROR"),
        (b"2025-10-09 08:52:20,000 [main] WARN  c.x.Y - slow", AT, "WARN"),
        (b"2025-10-09T10:52:20+0200 level=info msg=x", AT, "INFO"),
        (b"1759999940 something", AT, ""),
        (b"1759999940123 something", AT + 0.123, ""),
        (b"no time at all", NOW, ""),
        (b'10.0.0.1 - - "GET /" [error] upstream', NOW, "ERROR"),
        (b"Traceback:\n  File x\nValueError: 1", NOW, ""),
    ],
)
def test_plain_lines(read, line, at, severity):
    ((_, record),) = read(line).events
    assert (record.timestamp, record.severity, record.entity) == (at, severity, "")
    assert record.body == line.decode()


def test_json_lines_of_common_loggers(read):
    lines = [
        {"time": "2025-10-09T08:52:20Z", "level": "error", "msg": "x", "service": "web", "hostname": "h1"},
        {
            "@timestamp": "2025-10-09T08:52:20.000Z",
            "log.level": "ERROR",
            "message": "x",
            "service": {"name": "web"},
            "host": {"name": "h1"},
        },
        {"time": AT * 1_000, "level": 50, "msg": "x", "service.name": "web", "host": "h1"},
        {"message": "x", "levelname": "ERROR", "ts": AT, "service_name": "web", "host_name": "h1"},
    ]
    told = read(b"\n".join(map(dump, lines)), *map(dump, lines))
    assert [(r.timestamp, r.severity, r.body, r.entity, r.host) for _, r in told.events] == [
        (AT, "ERROR", "x", "web", "h1")
    ] * 8


def test_bad_json_line_costs_that_line_only(read):
    told = read(b'{"message":"a"}\n{"message":\n{"message":"b"}')
    assert [event.body for _, event in told.events] == ["a", "b"]
    assert [one.reason for one in told.rejected] == ["broken_json"]
