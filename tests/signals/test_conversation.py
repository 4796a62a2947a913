"""What agents do in a row: repeated, alternating and fruitless tool calls, hand-offs, cost, and who is let go."""

from __future__ import annotations

from typing import Any

import pytest

from aiops.signals.emitted import key
from aiops.signals.llm import LlmSignal, heard
from aiops.signals.llm.conversation import Conversations
from aiops.signals.llm.usual import LEAST_ENDED
from aiops.types import LlmCall

STEP = 15.0
BOT = {"service_name": "bot"}


def tool(name: str = "search", asked: str = "{}", found: str = "", **fields: Any) -> LlmCall:
    base: dict[str, Any] = {"timestamp": 0.0, "entity": "bot", "model": "", "conversation_id": "c1", "tool": name}
    return LlmCall(**{**base, "operation": "execute_tool", "prompt": asked, "completion": found, **fields})


def turn(**fields: Any) -> LlmCall:
    base: dict[str, Any] = {
        "timestamp": 0.0, "entity": "bot", "model": "gpt-4o", "provider": "openai", "input_tokens": 1000,
        "output_tokens": 100, "conversation_id": "c1",
    }  # fmt: skip
    return LlmCall(**{**base, **fields})


def close(*calls: LlmCall, signal: LlmSignal | None = None, step: float = 0.0) -> dict[str, float]:
    told: Any = [one for _, one in heard([(0, call) for call in calls])]
    found = (signal or LlmSignal(STEP)).close(step, told).values
    return {metric: value for (metric, pairs), value in found.items() if dict(pairs) == BOT}


def test_the_same_call_with_the_same_result_three_times_of_eight_is_a_repetition() -> None:
    calls = [tool(asked=f'{{"q": {i % 4}}}', found=str(i)) for i in range(8)]
    assert close(*calls)["llm_agent_repeats"] == 0
    again = [tool(asked='{"q": 1}', found="none") for _ in range(3)]
    assert close(*again)["llm_agent_repeats"] == 1


def test_asking_anew_while_the_answers_change_is_waiting_until_the_fifth_time() -> None:
    polls = [tool(asked='{"job": 7}', found=f"{i} %") for i in range(5)]
    assert close(*polls[:4])["llm_agent_repeats"] == 0
    assert close(*polls)["llm_agent_repeats"] == 1


def test_a_tool_is_one_under_either_name_of_its_operation() -> None:
    again = [tool(asked='{"q": 1}', found="none", operation="tool") for _ in range(3)]
    assert close(*again)["llm_agent_repeats"] == 1


def test_equal_questions_in_different_conversations_are_no_repetition() -> None:
    calls = [tool(conversation_id=f"c{i}", found=str(i)) for i in range(8)]
    assert close(*calls)["llm_agent_repeats"] == 0


def test_two_calls_in_turn_are_an_alternation_from_the_third_time_on() -> None:
    calls = [tool(asked=f'{{"q": {i % 2}}}', found=str(i)) for i in range(6)]
    assert close(*calls[:5])["llm_agent_alternations"] == 0
    assert close(*calls)["llm_agent_alternations"] == 1


def test_four_calls_that_bring_nothing_new_are_a_standstill() -> None:
    fresh = [tool(asked=f'{{"q": {i}}}', found=f"r{i}") for i in range(9)]
    assert close(*fresh)["llm_agent_stalls"] == 0
    stale = [tool(asked=f'{{"q": {i}}}', found="nothing") for i in range(5)]
    assert close(*stale)["llm_agent_stalls"] == 1


def test_a_tool_whose_arguments_are_not_told_cannot_be_seen_to_loop() -> None:
    silent = [tool(asked="", found="") for _ in range(20)]
    found = close(*silent)
    assert (found["llm_agent_repeats"], found["llm_runaway_conversations"]) == (0, 0)


def test_two_agents_that_hand_over_to_each_other_are_a_loop() -> None:
    def hands(names: str) -> float:
        calls = [turn(operation="invoke_agent", model="", agent=one, input_tokens=0) for one in names]
        return close(*calls)["llm_agent_handoff_loops"]

    assert hands("ABC" * 3) == 0
    assert hands("AAABBBCA") == 0
    assert hands("ABABAB") == 1


def test_a_run_without_a_conversation_is_held_together_by_its_trace() -> None:
    calls = [tool(conversation_id="", trace_id="t1", found="x") for _ in range(3)]
    assert close(*calls)["llm_agent_repeats"] == 1


