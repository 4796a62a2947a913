"""A made-up insurer: claims, a fraud model, and an assistant that reads policies and asks a model of its own."""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np

from aiops.types import Edge, Prediction
from tests.scenarios.asked import Assistant, Turn, turns
from tests.scenarios.cast import Call, Cast, Service
from tests.scenarios.company import STEP, State
from tests.scenarios.firm import Days, Firm
from tests.scenarios.meter import counted, graphics_card, host, http, process, shares
from tests.scenarios.road import World
from tests.scenarios.told import origin
from tests.scenarios.wire import Attributes, Metrics, Traced

TROUBLE = 1_780_567_200.0
"""Thursday, 4 June 2026, 10:00 UTC."""
PORTAL, CLAIMS, FRAUD, ASSISTANT = "portal", "claims", "fraud", "claims-assistant"
INDEX, BUILDER, SERVER, GPU, LLM = "policy-index", "index-builder", "llm-server", "gpu-node-1", "qwen3-32b"
INSURER_CAST = Cast(
    {
        PORTAL: Service("web-1", 0.010, {CLAIMS: Call(0.4), ASSISTANT: Call(0.05, 60.0)}),
        CLAIMS: Service("app-1", 0.030, {FRAUD: Call(1.0)}),
        ASSISTANT: Service("app-2", 0.025, {INDEX: Call(1.0), SERVER: Call(1.0, 60.0)}),
        FRAUD: Service("app-1", 0.012),
        BUILDER: Service("batch-1", 0.500),
        INDEX: Service("db-1", 0.015),
        SERVER: Service(GPU, 1.600),
    },
    ("web-1", "app-1", "app-2", "db-1", "batch-1", GPU),
    visits=12.0,
    systems={INDEX: "qdrant"},
    lines={
        PORTAL: ("POST /claims 201 in {} ms", "visitor {} opened claim {}"),
        CLAIMS: ("claim {} filed",),
        FRAUD: ("claim {} scored",),
        ASSISTANT: ("turn {} answered from {} passages",),
        BUILDER: ("wording {} indexed in {} passages",),
        SERVER: ("generated {} tokens",),
    },
)
STATED = (Edge(INDEX, BUILDER, "reads"),)
"""No span tells that what is found was written by a job that nobody calls."""
ROWS, LABEL_STEPS = 18, 12
"""Claims scored a step, and how many steps later somebody has looked at them."""
GATES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)


def measure(state: State, metrics: Metrics) -> None:
    """Refill `metrics` with one step."""
    for name in INSURER_CAST.speakers:
        process(state, metrics, name)
    http(state, metrics, PORTAL)
    for name in INSURER_CAST.hosts:
        host(state, metrics, name)
    graphics_card(state, metrics, GPU)
    _vllm(state, metrics)
    age = state.time % 120.0 + state.of(INDEX, "stalled", 0.0)
    metrics.gauge(origin(state, INDEX), "rag_index_age_seconds", "", age, index="policies")
    asked = counted(state, 0.4 * state.rate[ASSISTANT] * STEP)
    unhappy = float(state.rng.binomial(int(asked), 1.0 - 0.85 * state.of(ASSISTANT, "pleased")))
    for number, verdict in ((asked - unhappy, "up"), (unhappy, "down")):
        metrics.counter(origin(state, ASSISTANT), "assistant_feedback_total", "", number, verdict=verdict)


def _vllm(state: State, metrics: Metrics) -> None:
    """What vLLM tells of itself."""
    where, told = origin(state, SERVER), {"model_name": LLM, "engine": "0"}
    n = int(counted(state, state.rate[SERVER] * STEP))
    for name, seconds in (("time_to_first_token", 0.2), ("e2e_request_latency", 1.0)):
        mean = seconds * state.seconds[SERVER]
        drawn = state.rng.multinomial(n, shares(mean, GATES))
        metrics.histogram(where, f"vllm:{name}_seconds", (drawn.tolist(), n * mean), GATES, **told)
    waiting = counted(state, 0.3 * max(1.0, state.seconds[SERVER] / 1.6) ** 2)
    metrics.gauge(where, "vllm:num_requests_waiting", "", waiting, **told)
    running = counted(state, state.rate[SERVER] * state.seconds[SERVER])
    metrics.gauge(where, "vllm:num_requests_running", "", running, **told)
    metrics.counter(where, "vllm:request_success_total", "", float(n), finished_reason="stop", **told)


