"""Prometheus' own wires: remote write, query answers, and the JSON of Kafka adapters."""

from __future__ import annotations

import json
import math
import random
import struct

import cramjam
import pytest

from aiops.decode import prometheus_json, remote_write
from aiops.types import STALE_NAN, Kind

NOW = 1_760_000_000.0
AT = NOW - 60


def request(*series, metadata=()):
    """Series are (labels, [(milliseconds, value)])."""
    message = remote_write.WriteRequest()
    for labels, samples in series:
        added = message.timeseries.add()
        for name, value in labels.items():
            added.labels.add(name=name, value=value)
        for at, value in samples:
            added.samples.add(timestamp=at, value=value)
    for kind, name in metadata:
        message.metadata.add(type=kind, metric_family_name=name)
    return message


def snapped(message):
    return bytes(cramjam.snappy.compress_raw(message.SerializeToString()))


UP = {"__name__": "up", "job": "node"}


def test_samples_of_a_request_are_read(read):
    body = snapped(
        request(
            (UP, [(int(AT * 1_000), 1.0), (int(NOW * 1_000), 0.0)]),
            ({"__name__": "b", "x": "é"}, [(int(AT * 1_000), 2.5)]),
        )
    )
    assert read.rows(body) == [('up{job="node"}', AT, 1.0), ('up{job="node"}', NOW, 0.0), ('b{x="é"}', AT, 2.5)]


def test_staleness_marker_is_a_gap(read):
    stale = struct.unpack("<d", STALE_NAN.to_bytes(8, "little"))[0]
    assert math.isnan(read.rows(snapped(request((UP, [(int(AT * 1_000), stale)]))))[0][2])


def test_metadata_tells_kinds_in_its_own_request_or_beside_samples(read):
    series = [({"__name__": name}, [(int(AT * 1_000), 1.0)]) for name in ("a", "h_bucket", "g")]
    read(snapped(request(series[0])))
    assert read.table.kind.tolist() == [Kind.UNKNOWN]
    read(snapped(request(*series[1:], metadata=[(1, "a"), (2, "g"), (3, "h")])))
    assert dict(zip(map(str, read.table.labels), read.table.kind.tolist(), strict=True)) == {
        "a": 2,
        "h_bucket": 2,
        "g": 1,
    }


def test_labels_are_decoded_once(read, monkeypatch):
    calls = []
    spell = remote_write.spell
    monkeypatch.setattr(remote_write, "spell", lambda run, row: calls.append(1) or spell(run, row))
    body = snapped(request((UP, [(int(AT * 1_000) + i, 1.0) for i in range(9)])))
    read(body, body)
    read(body)
    assert len(calls) == 1


def test_declared_size_is_checked_before_unpacking(read):
    assert read.reasons(b"\xff\xff\xff\xff\x0f" + b"\x00" * 50, format="remote_write") == [(0, "bomb", 1)]


def test_native_histograms_are_counted_and_the_rest_is_read(read):
    message = request((UP, [(int(AT * 1_000), 1.0)]), ({"__name__": "native"}, []))
    message.timeseries[1].histograms.append(b"")
    body = snapped(message)
    assert read.reasons(body) == [(0, "unknown_type", 1)]
    assert len(read.rows(body)) == 1


def test_a_series_without_a_name_is_refused(read):
    body = snapped(request(({"job": "x"}, [(int(AT * 1_000), 1.0)] * 3), (UP, [(int(AT * 1_000), 1.0)])))
    assert sum(count for _, reason, count in read.reasons(body) if reason == "invalid_field") == 3
    assert len(read.rows(body)) == 1


def answer(result, kind="matrix", **more):
    return {"status": "success", "data": {"resultType": kind, "result": result}, **more}


MATRIX = answer([
    {"metric": UP, "values": [[AT, "1"], [AT + 0.781, "0.25"], [NOW, "NaN"]]},
    {"metric": {"__name__": "a_total"}, "values": [[AT, "1e+06"]]},
    {"metric": {"__name__": "none"}, "values": []},
])  # fmt: skip


@pytest.mark.parametrize("told", [MATRIX, {**MATRIX, "warnings": ["partial"]}, {**MATRIX, "infos": []}])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_matrix_is_read_whatever_surrounds_it(read, told, separators):
    rows = read.rows(json.dumps(told, separators=separators).encode())
    assert [row[:2] for row in rows] == [
        ('up{job="node"}', AT),
        ('up{job="node"}', AT + 0.781),
        ('up{job="node"}', NOW),
        ("a_total", AT),
    ]
    assert [row[2] for row in rows if row[2] == row[2]] == [1.0, 0.25, 1e6]
    assert read.table.kind.tolist() == [Kind.UNKNOWN, Kind.COUNTER]


def test_vector_and_scalar_answers(read):
    assert read.rows(json.dumps(answer([{"metric": UP, "value": [AT, "3"]}], "vector")).encode()) == [
        ('up{job="node"}', AT, 3.0)
    ]
    assert read.reasons(json.dumps(answer([AT, "3"], "scalar")).encode()) == [(0, "unknown_type", 1)]
    assert read.reasons(json.dumps({"status": "error", "data": None, "error": "boom"}).encode()) == [
        (0, "invalid_field", 1)
    ]


def test_empty_answer_is_no_fault(read):
    told = read(json.dumps(answer([])).encode(), json.dumps(answer([]), separators=(",", ":")).encode())
    assert (len(told.samples), told.rejected) == (0, [])


def test_infinite_values_are_refused_one_by_one(read):
    body = json.dumps(answer([{"metric": UP, "values": [[AT, "+Inf"], [AT, "-Inf"], [AT, "1"]]}])).encode()
    assert read.reasons(body) == [(0, "non_finite", 2)]
    assert len(read.rows(body)) == 1


def test_a_bad_series_costs_that_series_only(read):
    body = json.dumps(
        answer([{"metric": UP, "values": [[AT, "x"]]}, {"metric": UP, "values": [[AT, "1"]]}, {"metric": 5}])
    ).encode()
    assert len(read.rows(body)) == 1
    assert read.reasons(body) == [(0, "invalid_field", 2)]


def test_kernel_and_slow_path_read_the_same_matrix(read):
    rng = random.Random(2)
    values = [
        [AT - i * 0.1, repr(rng.choice([rng.random(), rng.gauss(0, 1e9), float(rng.randrange(10)), 5e-324]))]
        for i in range(500)
    ]
    told = answer([{"metric": {**UP, "i": str(i)}, "values": values} for i in range(3)])
    fast = read.rows(json.dumps(told, separators=(",", ":")).encode())
    assert read.rows(json.dumps({**told, "warnings": []}).encode()) == fast
    assert [row[2] for row in fast[:500]] == [float(value) for _, value in values]


def test_no_slow_path_for_what_prometheus_writes(read, monkeypatch):
    monkeypatch.setattr(prometheus_json, "read", None)
    assert len(read.rows(json.dumps(MATRIX, separators=(",", ":")).encode())) == 4


def test_adapter_samples_alone_in_lines_and_arrays(read):
    one = {"name": "up", "labels": {"__name__": "up", "job": "node"}, "timestamp": "2025-10-09T08:52:20Z", "value": "1"}
    bodies = [
        json.dumps(one).encode(),
        json.dumps([one, one]).encode(),
        json.dumps(one).encode() + b"\n" + json.dumps(one).encode(),
    ]
    assert read.rows(*bodies) == [('up{job="node"}', AT, 1.0)] * 5
    assert read.reasons(json.dumps({**one, "value": "1_0"}).encode()) == [(0, "invalid_field", 1)]