def test_eight_fruitless_calls_are_a_conversation_that_runs_away() -> None:
    signal = LlmSignal(STEP)
    found = close(*[tool(found="nothing") for _ in range(8)], signal=signal)
    assert (found["llm_runaway_conversations"], found["llm_looping_conversations"]) == (0, 1)
    found = close(tool(found="nothing"), signal=signal, step=STEP)
    assert found["llm_runaway_conversations"] == 1
    assert "conversation c1: 9 tool calls, 8 in a row without news" in signal.example(
        "llm_runaway_conversations", "bot"
    )
    assert close(tool(asked="{1}", found="at last"), signal=signal, step=2 * STEP)["llm_runaway_conversations"] == 0


def test_how_steeply_a_conversation_s_cost_climbs_is_told() -> None:
    signal = LlmSignal(STEP)
    first = close(turn(), signal=signal)
    found = close(turn(input_tokens=5_000), signal=signal, step=STEP)
    slope = [one["llm_conversation_step_usd_p50"] for one in (first, found)]
    assert slope[1] > 1.2 * slope[0]
    assert slope[0] == first["llm_conversation_cost_usd_p50"]


def test_a_finding_names_the_tools_that_the_conversation_called_last() -> None:
    signal = LlmSignal(STEP)
    close(*[tool(found="nothing") for _ in range(8)], tool("fetch", error="timeout"), signal=signal, step=STEP)
    again = LlmSignal(STEP)
    again.restore(signal.snapshot())
    for one in (signal, again):
        told = one.example("llm_runaway_conversations", "bot")
        assert told.endswith("USD so far; the latest: search, search, search, search, fetch (failed)")


def test_a_conversation_far_dearer_than_others_runs_away_while_it_still_runs() -> None:
    signal = LlmSignal(STEP)
    for i in range(LEAST_ENDED):
        close(turn(conversation_id=f"old{i}"), signal=signal, step=i * STEP)
    later = 1e5
    turns = 0
    while turns < 100:
        found = close(turn(), signal=signal, step=later + turns * STEP)
        if found["llm_runaway_conversations"]:
            break
        turns += 1
    assert 7 <= turns <= 9
    assert found["llm_conversation_depth_max"] == turns + 1


def test_the_first_conversations_are_no_measure_for_others() -> None:
    signal = LlmSignal(STEP)
    close(turn(conversation_id="old"), signal=signal)
    assert close(*[turn()] * 50, signal=signal, step=1e5)["llm_runaway_conversations"] == 0


def test_the_cost_of_a_conversation_is_that_of_its_calls_so_far() -> None:
    signal = LlmSignal(STEP)
    close(turn(cost_usd=0.25), signal=signal)
    assert close(turn(cost_usd=0.5), signal=signal, step=80.0)["llm_conversation_cost_usd_p50"] == 0.75


@pytest.mark.parametrize("limit", [1, 3])
def test_of_too_many_the_one_that_was_silent_longest_is_let_go_and_counted(limit: int) -> None:
    conversations = Conversations(STEP, limit)
    counts: dict[Any, float] = {key(name, BOT): 0.0 for name in ("llm_conversations", "llm_conversations_evicted")}
    for i in range(5):
        conversations.close(i * STEP, [turn(conversation_id=f"c{i}")], [0.1], counts)
    assert counts[key("llm_conversations", BOT)] == 5
    assert counts[key("llm_conversations_evicted", BOT)] == 5 - limit


def test_newcomers_of_one_step_take_the_places_of_silent_ones_and_never_each_others() -> None:
    conversations = Conversations(STEP, 2)
    counts: dict[Any, float] = {key(name, BOT): 0.0 for name in ("llm_conversations", "llm_conversations_evicted")}
    conversations.close(0.0, [turn(conversation_id="old"), turn(conversation_id="older")], [0.1, 0.1], counts)
    found = conversations.close(60 * STEP, [turn(conversation_id=name) for name in "abc"], [1.0, 2.0, 4.0], counts)
    assert found[key("llm_conversation_depth_max", BOT)] == 1
    assert found[key("llm_conversation_cost_usd_p50", BOT)] == 1.5
    assert counts[key("llm_conversations_evicted", BOT)] == 3


def test_people_that_are_waited_for_are_told() -> None:
    found = LlmSignal(STEP).close(0.0, [tool("ask_human", duration_s=90.0)]).values
    assert found[key("llm_human_wait_seconds_p50", BOT)] == 90.0
