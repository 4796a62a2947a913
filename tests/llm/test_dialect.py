"""Files in other formats than our own: the calls of a file are those that the daemon would have seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from aiops.decode.route import decode
from aiops.decode.series import SeriesTable
from aiops.llmfile.read import CallFile
from aiops.types import LlmCall, Records
from tests.decode.dialects import ANSWERED, ASKED, BEGUN, DIALECTS, MESSAGES, MODEL, SECONDS
from tests.decode.test_dialects import body, request

Fields = dict[str, Any]
LITELLM: Fields = {
    "id": "chatcmpl-1", "call_type": "acompletion", "model": "gpt-4o", "custom_llm_provider": "openai",
    "startTime": "2026-01-01T00:00:00Z", "prompt_tokens": 1200, "completion_tokens": 50, "total_tokens": 1250,
    "response_cost": 0.0025, "messages": MESSAGES, "status": "success",
    "response": {"choices": [{"message": {"content": ANSWERED}, "finish_reason": "length"}]},
}  # fmt: skip


def read(path: Path, *lines: object) -> tuple[list[LlmCall], CallFile]:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines), "utf-8")
    file = CallFile(path)
    return [call for _, calls in file.batches() for call in calls], file


def live(line: bytes) -> LlmCall:
    events = decode(Records.single("bus/otlp/0", line), SeriesTable(), np.inf).events
    (call,) = [event for _, event in events if isinstance(event, LlmCall)]
    return call


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def printed(dialect: str) -> Fields:
    attributes, events = DIALECTS[dialect]
    return {
        "name": "chat gpt-4o", "context": {"trace_id": "0x" + "74" * 16, "span_id": "0x" + "73" * 8},
        "kind": "SpanKind.CLIENT", "start_time": moment(BEGUN), "end_time": moment(BEGUN + SECONDS),
        "status": {"status_code": "UNSET"}, "attributes": attributes,
        "events": [{"name": name, "timestamp": moment(BEGUN), "attributes": told} for name, told in events],
        "resource": {"attributes": {"service.name": "assistant", "host.name": "host-4"}},
    }  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_export_and_a_span_on_a_line_give_the_call_that_the_daemon_sees(dialect: str, tmp_path: Path) -> None:
    whole = body(request(*DIALECTS[dialect]), "json")
    group = json.loads(whole)["resourceSpans"][0]
    found, file = read(tmp_path / "a", whole.decode(), group, group["scopeSpans"][0]["spans"][0])
    expected = live(whole)
    assert found == [expected, expected, msgspec.structs.replace(expected, entity="", host="")]
    assert not file.bad


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_span_as_an_sdk_prints_it_gives_the_same_call(dialect: str, tmp_path: Path) -> None:
    expected = live(body(request(*DIALECTS[dialect]), "json"))
    (found,), _ = read(tmp_path / "a", printed(dialect))
    assert found == msgspec.structs.replace(expected, trace_id="0x" + "74" * 16)


def test_attributes_may_be_nested_or_columns_as_phoenix_has_them(tmp_path: Path) -> None:
    attributes, _ = DIALECTS["openinference"]
    columns = printed("openinference") | {f"attributes.{name}": value for name, value in attributes.items()}
    del columns["attributes"]
    nested: Mapping[str, Any] = {
        "openinference": {"span": {"kind": "LLM"}},
        "llm": {
            "model_name": MODEL,
            "token_count": {"prompt": 1200, "completion": 50},
            "input_messages": [{"message": one} for one in MESSAGES],
            "output_messages": [{"message": {"role": "assistant", "content": ANSWERED}}],
        },
    }
    (first, second), _ = read(tmp_path / "a", columns, printed("openinference") | {"attributes": nested})
    assert first == read(tmp_path / "b", printed("openinference"))[0][0]
    assert (second.model, second.prompt, second.completion) == (MODEL, ASKED, ANSWERED)
    assert (second.input_tokens, second.output_tokens) == (1200, 50)


def test_a_span_of_a_recording_is_read_as_well(tmp_path: Path) -> None:
    span = {"timestamp": BEGUN, "trace_id": "t", "span_id": "s", "entity": "assistant", "name": "chat",
            "duration_s": 1.0, "status": "error", "attributes": DIALECTS["otel"][0]}  # fmt: skip
    (found,), _ = read(tmp_path / "a", span)
    assert (found.entity, found.prompt, found.timestamp, found.error) == ("assistant", ASKED, BEGUN, "error")


def test_what_litellm_logs_is_read_with_tokens_cost_and_texts(tmp_path: Path) -> None:
    row = LITELLM | {"messages": json.dumps(MESSAGES), "response": json.dumps(LITELLM["response"]), "spend": 0.0025}
    del row["response_cost"]
    for found in read(tmp_path / "a", LITELLM, row)[0]:
        assert (found.prompt, found.completion, found.finish_reason) == (ASKED, ANSWERED, "length")
        assert (found.input_tokens, found.output_tokens, found.cost_usd) == (1200, 50, 0.0025)
        assert (found.model, found.provider, found.operation) == ("gpt-4o", "openai", "chat")


def test_a_request_with_the_answer_of_a_provider_beside_it_is_read(tmp_path: Path) -> None:
    used = {"prompt_tokens": 1200, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 800}}
    answer = {"choices": [{"message": {"content": ANSWERED}, "finish_reason": "stop"}], "usage": used}
    for line in ({"model": "gpt-4o", "messages": MESSAGES, "response": answer},
                 {"model": "gpt-4o", "messages": MESSAGES, **answer}):  # fmt: skip
        (found,), _ = read(tmp_path / "a", line)
        assert (found.input_tokens, found.output_tokens, found.cache_read_tokens) == (1200, 50, 800)
        assert (found.prompt, found.completion, found.finish_reason) == (ASKED, ANSWERED, "stop")


def test_our_own_calls_may_use_the_names_of_others(tmp_path: Path) -> None:
    own = {"type": "llm", "timestamp": 1.0, "entity": "a", "model": "gpt-4o", "prompt": ASKED, "input_tokens": 9,
           "output_tokens": 3}  # fmt: skip
    lines = [own | {"finish_reasons": ["length"]}, own | {"stop_reason": "length"}, own | {"cached_tokens": 4}]
    found, _ = read(tmp_path / "a", *lines)
    assert [one.finish_reason for one in found] == ["length", "length", ""]
    assert [one.cache_read_tokens for one in found] == [0, 0, 4]
    assert {(one.entity, one.prompt, one.input_tokens, one.output_tokens) for one in found} == {("a", ASKED, 9, 3)}


def test_a_line_may_hold_several_calls(tmp_path: Path) -> None:
    own = {"type": "llm", "model": "m", "prompt": "hi"}
    file = CallFile(tmp_path / "a")
    read(tmp_path / "a", [own, LITELLM, {"foo": 1}], own)
    assert [(numbers, len(calls)) for numbers, calls in file.batches()] == [([1, 1, 2], 3)]
    assert file.bad == {"no_call": 1}


def test_a_bad_span_costs_itself_only_and_is_counted(tmp_path: Path) -> None:
    export = json.loads(body(request(*DIALECTS["otel"]), "json"))
    spans = export["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans.append(spans[0] | {"startTimeUnixNano": "0"})
    found, file = read(tmp_path / "a", export)
    assert len(found) == 1
    assert file.bad == {"invalid_time": 1}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ({}, "its fields: none"), ({"foo": 1}, "its fields: foo"),
        ({"type": "prediction", "model": "m", "timestamp": 1.0}, "type 'prediction'"),
        ({"timestamp": 1.0, "model": "m", "version": "1", "features": {"a": 1}, "prediction": 2}, "features, model"),
        (printed("otel") | {"attributes": {"http.route": "/"}}, "none of its spans"),
        ({"resourceSpans": []}, "none of its spans"), ({"messages": MESSAGES}, "its fields: messages"),
        ({"resourceSpans": 7}, "resourceSpans"),
    ],
)  # fmt: skip
def test_what_is_no_call_is_counted_and_said(line: Fields, word: str, tmp_path: Path) -> None:
    found, file = read(tmp_path / "a", line, LITELLM)
    assert len(found) == 1
    assert file.bad.total() == 1
    assert file.first_bad is not None
    assert word in file.first_bad[1]


@pytest.mark.parametrize("said", ["nan", "inf", "-inf"])
def test_tokens_that_are_no_finite_number_cost_their_line_only(said: str, tmp_path: Path) -> None:
    bare = {"model": "m", "input_tokens": said}
    found, file = read(tmp_path / "a", bare | {"output_tokens": 1}, bare, LITELLM)
    assert len(found) == 1
    assert file.bad == {"invalid_field": 2}
    assert file.first_bad == (1, f"tokens are {said}")
