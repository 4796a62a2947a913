"""Requests and responses on two topics: each is watched where it is, and together they tell what a drift costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np

from aiops.detect.partition import Settings
from aiops.pipeline import Pipeline
from aiops.signals.meeting import APART_SECONDS, OFFERS, WAITING, Meeting
from aiops.types import Prediction, Records

START, STEP, ROWS = 1_767_571_200.0, 15.0, 100
REQUESTS, RESPONSES = "bus/seldon.shop.model.fraud.inputs/0", "bus/seldon.shop.model.fraud.outputs/2"


def inference(rng: np.random.Generator, s: int, shift: float) -> tuple[bytes, bytes]:
    """A request and its response in Open Inference V2, as Seldon leaves them: batches of rows under one id."""
    x, noise = rng.normal(shift, 1.0, ROWS), rng.normal(size=ROWS)
    tensors = [{"name": name, "shape": [ROWS], "data": v.tolist()} for name, v in (("x", x), ("noise", noise))]
    answer = {"name": "p", "shape": [ROWS], "data": (3.0 * x).tolist()}
    request = {"model_name": "fraud_1", "model_version": "1", "id": f"r{s}", "inputs": tensors}
    response = {"model_name": "fraud_1", "model_version": "1", "id": f"r{s}", "outputs": [answer]}
    return msgspec.json.encode(request), msgspec.json.encode(response)


def record(partition: str, s: int, body: bytes) -> Records:
    return Records.many(partition, [body], s + 1, first_offset=s)


def test_what_drift_costs_is_known_though_answers_lie_on_another_topic() -> None:
    pipeline, rng = Pipeline(Settings(STEP, 0.0, 2.0, ())), np.random.default_rng(0)
    for s in range(110):
        halves = inference(rng, s, 1.0 if s >= 75 else 0.0)
        records = [record(one, s, body) for one, body in zip((REQUESTS, RESPONSES), halves, strict=True)]
        outcome = pipeline.step(records, START + s * STEP)
    values = {
        (dict(labels.pairs)["__name__"], dict(labels.pairs).get("feature", "")): float(value)
        for closed in outcome.closed if closed.partition == REQUESTS
        for labels, value in zip(pipeline.partitions[REQUESTS].roster.labels, closed.value, strict=False)
    }  # fmt: skip
    assert values["model_feature_drift", "x"] > 6 > values["model_feature_drift", "noise"]
    assert values["model_feature_consequence", "x"] > 0.5


def own(partition: str, s: int, rows: Iterable[dict[str, Any]]) -> Records:
    return record(partition, s, msgspec.json.encode([{"type": "prediction", "model": "fraud", **one} for one in rows]))


def fed(order: str) -> dict[str, Any]:
    """State after two topics with times of their own, read side by side, one ahead of the other, or in lumps."""
    pipeline, rng = Pipeline(Settings(STEP, 0.0, 2.0, ())), np.random.default_rng(1)
    requests, responses = [], []
    for s in range(60):
        at, x = START + s * STEP, rng.normal(size=ROWS).tolist()
        asked = [{"timestamp": at + 0.1 * i, "id": f"{s}-{i}", "features": {"x": x[i]}} for i in range(ROWS)]
        said = [{"timestamp": at + 2.0 + 0.1 * i, "id": f"{s}-{i}", "prediction": 2.0 * x[i]} for i in range(ROWS)]
        requests.append(own("bus/asked/0", s, asked))
        responses.append(own("bus/said/0", s, said))
    late = 2 if order == "ahead" else 0
    pairs = [(requests[s - late : s - late + 1] if s >= late else [], responses[s : s + 1]) for s in range(60 + late)]
    if order == "lumps":
        pairs = [(requests[s : s + 3], responses[s : s + 3]) for s in range(0, 60, 3)]
    for asked_of, said_of in pairs:
        pipeline.step([*said_of, *asked_of] if order == "ahead" else [*asked_of, *said_of], START + 1e6)
    return pipeline.partitions["bus/asked/0"].signals.snapshot()


def test_halves_meet_in_the_same_step_however_topics_are_read() -> None:
    beside, ahead, lumps = (fed(order) for order in ("beside", "ahead", "lumps"))
    taught = next(name for name in beside if name.endswith("/association"))
    assert beside[taught] == ahead[taught] == lumps[taught]
    assert msgspec.msgpack.decode(beside[taught])[0] > 1_000


def half(i: int, **fields: Any) -> Prediction:
    return Prediction(timestamp=float(i), model="fraud", id=str(i), **fields)


def test_what_waits_is_bounded_forgotten_and_kept_over_a_restart() -> None:
    meeting = Meeting()
    for i in range(3 * WAITING):
        meeting.wait(half(i // 1_000, features={"x": 1.0}))
        meeting.wait(Prediction(timestamp=0.0, model="fraud", id=f"n{i}", features={"x": 1.0}))
    meeting.offer(half(0, prediction=i) for i in range(2 * OFFERS))
    saved = meeting.snapshot()
    assert sum(len(msgspec.msgpack.decode(body)) for body in saved.values()) == WAITING + OFFERS
    again = Meeting()
    again.restore(saved)
    assert again.met(APART_SECONDS) == []
    assert [row.features for row in again.met(APART_SECONDS + 1.0)] == [{"x": 1.0}]
    again.met(2.0 * APART_SECONDS + 10.0)
    assert [msgspec.msgpack.decode(body) for body in again.snapshot().values()] == [[]]
