"""What the shop's programs write down one by one: spans, log lines, scored rows, model calls.

Each function draws all randomness of a step at once and returns the events of that step. Times lie within the
step, so that any cut of the stream is a valid stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from aiops.demo.fault import Fault
from aiops.demo.measure import State
from aiops.demo.scene import (
    ANSWER,
    ASSISTANT,
    COUNTRIES,
    LLM,
    LLM_SERVER,
    LOGS,
    MODEL,
    NAMES,
    QUESTIONS,
    SERVICES,
)
from aiops.types import Floats, LlmCall, LogRecord, Prediction, Span

Array = npt.NDArray[Any]
TRACES = 20
"""Sampled a step."""
PRICE_IN, PRICE_OUT = 0.1e-6, 0.2e-6
MEAN_SPEND, SPREAD_SPEND = 3.1, 0.7
"""Of the logarithm of what an order costs."""


class Traces:
    """Draws traces along the calls; span ids are counted, so that none repeats."""

    def __init__(self, seed: int) -> None:
        self._seed, self._span, self._trace = seed, 0, 0

    def step(self, s: State) -> list[Span]:
        """Sampled traces of a live step, each from the front door."""
        slow = {name: float(s.of(name, "latency")[0]) for name in NAMES}
        spans: list[Span] = []
        for begin in np.sort(s.rng.uniform(0, s.step_seconds - 15.0, TRACES)):
            self._trace += 1
            trace = f"{self._seed & 0xFFFF:04x}{self._trace:028x}"
            self._visit(s, slow, "storefront", (trace, ""), float(s.time[0] + begin), spans)
        return spans

    def _visit(
        self, s: State, slow: dict[str, float], name: str, of: tuple[str, str], begin: float, spans: list[Span]
    ) -> tuple[float, bool]:
        self._span += 1
        identity = f"{self._span:016x}"
        service = SERVICES[name]
        took = service.own_seconds * slow[name] * float(np.exp(s.rng.normal(0, 0.3)))
        failed = bool(s.rng.random() < 0.002)
        for callee, share in service.calls.items():
            for _ in range(int(share) + int(s.rng.random() < share % 1)):
                theirs, broke = self._visit(s, slow, callee, (of[0], identity), begin + took, spans)
                took, failed = took + theirs, failed or broke
        spans.append(
            Span(
                timestamp=round(begin, 6),
                trace_id=of[0],
                span_id=identity,
                parent_id=of[1],
                entity=name,
                name=f"handle {name}",
                duration_s=round(took, 6),
                status="error" if failed else "ok",
                kind="server",
                host=service.host,
            )
        )
        return took, failed


def logs(s: State, faults: Iterable[Fault]) -> list[LogRecord]:
    """Lines of a live step: the usual ones of every service, and those of what is failing."""
    lines: list[LogRecord] = []
    for name, counted in zip(LOGS, s.rng.poisson(3.0, len(LOGS)), strict=True):
        lines += [_line(s, name, LOGS[name][int(s.rng.integers(len(LOGS[name])))], "INFO") for _ in range(counted)]
    for fault in faults:
        if fault.kind.log and fault.severity(s.time)[0] > 0.2:
            lines += [_line(s, fault.kind.root, fault.kind.log, "ERROR") for _ in range(6)]
    return lines


def _line(s: State, entity: str, template: str, severity: str) -> LogRecord:
    at, *numbers = s.rng.random(4)
    return LogRecord(
        timestamp=round(float(s.time[0] + at * (s.step_seconds - 1)), 3),
        entity=entity,
        body=template.format(*(int(10 + 9_000 * n) for n in numbers)),
        severity=severity,
        host=SERVICES[entity].host,
    )


def predictions(s: State) -> list[Prediction]:
    """Orders of a live step as the fraud model scored them, with the verdict known at once."""
    rng = s.rng
    n = int(rng.poisson(s.rate[0, NAMES.index(MODEL)] * s.step_seconds))
    spend = np.exp(rng.normal(MEAN_SPEND + s.of(MODEL, "shift", 0.0)[0] * 0.8, SPREAD_SPEND, n))
    books, country = rng.poisson(1.6, n) + 1, rng.choice(len(COUNTRIES), n, p=(0.5, 0.2, 0.2, 0.1))
    score = 1 / (1 + np.exp(4.6 - np.log(spend) - 0.3 * rng.normal(size=n)))
    wrong = rng.random(n) < 0.05 + s.of(MODEL, "wrong", 0.0)[0]
    at = s.time[0] + np.arange(n) * (s.step_seconds - 1) / max(n, 1)
    return [
        Prediction(
            timestamp=round(float(at[i]), 3),
            model=MODEL,
            version="31",
            id=f"o{int(s.time[0])}-{i}",
            features={"spend": round(float(spend[i]), 2), "books": int(books[i]), "country": COUNTRIES[country[i]]},
            prediction=int(score[i] > 0.5),
            proba=round(float(score[i]), 4),
            label=int((score[i] > 0.5) != wrong[i]),
            group=COUNTRIES[country[i]],
        )
        for i in range(n)
    ]


def calls(s: State) -> list[LlmCall]:
    """Turns of conversations in a live step; four in ten leave a verdict."""
    rng, i = s.rng, NAMES.index(LLM_SERVER)
    n = int(rng.poisson(s.rate[0, i] * s.step_seconds))
    pace = s.seconds[0, i] * np.exp(rng.normal(0, 0.22, n))
    tokens_in, tokens_out = rng.normal(850, 110, n).clip(50), rng.normal(190, 40, n).clip(10)
    cut = rng.random(n) < 0.02 + s.of(ASSISTANT, "truncated", 0.0)[0]
    pleased = rng.random(n) < 0.82 * s.of(ASSISTANT, "pleased")[0]
    voiced, draw = rng.random(n) < 0.4, rng.random((n, 2))
    at = s.time[0] + np.sort(rng.uniform(0, s.step_seconds - 1, n))
    return [_call(at, draw, j, (pace, tokens_in, tokens_out, cut, pleased, voiced)) for j in range(n)]


def _call(at: Floats, draw: Floats, j: int, drawn: tuple[Array, ...]) -> LlmCall:
    pace, tokens_in, tokens_out, cut, pleased, voiced = (float(column[j]) for column in drawn)
    number = int(10 + 9_000 * draw[j, 0])
    return LlmCall(
        timestamp=round(float(at[j]), 3),
        entity=ASSISTANT,
        model=LLM,
        provider="vllm",
        prompt=QUESTIONS[int(draw[j, 1] * len(QUESTIONS))].format(number),
        completion=ANSWER.format(number)[: 40 if cut else None],
        input_tokens=int(tokens_in),
        output_tokens=int(tokens_out),
        duration_s=round(3 * pace, 4),
        ttft_s=round(0.25 * pace, 4),
        finish_reason="length" if cut else "stop",
        conversation_id=f"c{int(at[j])}-{j}",
        prompt_version="v3",
        cost_usd=round(tokens_in * PRICE_IN + tokens_out * PRICE_OUT, 8),
        feedback=(1.0 if pleased else -1.0) if voiced else None,
        host=SERVICES[ASSISTANT].host,
    )
