"""Which model answers for a model that was asked, so that a call that failed counts under the same name.

Who answers is told only by an answer: a call of `gpt-4o-mini` that `gpt-4o-mini-2024-07-18` would have answered bears,
when it fails, the name that was asked. A series of such calls would know nothing but failures, and take them for usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from aiops.signals.llm.said import MODELLESS
from aiops.signals.prices import undated
from aiops.types import LlmCall

FORGET_SECONDS = 86_400.0
MOST_ASKED = 20
"""Models that one entity asks for; another takes the place of one that was silent for a day."""
MOST_ENTITIES = 2_000
Answers = dict[str, tuple[str, float]]
"""Model that was asked -> who answered last, and the step."""


class Answering:
    """Who answered last, per entity and model that was asked."""

    def __init__(self) -> None:
        self._known: dict[str, Answers] = {}

    def name(self, step: float, calls: Sequence[LlmCall]) -> Iterator[LlmCall]:
        """The step's calls, in order: those that failed and name only who was asked, by the model that answers."""
        for call in calls:
            if call.model and not call.error and call.operation not in MODELLESS:
                self._learn(step, call)
        for call in calls:
            yield self._named(call) if call.error and call.request_model in ("", call.model) else call

    def _named(self, call: LlmCall) -> LlmCall:
        answers, _ = self._known.get(call.entity, {}).get(call.model, (call.model, 0.0))
        return call if answers == call.model else msgspec.structs.replace(call, model=answers)

    def _learn(self, step: float, call: LlmCall) -> None:
        known = self._known.get(call.entity)
        if known is None:
            if len(self._known) >= MOST_ENTITIES:
                return
            known = self._known[call.entity] = {}
        asked = call.request_model or undated(call.model)
        if not call.request_model and asked != call.model and _answers_itself(known, asked, step):
            return
        if asked not in known and len(known) >= MOST_ASKED:
            oldest = min(known, key=lambda one: (known[one][1], one))
            if step - known[oldest][1] < FORGET_SECONDS:
                return
            del known[oldest]
        known[asked] = call.model, step

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        held = [(entity, sorted(known.items())) for entity, known in sorted(self._known.items())]
        return msgspec.msgpack.encode(held)

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        read = msgspec.msgpack.decode(part, type=list[tuple[str, list[tuple[str, tuple[str, float]]]]])
        self._known = {entity: dict(known) for entity, known in read}


def _answers_itself(known: Answers, asked: str, step: float) -> bool:
    """Whether a model lately answered by the name that was asked: then one with a date beside it is another model."""
    answers, since = known.get(asked, ("", 0.0))
    return answers == asked and step - since < FORGET_SECONDS
