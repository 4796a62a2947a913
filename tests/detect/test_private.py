"""What people say to models is in no state: neither while a call waits for its step, nor afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from aiops.detect.partition import Partition, Settings
from aiops.pipeline import Pipeline
from aiops.types import LlmCall, Records

SECRET = "my-very-own-question-4711"
NOW = 1_760_000_000.0


def bytes_of(parts: Any) -> bytes:
    return b"".join(part if isinstance(part, bytes) else part.tobytes() for part in parts.values())


def test_no_state_holds_what_was_said() -> None:
    pipeline = Pipeline(Settings(15.0, 10.0, 2.0, ()))
    call = LlmCall(
        timestamp=NOW, entity="bot", model="m", conversation_id="c", prompt=f"Why {SECRET}?", completion=SECRET,
        context=(SECRET,),
    )  # fmt: skip
    tool = LlmCall(timestamp=NOW + 1, entity="bot", model="", operation="execute_tool", tool="t", prompt=SECRET)
    span = {
        "type": "span", "timestamp": NOW, "trace_id": "t", "span_id": "s", "entity": "bot", "name": "chat",
        "duration_s": 1, "attributes": {"gen_ai.request.model": "m", "gen_ai.prompt.0.content": SECRET},
    }  # fmt: skip
    for wait in (0.0, 60.0):
        bodies = [msgspec.json.encode(one) for one in (call, tool, span)]
        pipeline.step([Records.many("bus", bodies)], NOW + wait)
        partition: Partition = pipeline.partition("bus")
        partition.panel.advance(NOW + wait)
        assert SECRET.encode() not in bytes_of(partition.snapshot())
    assert b"bot" in bytes_of(pipeline.partition("bus").snapshot())
