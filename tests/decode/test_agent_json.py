"""The agent's own JSON."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.decode import SeriesTable, agent_json
from aiops.decode.sink import Sink
from aiops.types import Change, Kind, LlmCall, LogRecord, Prediction, Span

NOW = 1_760_000_000.0


def metric(value=1.5, name="requests_total", at=NOW - 60, **more):
    return {
        "type": "metric",
        "timestamp": at,
        "name": name,
        "labels": {"service_name": "web", "code": "200"},
        "value": value,
        **more,
    }


def body(*elements):
    return json.dumps(elements[0] if len(elements) == 1 else list(elements)).encode()


EXPECTED = 'requests_total{code="200", service_name="web"}'


@pytest.mark.parametrize(
    "spelled",
    [
        body(metric()),
        json.dumps(metric(), indent=2).encode(),
        json.dumps(metric(), separators=(",", ":")).encode(),
        json.dumps(dict(reversed(metric().items()))).encode(),
        json.dumps([metric()]).encode(),
        body(metric()) + b"\n",
        b'{"type":"metric","timestamp":1759999940,"name":"requests_tot\\u0061l","labels":{"code":"200","service_name":"web"},"value":15e-1}',
        body(metric(at="2025-10-09T08:52:20Z")),
        body(metric(unknown={"nested": [1, 2]})),
    ],
)
def test_every_spelling_is_the_same_sample(read, spelled):
    assert read.rows(spelled) == [(EXPECTED, NOW - 60, 1.5)]


def test_arrays_and_lines_hold_many(read):
    array = body(*[metric(float(i)) for i in range(3)])
    lines = b"\n".join(json.dumps(metric(float(i))).encode() for i in range(3))
    assert [row[2] for row in read.rows(array, lines)] == [0, 1, 2, 0, 1, 2]


def test_labels_are_decoded_once_per_spelling(read, monkeypatch):
    calls = []
    spell = agent_json.spell
    monkeypatch.setattr(agent_json, "spell", lambda run, row: calls.append(1) or spell(run, row))
    read(*[body(metric(float(i))) for i in range(50)])
    read(*[body(metric(float(i))) for i in range(50)])
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("a_total", "", Kind.COUNTER),
        ("a_bucket", "", Kind.COUNTER),
        ("a", "", Kind.UNKNOWN),
        ("a_total", "gauge", Kind.GAUGE),
        ("a", "counter", Kind.COUNTER),
    ],
)
def test_kind_is_said_or_told_by_the_suffix(read, name, kind, expected):
    read(body(metric(name=name, **({"kind": kind} if kind else {}))))
    assert read.table.kind.tolist() == [expected]


def test_null_and_nan_are_masked_samples(read):
    assert [math.isnan(row[2]) for row in read.rows(body(metric(None)), body(metric(math.nan)))] == [True, True]


@pytest.mark.parametrize(
    ("value", "reason"),
    [("1e400", "non_finite"), ("-1e400", "non_finite"), ("9" * 5_000, "non_finite"), ("Infinity", "non_finite"),
     ('"1"', "invalid_field"), ("true", "invalid_field"), ("{}", "invalid_field"), ("01", "broken_json")],
)  # fmt: skip
def test_impossible_values_are_refused_with_their_reason(read, value, reason):
    spelled = body(metric("VALUE")).replace(b'"VALUE"', value.encode())
    assert read.reasons(spelled) == [(0, reason, 1)]
    assert len(read.table) == (1 if value == "Infinity" else 0)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (0, "invalid_time"),
        (-1, "invalid_time"),
        (946_684_799, "invalid_time"),
        (NOW + 301, "future"),
        ("yesterday", "invalid_time"),
        (NOW * 1_000, "future"),
    ],
)
def test_impossible_times_are_refused_and_make_no_series(read, at, reason):
    assert read.reasons(body(metric(at=at))) == [(0, reason, 1)]
    assert len(read.table) == 0


def test_a_bad_element_of_an_array_costs_that_element_only(read):
    bad = [{"type": "nonsense"}, metric("x"), {"no": "type"}, 5, metric(name="")]
    spelled = json.dumps([metric(1.0), *bad, metric(2.0)]).encode()
    assert [row[2] for row in read.rows(spelled)] == [1.0, 2.0]
    assert read.reasons(spelled) == [(0, "unknown_type", 3), (0, "invalid_field", 2)]


def test_a_metric_without_a_name_costs_that_metric_only(read):
    # Beside an event, so that the slow path reads the array.
    told = read(body(metric(name=""), {"type": "log", "timestamp": NOW, "entity": "web", "body": "x"}, metric()))
    assert (len(told.samples), len(told.events)) == (1, 1)
    assert [(one.reason, one.count) for one in told.rejected] == [("invalid_field", 1)]


def test_a_metric_without_name_or_possible_time_is_told_alike_by_kernel_and_slow_path():
    spelled = body(metric(name="", at=NOW + 301.0))
    assert outcome(spelled, fast=True) == outcome(spelled, fast=False) == ([], {"future": 1}, [])


def test_a_record_of_nothing_but_bad_parts_is_given_up_and_the_next_is_read(read):
    spelled = b"[" + b"5," * 30_000 + b"5]"
    assert read.reasons(spelled, body(metric())) == [(0, "unknown_type", 10_000), (0, "invalid_field", 1)]
    assert len(read.rows(spelled, body(metric()))) == 1


def test_a_bad_line_costs_that_line_only(read):
    spelled = body(metric(1.0)) + b"\n{broken\n" + body(metric(2.0))
    assert [row[2] for row in read.rows(spelled)] == [1.0, 2.0]
    assert read.reasons(spelled) == [(0, "broken_json", 1)]


def test_long_names_and_values_are_refused(read):
    long_value = metric()
    long_value["labels"] = {"service_name": "v" * 4_097}
    assert read.reasons(body(metric(name="n" * 1_025)), body(long_value)) == [
        (0, "name_too_long", 1),
        (1, "name_too_long", 1),
    ]
    assert len(read.table) == 0


def test_invalid_utf8_costs_its_record_only(read):
    good, bad = body(metric()), body(metric()).replace(b'"web"', b'"w\xffb"')
    assert read.reasons(good, bad, good) == [(1, "invalid_utf8", 1)]
    assert len(read.rows(good, bad, good)) == 2


@pytest.mark.parametrize("half", [b"\\ud800", b"\\uDC00", b"\xed\xa0\x80"])
def test_half_a_character_beside_a_number_of_pythons_is_refused(read, half):
    said = b'{"type":"log","timestamp":1759999940,"entity":"web","body":"a%sb","x":NaN}'
    assert read.reasons(said % half) == [(0, "invalid_utf8", 1)]
    assert [event.body for _, event in read(said % b"\\ud83d\\ude00").events] == ["a\U0001f600b"]


def test_events_become_structs(read):
    elements = [
        {"type": "log", "timestamp": NOW, "entity": "web", "body": "x", "severity": "warning"},
        {
            "type": "span",
            "timestamp": NOW,
            "trace_id": "t",
            "span_id": "s",
            "entity": "web",
            "name": "GET",
            "duration_s": 0.1,
            "parent_id": None,
        },
        {"type": "change", "timestamp": "2025-10-09T08:53:20Z", "kind": "deploy", "id": "d1", "files": ["a.py"]},
        {"type": "prediction", "timestamp": NOW, "model": "m", "features": {"a": 1, "b": "x"}, "prediction": 0.5},
        {"type": "llm", "timestamp": NOW, "entity": "bot", "model": "gpt", "context": ["a"], "input_tokens": 5},
    ]
    events = [event for _, event in read(json.dumps(elements).encode()).events]
    assert [type(event) for event in events] == [LogRecord, Span, Change, Prediction, LlmCall]
    assert events[0].severity == "WARN"
    assert events[2].timestamp == NOW


def test_events_of_impossible_time_are_refused(read):
    element = {"type": "log", "timestamp": NOW + 1e6, "entity": "web", "body": "x"}
    assert read.reasons(body(element)) == [(0, "future", 1)]


@pytest.mark.parametrize("number", [10**400, 2**64, -(2**63) - 1])
@pytest.mark.parametrize(
    "element",
    [
        {"type": "prediction", "model": "m", "features": {"x": "N"}},
        {"type": "prediction", "model": "m", "features": {"x": "N", "v": [1, 2]}},
        {"type": "prediction", "model": "m", "prediction": "N"},
        {"type": "prediction", "model": "m", "prediction": 1, "label": "N"},
        {"type": "llm", "entity": "web", "model": "m", "input_tokens": "N"},
        {"type": "span", "trace_id": "t", "span_id": "s", "entity": "web", "name": "n", "duration_s": 1,
         "attributes": {"a": {"b": "N"}}},
    ],
)  # fmt: skip
def test_a_whole_number_that_cannot_be_saved_costs_its_event_only(read, element, number):
    said = body({"timestamp": NOW, **element}, {"timestamp": NOW, "type": "log", "entity": "web", "body": "x"})
    found = read(said.replace(b'"N"', str(number).encode()))
    assert [(one.reason, one.count) for one in found.rejected] == [("invalid_field", 1)]
    assert [type(event) for _, event in found.events] == [LogRecord]


def test_a_vector_with_a_number_larger_than_any_float_costs_its_row_only(read):
    rows = [{"type": "prediction", "timestamp": NOW, "model": "m", "features": {"v": [1, n]}} for n in (10**400, 2)]
    found = read(body(*rows))
    assert [(one.reason, one.count) for one in found.rejected] == [("invalid_field", 1)]
    assert [event.features["v:norm"] for _, event in found.events] == [pytest.approx(5**0.5)]


number = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**25), 10**25),
    st.none(),
    st.booleans(),
    st.text(max_size=2),
)
text = st.one_of(st.sampled_from(["a", "service_name", "é", "", "x y", '"', "\\", "\n", "\x00"]), st.text(max_size=6))
element = st.dictionaries(
    st.sampled_from(["type", "timestamp", "name", "labels", "value", "kind", "other"]), number
) | st.fixed_dictionaries(
    {
        "type": st.just("metric"),
        "timestamp": st.floats(NOW - 1e4, NOW + 1e3),
        "name": text,
        "labels": st.dictionaries(text, text, max_size=3),
        "value": number,
    },
    optional={"kind": st.sampled_from(["counter", "gauge", "x"]), "other": number},
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(element, min_size=1, max_size=4), st.booleans(), st.booleans(), st.sampled_from([None, 1]))
def test_kernel_and_slow_path_agree(elements, lines, ascii_only, indent):
    dump = [json.dumps(e, ensure_ascii=ascii_only, indent=None if lines else indent) for e in elements]
    spelled = ("\n".join(dump) if lines else "[" + ",".join(dump) + "]").encode()
    assert outcome(spelled, fast=True) == outcome(spelled, fast=False)


def outcome(spelled, fast):
    sink = Sink(SeriesTable(), NOW)
    from aiops.decode.sink import joined

    run = joined([(0, spelled)])
    agent_json.decode(run, sink) if fast else run.each(sink, agent_json.read)
    decoded = sink.decoded()
    rows = [
        (sink.table.labels[s], t, repr(v)) for s, t, v in zip(
            decoded.samples.series, decoded.samples.timestamp.tolist(), decoded.samples.value.tolist(), strict=True
        )
    ]  # fmt: skip
    rejected = {}
    for one in decoded.rejected:
        rejected[one.reason] = rejected.get(one.reason, 0) + one.count
    return rows, rejected, sink.table.kind.tolist()
