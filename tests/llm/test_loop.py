"""Loops of conversations in a file: the same kernel as live, so the same calls are loops."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from aiops.cli import cli
from aiops.llmfile.loop import Loops
from aiops.signals.llm import LlmSignal, heard
from aiops.types import LlmCall


def call(prompt: str = "", completion: str = "", **fields: Any) -> LlmCall:
    base: dict[str, Any] = {"timestamp": 0.0, "entity": "bot", "model": "m", "prompt": prompt, "completion": completion}
    return LlmCall(**{**base, **fields})


def tool(asked: str, found: str, conversation: str = "c") -> LlmCall:
    return call(asked, found, operation="execute_tool", tool="search", conversation_id=conversation)


def test_the_third_equal_call_with_the_same_result_is_a_loop() -> None:
    assert Loops().see([tool("pump", "none")] * 4) == [False, False, True, True]


def test_two_calls_in_turns_are_a_loop_and_new_questions_are_none() -> None:
    assert Loops().see([tool(f"look {i % 2}", str(i)) for i in range(7)]) == [False] * 5 + [True] * 2
    assert not any(Loops().see([tool(f"look {i}", "nothing") for i in range(20)]))


def test_waiting_for_a_tool_is_no_loop_at_first() -> None:
    assert Loops().see([tool("job 7", f"{i * 10} %") for i in range(6)]) == [False] * 4 + [True] * 2


def test_chat_turns_loop_by_repetition_only() -> None:
    turns = [call("go on" if i % 2 else "and then?", str(i), conversation_id="c") for i in range(8)]
    assert not any(Loops().see(turns))
    assert Loops().see([call("again", "no", conversation_id="c")] * 3) == [False, False, True]


def test_turns_between_tool_calls_do_not_hide_a_loop() -> None:
    calls = [
        one for i in range(9) for one in (call(f"turn {i}", str(i), conversation_id="c"), tool(f"{i % 3}", "none"))
    ]
    assert any(Loops().see(calls))


def test_calls_without_a_conversation_never_loop() -> None:
    assert not any(Loops().see([call("again", "again")] * 10))


def test_the_conversation_that_was_silent_longest_is_forgotten_first() -> None:
    loops = Loops(limit=2)
    found = loops.see([tool("x", "y", name) for name in ("a", "b", "a", "c", "a")])
    assert found[-1]  # `a` was kept, `b` had to go
    assert loops.see([tool("x", "y", "b")] * 2) == [False, False]


def test_batches_cannot_be_seen_and_the_live_pipeline_finds_the_same_loops() -> None:
    rng = random.Random(4)
    calls = [tool(f"q{rng.randrange(3)}", f"r{rng.randrange(3)}") for _ in range(400)]
    whole, loops, signal = Loops().see(calls), Loops(), LlmSignal(15.0)
    assert [one for i in range(0, 400, 7) for one in loops.see(calls[i : i + 7])] == whole
    live = []
    for one in calls:
        told: Any = [event for _, event in heard([(0, one)])]
        values = signal.close(0.0, told).values
        counts = {metric: value for (metric, _), value in values.items() if value}
        live.append("llm_agent_repeats" in counts or "llm_agent_alternations" in counts)
    assert live == whole
    assert 0 < sum(whole) < 400


def test_the_trail_lists_calls_of_tools_with_hashes_and_never_what_was_said(tmp_path: Path) -> None:
    row = {
        "timestamp": "2026-05-01T00:00:00Z",
        "entity": "bot",
        "operation": "execute_tool",
        "tool": "search",
        "agent": "buyer",
        "conversation_id": "c",
        "prompt": {"q": "secret plan"},
        "completion": "hidden",
    }
    broken = {**row, "timestamp": "soon", "tool": "fetch", "completion": "", "error": "HTTP 429 for secret plan"}
    file = tmp_path / "llm.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in [row, {"prompt": "Hi"}, row, row, broken]))
    done = CliRunner().invoke(cli, ["llm", str(file), "--tools", "--format", "json"])
    assert done.exit_code == 0, done.output
    first, second, third, failed = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["line"], first["timestamp"], first["agent"], first["loop"]) == (1, 1_777_593_600.0, "buyer", False)
    assert first["arguments"] == third["arguments"] != ""
    assert (second["loop"], third["loop"]) == (False, True)
    assert (failed["error"], failed["result"], failed["timestamp"]) == ("rate_limit", "", None)
    table = CliRunner().invoke(cli, ["llm", str(file), "--tools"]).stdout
    assert "2026-05-01 00:00:00Z  bot" in table
    assert not any(word in done.stdout + table for word in ("secret", "plan", "hidden"))


def test_a_call_whose_time_is_in_no_calendar_is_listed_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "llm.ndjson"
    row = {"timestamp": 5e11, "entity": "bot", "model": "", "operation": "execute_tool", "tool": "search"}
    file.write_text(json.dumps(row))
    done = CliRunner().invoke(cli, ["llm", str(file), "--tools"])
    assert done.exit_code == 0, done.output
    assert "500000000000  bot" in done.stdout