def rows(state: State) -> list[bytes]:
    """Claims as the fraud model scored them, and the verdicts on those of three minutes ago."""
    now = [row for row, _ in _scored(state.time, 0.0)]
    late = [
        Prediction(timestamp=state.time + 1.0, model=FRAUD, version="9", id=row.id, label=label)
        for row, label in _scored(state.time - LABEL_STEPS * STEP, state.of(FRAUD, "wrong", 0.0))
    ]
    return [msgspec.json.encode([*now, *late])]


def _scored(time: float, wrong: float) -> list[tuple[Prediction, int]]:
    """Rows of the step that begins at `time` and what they turn out to be; the same whenever it is asked for."""
    rng = np.random.default_rng((7, int(time)))
    found = []
    for i in range(int(rng.poisson(ROWS))):
        amount, days = float(np.exp(rng.normal(6.5, 0.8))), int(rng.poisson(9))
        share = 1.0 / (1.0 + float(np.exp(9.5 - 1.2 * np.log(amount) - 0.05 * days)))
        said, at = int(share > 0.5), round(time + i * 0.5, 3)
        row = Prediction(
            timestamp=at, model=FRAUD, version="9", id=f"claim-{time:.0f}-{i}", prediction=said, proba=round(share, 4),
            features={"amount": round(amount, 2), "days_since_loss": days,
                      "channel": ("app", "phone", "broker")[int(rng.integers(3))]},
        )  # fmt: skip
        found.append((row, 1 - said if rng.random() < 0.05 + wrong else said))
    return found


CLAUSES = (
    "Clause {}: damage by water from burst pipes is covered up to the insured sum; the excess is 250 euros.",
    "Clause {}: bicycles are covered against theft at night when they are locked in a cellar or a garage.",
    "Clause {}: a claim must be reported within seven days, with photographs of the damage.",
)
QUESTIONS = ("Is a burst pipe covered by contract {}?", "Is my bicycle covered at night, contract {}?",
             "Until when must I report the damage of claim {}?")  # fmt: skip
ANSWERS = (
    "Damage by water from burst pipes is covered up to the insured sum, the excess is 250 euros.",
    "Bicycles are covered against theft at night when they are locked in a cellar or a garage.",
    "The claim must be reported within seven days, with photographs of the damage.",
)
MADE_UP = (
    "Your tariff includes premium assistance abroad with free rental vehicles and unlimited reimbursement.",
    "Our hotline compensates any electronics immediately and sends technicians during holidays without charge.",
    "Everything submitted online qualifies automatically for double payment through the loyalty programme.",
)


def look_up(state: State, turn: Turn) -> tuple[str, Attributes]:
    """The search for passages, as OpenInference has it."""
    best = 0.55 if turn.unfounded else 0.82
    told: dict[str, str | int | float] = {"openinference.span.kind": "RETRIEVER", "db.system.name": "qdrant"}
    for i in range(3):
        told[f"retrieval.documents.{i}.document.id"] = f"policy-{(turn.number + 7 * i) % 400}"
        told[f"retrieval.documents.{i}.document.score"] = round(best - 0.05 * i + 0.04 * (turn.draw - 0.5), 4)
    return "search policies", told


def speak(state: State, turn: Turn) -> tuple[str, Attributes]:
    """A call of the model, as OpenInference has it; the passages that it was given stand beside it."""
    told: dict[str, str | int | float] = {
        "openinference.span.kind": "LLM", "llm.model_name": LLM, "llm.provider": "vllm",
        "session.id": turn.conversation, "llm.token_count.prompt": turn.tokens_in,
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": turn.pick(QUESTIONS),
        "retrieval.documents.0.document.content": turn.pick(CLAUSES),
    }  # fmt: skip
    if turn.failed:
        return "ChatCompletion", told | {"error.type": "timeout"}
    told |= {"llm.token_count.completion": turn.tokens_out, "llm.output_messages.0.message.role": "assistant",
             "llm.output_messages.0.message.content": turn.pick(MADE_UP if turn.unfounded else ANSWERS),
             "llm.finish_reason": "length" if turn.cut else "stop"}  # fmt: skip
    return "ChatCompletion", told


TALKS = Assistant(ASSISTANT, PORTAL, SERVER, (1_400, 160), speak, (INDEX, look_up))


def talk(state: State) -> list[Traced]:
    """Spans of what customers said to the assistant."""
    return turns(state, TALKS)


FIRM = Firm("insurer", INSURER_CAST, TROUBLE, measure, talk, rows)
INSURER = World(partial(Days, FIRM), STATED, TROUBLE - 60.0 * 102, warm_minutes=90)
