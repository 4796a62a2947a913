"""Takes features from what was said to models and tools, and lets go of the words.

This happens before a call waits for its step: what waits is saved with the state, and texts of users never are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import xxhash

from aiops.signals.content import features, names
from aiops.signals.content.language import languages
from aiops.signals.content.sketch import sketches
from aiops.signals.content.text import packed
from aiops.types import AnyEvent, LlmCall, Said

BATCH = 1_024
MODELLESS = frozenset(("execute_tool", "tool", "retrieval", "guardrail", "invoke_agent", "evaluate"))


def heard(events: list[tuple[int, AnyEvent]]) -> list[tuple[int, AnyEvent]]:
    """The events of a batch, each call with its features instead of its texts; each call is judged by itself."""
    places = [i for i, (_, event) in enumerate(events) if isinstance(event, LlmCall)]
    if not places:
        return events
    found = list(events)
    for begin in range(0, len(places), BATCH):
        some = places[begin : begin + BATCH]
        calls = [event for i in some if isinstance(event := events[i][1], LlmCall)]
        for i, call in zip(some, _reduced(calls), strict=True):
            found[i] = events[i][0], call
    return found


def _reduced(calls: Sequence[LlmCall]) -> list[LlmCall]:
    """Calls with features; of a text that breaks its readers none are known, and it costs no other call anything."""
    try:
        return _read(calls)
    except Exception:  # noqa: BLE001 - what somebody asks an application must never stop the loop
        return [_without(calls[0])] if len(calls) == 1 else [one for call in calls for one in _reduced([call])]


def _read(calls: Sequence[LlmCall]) -> list[LlmCall]:
    spoken = [i for i, call in enumerate(calls) if call.operation not in MODELLESS and _texts(call)]
    made: list[LlmCall] = [_tool(call) if call.operation in MODELLESS else call for call in calls]
    for i, said in zip(spoken, _features([calls[i] for i in spoken]) if spoken else (), strict=True):
        made[i] = _without(calls[i], said)
    return made


def _texts(call: LlmCall) -> bool:
    return bool(call.prompt or call.completion or call.context)


def _tool(call: LlmCall) -> LlmCall:
    """Of a tool only whether it is asked and answers the same matters."""
    return _without(call, Said(arguments=_hash(call.prompt), result=_hash(call.completion))) if _texts(call) else call


def _without(call: LlmCall, said: Said | None = None) -> LlmCall:
    return msgspec.structs.replace(call, prompt="", completion="", context=(), said=said)


def _features(calls: Sequence[LlmCall]) -> list[Said]:
    found = features(calls)
    asked = packed([call.prompt for call in calls])
    asked_in, about = languages(asked), sketches(asked)
    grounded = np.round(found.groundedness, 3).tolist()
    return [
        Said(
            injection=round(float(found.injection[i]), 3),
            refusal=round(float(found.refusal[i]), 3),
            groundedness=None if math.isnan(grounded[i]) else grounded[i],
            personal=tuple(sorted(names(int(found.pii[i])))),
            asked_in=(asked_in[i] or "") if call.prompt.strip() else "",
            language=(found.language[i] or "") if call.completion.strip() else "",
            asked=len(call.prompt),
            answered=len(call.completion),
            sketch=about[i],
            broken=call.output_type == "json" and not _is_json(call.completion),
        )
        for i, call in enumerate(calls)
    ]


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return False
    return True


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) if text else 0
