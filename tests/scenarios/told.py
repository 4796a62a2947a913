"""What the programs of a company write down one by one: spans along sampled requests, log lines, calls of the LLM."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from aiops.types import LlmCall
from tests.scenarios.cast import LLM, PROVIDER, Cast
from tests.scenarios.company import STEP, State
from tests.scenarios.trouble import Line
from tests.scenarios.wire import CLIENT, CONSUMER, PRODUCER, SERVER, Attributes, Origin, Said, Traced

TRACES = 10
"""Requests sampled a step."""
WIRE_SECONDS = 0.0012
ANSWER = "Parcel {} left the depot this morning and arrives within two working days; nobody needs to be at home."
QUESTIONS = ("Where is parcel {}?", "May I leave parcel {} with a neighbour?", "Why was parcel {} sent back?")


class Tracer:
    """Draws sampled requests along the calls; identities are counted from `first`, so that none repeats."""

    def __init__(self, first: int = 0, traces: int = TRACES) -> None:
        self._trace = self._span = first
        self._traces = traces
        self._found: list[Traced] = []

    def step(self, state: State) -> list[Traced]:
        """Spans of a step, as far as they are told at all."""
        self._found = []
        for begin in np.sort(state.rng.uniform(0, STEP - 4, self._traces)).tolist():
            self._trace += 1
            self._serve(state, state.cast.front, 0, state.time + begin, SERVER)
        return [one for one in self._found if not state.silent(one.origin.service)]

    def _number(self) -> int:
        self._span += 1
        return self._span

    def _serve(self, state: State, name: str, parent: int, begin: float, kind: int) -> tuple[float, bool]:
        """One request of a service that tells of itself: (seconds, whether it failed)."""
        number, rng = self._number(), state.rng
        took = state.own[name] * float(np.exp(rng.normal(0, 0.3)))
        failed = bool(rng.random() < state.own_failed[name])
        for callee, call in state.cast.services[name].calls.items():
            for _ in range(int(call.share) + int(rng.random() < call.share % 1)):
                theirs, broke = self._call(state, name, callee, number, begin + took)
                took, failed = took + theirs, failed or broke
        topic = state.cast.topic
        told = {"http.route": f"/{name}"} if kind == SERVER else {"messaging.destination.name": topic}
        self._tell(state, name, number, parent, f"POST /{name}" if kind == SERVER else f"{topic} process", kind,
                   begin, took, failed, told)  # fmt: skip
        return took, failed

    def _call(self, state: State, name: str, callee: str, parent: int, begin: float) -> tuple[float, bool]:
        """One call as the caller sees it; whoever is down, or not to be found, answers nothing."""
        number, rng = self._number(), state.rng
        failed_there = state.own_failed[callee]
        lost = max(0.0, 1.0 - (1.0 - state.lost[name, callee]) / max(1e-6, 1.0 - state.failed[callee]))
        cast = state.cast
        if callee in cast.speakers and callee not in (*cast.systems, cast.topic) and not state.silent(callee):
            if rng.random() < lost:
                seconds, failed = 0.05, True
            else:
                theirs, failed = self._serve(state, callee, number, begin + WIRE_SECONDS / 2, SERVER)
                seconds = theirs + WIRE_SECONDS
        else:
            seconds = state.own[callee] * float(np.exp(rng.normal(0, 0.3))) + WIRE_SECONDS
            failed = bool(rng.random() < max(failed_there, lost))
        kind, label, told = _as_called(callee, cast)
        self._tell(state, name, number, parent, label, kind, begin, seconds, failed, told)
        if callee == cast.topic and not failed:
            for consumer, share in cast.consumers.items():
                if rng.random() < share:
                    self._serve(state, consumer, number, begin + seconds + 0.02, CONSUMER)
        return seconds, failed

    def _tell(
        self, state: State, name: str, number: int, parent: int, label: str, kind: int,
        begin: float, seconds: float, failed: bool, told: Attributes,
    ) -> None:  # fmt: skip
        span = Traced(origin(state, name), self._trace, number, parent, label, kind, begin, seconds, failed, told)
        self._found.append(span)


def _as_called(callee: str, cast: Cast) -> tuple[int, str, Attributes]:
    if callee in cast.systems:
        system = cast.systems[callee]
        return CLIENT, f"{system} query", {"db.system.name": system, "server.address": callee}
    if callee == cast.topic:
        told = {"messaging.system": "kafka", "messaging.destination.name": callee, "messaging.operation.type": "send"}
        return PRODUCER, f"send {callee}", told
    return CLIENT, "POST", {"http.request.method": "POST", "server.address": callee}


def origin(state: State, name: str) -> Origin:
    """Whose telemetry that of a service is."""
    return Origin(name, state.cast.host_of[name])


def lines(state: State, further: tuple[Line, ...], minute: float) -> Iterator[Said]:
    """The usual lines of everybody who is heard of, and those of what is wrong."""
    usual = state.cast.lines
    speaking = [name for name in usual if not state.silent(name)]
    for name, count in zip(speaking, state.rng.poisson(1.5, len(speaking)).tolist(), strict=True):
        for _ in range(count):
            yield _said(state, name, "INFO", usual[name][int(state.rng.integers(len(usual[name])))])
    for line in further:
        if line.at <= minute < line.until and not state.silent(line.entity):
            for _ in range(line.each):
                yield _said(state, line.entity, line.severity, line.text)


def _said(state: State, name: str, severity: str, text: str) -> Said:
    at, *numbers = state.rng.random(4).tolist()
    time = state.time + at * (STEP - 1)
    return Said(origin(state, name), time, severity, text.format(*(int(10 + 9_000 * one) for one in numbers)))


def calls(state: State) -> Iterator[LlmCall]:
    """Everything that was asked of the provider."""
    for name in state.cast.speakers:
        if PROVIDER in state.cast.services[name].calls and not state.silent(name):
            for at in np.sort(state.rng.uniform(0, STEP - 1, int(state.rng.poisson(state.rate[name] * STEP)))).tolist():
                yield _asked(state, name, state.time + at)


def _asked(state: State, name: str, at: float) -> LlmCall:
    rng, number = state.rng, int(10 + 9_000 * state.rng.random())
    longer = state.of(name, "tokens")
    tokens_in = max(50, int(rng.normal(700, 90) * longer))
    cut = bool(rng.random() < 0.02 + state.of(name, "cut", 0.0))
    failed = bool(rng.random() < state.lost[name, PROVIDER])
    seconds = state.own[PROVIDER] * float(np.exp(rng.normal(0, 0.22))) * (1 + 0.15 * (longer - 1))
    answer = "" if failed else ANSWER.format(number)[: 40 if cut else None]
    pleased = rng.random() < (0.15 if failed else 0.82 * state.of(name, "pleased"))
    tokens_out = 0 if failed else max(5, int(rng.normal(160, 30)))
    return LlmCall(
        timestamp=round(at, 3),
        entity=name,
        model=LLM,
        provider="lumen",
        prompt=QUESTIONS[number % len(QUESTIONS)].format(number),
        completion=answer,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        duration_s=round(seconds, 4),
        ttft_s=None if failed else round(0.3 * seconds, 4),
        finish_reason="" if failed else "length" if cut else "stop",
        error="503 Service Unavailable" if failed else "",
        conversation_id=f"c{at:.3f}",
        prompt_version="v13" if state.of(name, "tokens") > 1.0 else "v12",
        cost_usd=round(tokens_in * 1e-6 + tokens_out * 4e-6, 8),
        feedback=(1.0 if pleased else -1.0) if rng.random() < 0.4 else None,
        host=state.cast.host_of[name],
    )
