"""Turns of conversations with an assistant, as traces: who passes the question on, the assistant, what it calls.

How a call of the model is told is up to the assistant's own library; see `Assistant.speak`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.scenarios.company import STEP, State
from tests.scenarios.told import WIRE_SECONDS, origin
from tests.scenarios.wire import CLIENT, SERVER, Attributes, Traced

FIRST = 10**12
"""Identities of these traces, apart from those of sampled requests."""
TURNS = 3
"""Of a conversation."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer; `liked` None = nobody said."""

    number: int
    conversation: str
    tokens_in: int
    tokens_out: int
    seconds: float
    cut: bool
    failed: bool
    attack: bool
    unfounded: bool
    liked: bool | None
    draw: float

    def pick(self, texts: tuple[str, ...]) -> str:
        """One of the texts, its blanks filled."""
        return texts[self.number % len(texts)].format(int(10 + 9_000 * self.draw))


@dataclass(frozen=True, slots=True)
class Assistant:
    """An application that asks a language model.

    Attributes
    ----------
    asker : who passes questions on to it.
    server : who answers, as its calls name it.
    tokens : of a question and of an answer, on average.
    speak : name and attributes of the span of a model call.
    look_up : whom it asks for passages first, and the attributes of that span; empty = nobody.
    """

    name: str
    asker: str
    server: str
    tokens: tuple[int, int]
    speak: Callable[[State, Turn], tuple[str, Attributes]]
    look_up: tuple[str, Callable[[State, Turn], tuple[str, Attributes]]] | None = None


def turns(state: State, assistant: Assistant) -> list[Traced]:
    """Spans of all turns of a step."""
    rng, found = state.rng, []
    count = int(rng.poisson(state.rate[assistant.name] * STEP))
    for i, at in enumerate(np.sort(rng.uniform(0, STEP - 4, count)).tolist()):
        turn = _turn(state, assistant, FIRST + round(state.time / STEP) * 1_000 + i)
        found += _spans(state, assistant, turn, state.time + at)
    return found


def _turn(state: State, assistant: Assistant, number: int) -> Turn:
    rng, name = state.rng, assistant.name
    asked, answered = assistant.tokens
    failed = bool(rng.random() < state.lost[name, assistant.server])
    unfounded = bool(rng.random() < 0.04 + state.of(name, "unfounded", 0.0))
    # People notice an answer that is made up, and one that is late.
    pleased = (0.15 if failed else 0.4 if unfounded else 0.85) * state.of(name, "pleased")
    liked, said = bool(rng.random() < pleased), bool(rng.random() < 0.4)
    return Turn(
        number=number,
        conversation=f"c-{number // TURNS:x}",
        tokens_in=max(40, int(rng.normal(asked, 0.12 * asked) * state.of(name, "tokens"))),
        tokens_out=max(10, int(rng.normal(answered, 0.2 * answered))),
        seconds=state.own[assistant.server] * float(np.exp(rng.normal(0, 0.22))),
        cut=bool(rng.random() < 0.02 + state.of(name, "cut", 0.0)),
        failed=failed,
        attack=bool(rng.random() < state.of(name, "attacks", 0.0)),
        unfounded=unfounded,
        liked=liked if said else None,
        draw=float(rng.random()),
    )


def _spans(state: State, assistant: Assistant, turn: Turn, begin: float) -> list[Traced]:
    """The call of the asker, the assistant's work, and what it calls; identities follow from the turn's."""
    first = 8 * turn.number
    made, spent = [], state.own[assistant.name]
    calls = [] if assistant.look_up is None else [(*assistant.look_up, 0.02 + 0.01 * turn.draw, False)]
    calls.append((assistant.server, assistant.speak, turn.seconds, turn.failed))
    for i, (callee, tell, seconds, failed) in enumerate(calls):
        label, told = tell(state, turn)
        made.append(
            Traced(origin(state, assistant.name), turn.number, first + 3 + i, first + 2, label, CLIENT,
                   begin + spent, seconds, failed, {"server.address": callee, **told})
        )  # fmt: skip
        spent += seconds
    mine, theirs = (origin(state, one) for one in (assistant.asker, assistant.name))
    route = {"http.route": f"/{assistant.name}"}
    asked = {"http.request.method": "POST", "server.address": assistant.name}
    return [
        Traced(mine, turn.number, first + 1, 0, "POST", CLIENT, begin, spent + WIRE_SECONDS, turn.failed, asked),
        Traced(theirs, turn.number, first + 2, first + 1, f"POST /{assistant.name}", SERVER, begin, spent, turn.failed,
               route),
        *made,
    ]  # fmt: skip
