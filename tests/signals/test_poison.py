"""An event that breaks a signal is kept aside and counted; its neighbours and the daemon are unharmed."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.decode.series import SeriesLimits
from aiops.detect.partition import Partition, Settings
from aiops.pipeline import Pipeline
from aiops.signals.llm import said
from aiops.signals.logs import LogSignal
from aiops.types import Decoded, LlmCall, Records, Samples

LINE = b'{"type":"log","timestamp":%d,"entity":"web","body":"%s","severity":"INFO"}'
METRIC = b'{"type":"metric","timestamp":%d,"name":"up","labels":{"service_name":"web"},"value":1}'


def test_a_line_that_breaks_the_miner_is_a_dead_letter_and_the_samples_beside_it_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = LogSignal.close

    def brittle(self: LogSignal, step: float, events: Any) -> Any:
        if any("boom" in event.body for event in events):
            raise ZeroDivisionError("boom")
        return whole(self, step, events)

    monkeypatch.setattr(LogSignal, "close", brittle)
    pipeline = Pipeline(Settings(15.0, 0.0, 2.0, ()))
    start = 1_780_000_005
    bodies = [LINE % (start, b"boom"), METRIC % start, LINE % (start + 15, b"fine"), METRIC % (start + 60)]
    outcome = pipeline.step([Records.many("bus/logs/0", bodies)], start + 100.0)
    assert outcome.dropped["bus", "poison"] == 1
    (letter,) = outcome.dead
    assert letter.reason == "poison"
    assert b"boom" in letter.excerpt
    assert outcome.samples["bus"] == 4
    assert len(outcome.closed) == 4
    names = {labels.metric for labels in pipeline.partitions["bus/logs/0"].table.labels}
    assert {"up", "log_lines"} <= names


def told(partition: Partition, *calls: LlmCall) -> None:
    partition.take(Decoded(Samples.empty(), list(enumerate(calls)), []))


def test_a_sum_beyond_all_numbers_is_no_sample() -> None:
    partition = Partition("bus/llm/0", Settings(15.0, 0.0, 2.0, ()))
    huge = {"entity": "bot", "model": "m", "duration_s": 1e308, "ttft_s": 1e308, "input_tokens": 1}
    told(partition, *(LlmCall(timestamp=1_780_000_005.0 + i, **huge) for i in range(3)))
    partition.panel.advance(1_780_000_100.0)
    columns = list(partition.close())
    assert columns
    assert not any(abs(value) == float("inf") for closed in columns for value in closed.value.tolist())


def test_names_of_series_that_are_refused_are_not_remembered_without_end() -> None:
    partition = Partition("bus/llm/0", Settings(15.0, 0.0, 2.0, (), SeriesLimits(total=100)))
    for i in range(300):
        told(partition, LlmCall(timestamp=1_780_000_005.0 + 15 * i, entity=f"bot-{i}", model="m"))
        list(partition.close())
    assert len(partition._slot_of) <= 200
    assert len(partition.table) == 100


def test_a_text_that_breaks_its_readers_costs_its_features_only_and_is_kept_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = said.features

    def brittle(calls: Any) -> Any:
        if any("boom" in call.prompt for call in calls):
            raise RecursionError("boom")
        return whole(calls)

    monkeypatch.setattr(said, "features", brittle)
    asked = [LlmCall(timestamp=0.0, entity="bot", model="m", prompt=text) for text in ("Why is that?", "boom", "So?")]
    first, broken, last = (event for _, event in said.heard(list(enumerate(asked))) if isinstance(event, LlmCall))
    assert (first.said is None, broken.said, last.said is None) == (False, None, False)
    assert (first.prompt, broken.prompt, last.prompt) == ("", "", "")
