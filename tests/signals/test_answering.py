"""A call that failed counts under the model that would have answered it."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.signals.emitted import Emitted
from aiops.signals.llm import LlmSignal
from aiops.signals.llm.answering import FORGET_SECONDS, MOST_ASKED, Answering
from aiops.types import LlmCall

STEP = 15.0
ASKED, ANSWERS = "gpt-4o-mini", "gpt-4o-mini-2024-07-18"


def call(model: str, **fields: Any) -> LlmCall:
    return LlmCall(**{"timestamp": 0.0, "entity": "bot", "model": model, "request_model": ASKED, **fields})


def counted(found: Emitted, metric: str) -> dict[str, float]:
    """Model -> count, where there is any."""
    return {dict(labels)["model"]: n for (name, labels), n in found.values.items() if name == metric and n}


def failed(*before: LlmCall, **fields: Any) -> dict[str, float]:
    """The model that a failed call is counted under, after some others a step before."""
    signal = LlmSignal(STEP)
    signal.close(0.0, list(before))
    return counted(signal.close(STEP, [call(**{"model": ASKED, "error": "429", **fields})]), "llm_errors")


def test_a_failed_call_counts_under_the_model_that_answers() -> None:
    assert failed(call(ANSWERS)) == {ANSWERS: 1}


def test_who_answers_is_known_without_who_was_asked() -> None:
    assert failed(call(ANSWERS, request_model=""), request_model="") == {ANSWERS: 1}


@pytest.mark.parametrize(
    ("before", "fields", "under"),
    [
        ([], {}, ASKED),
        ([call(ANSWERS, entity="other")], {}, ASKED),
        ([call(ANSWERS)], {"model": "gpt-4.1", "request_model": "gpt-4.1"}, "gpt-4.1"),
        ([call(ANSWERS)], {"model": "gpt-4o-mini-2025-01-01"}, "gpt-4o-mini-2025-01-01"),
        ([call(ANSWERS, error="cut off")], {}, ASKED),
        ([call(ANSWERS, operation="evaluate")], {}, ASKED),
        ([call(ASKED, request_model=""), call(ANSWERS, request_model="")], {"request_model": ""}, ASKED),
    ],
    ids=["nobody answered yet", "elsewhere", "newly asked", "says who", "failed too", "judged", "two models"],
)
def test_a_failed_call_keeps_its_name_where_nobody_else_is_known_to_answer_it(
    before: list[LlmCall], fields: dict[str, Any], under: str
) -> None:
    assert failed(*before, **fields) == {under: 1}


def test_the_latest_answer_counts_and_a_snapshot_holds_it() -> None:
    signal, other = LlmSignal(STEP), LlmSignal(STEP)
    signal.close(0.0, [call("gpt-4o-mini-2024-05-05")])
    signal.close(STEP, [call(ANSWERS)])
    other.restore(signal.snapshot())
    assert counted(other.close(2 * STEP, [call(ASKED, error="429")]), "llm_errors") == {ANSWERS: 1}


def test_who_was_silent_for_a_day_gives_its_place() -> None:
    answering = Answering()
    list(answering.name(0.0, [call("x-2024-01-01", request_model=f"m{i}") for i in range(MOST_ASKED)]))
    full = answering.snapshot()
    list(answering.name(STEP, [call(ANSWERS)]))
    assert answering.snapshot() == full
    list(answering.name(FORGET_SECONDS, [call(ANSWERS)]))
    (named,) = answering.name(FORGET_SECONDS, [call(ASKED, error="429")])
    assert named.model == ANSWERS
    assert len(answering.snapshot()) < len(full) + 100
