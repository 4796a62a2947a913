"""Inference requests and responses as structured CloudEvents (KServe's logger), as `Prediction`.

The event's id joins a request (features) and its response (prediction). Within one record they become one
prediction; otherwise two with the same id, because a join across records would depend on how records were
batched. Payloads are KServe V1 (`instances`, `predictions`) or Open Inference V2 (`inputs`, `outputs`).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from aiops.decode import tensor
from aiops.decode.parse import epoch, parse
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Prediction


class CloudEvent(msgspec.Struct, gc=False):
    id: str
    type: str
    specversion: str
    source: str = ""
    time: str = ""
    recordedtime: str = ""
    inferenceservicename: str = ""
    inferenceservice: str = ""
    """Emitters of specversion 0.2."""
    endpoint: str = ""
    data: dict[str, Any] | None = None
    data_base64: str = ""


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one event, a JSON batch of events, or one a line.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    joined: dict[tuple[str, str], Prediction] = {}

    def take(part: bytes | msgspec.Raw) -> None:
        for row in _rows(parse(part, CloudEvent), sink.now):
            key = (row.model, row.id)
            joined[key] = _join(joined[key], row) if key in joined else row

    array = body.lstrip()[:1] == b"["
    for part in parse(body, list[msgspec.Raw]) if array else [line for line in body.split(b"\n") if line.strip()]:
        sink.attempt(record, take, part)
    for row in joined.values():
        sink.event(record, row)


def _join(one: Prediction, other: Prediction) -> Prediction:
    request, response = (one, other) if one.features or not other.features else (other, one)
    return msgspec.structs.replace(
        request, prediction=response.prediction, proba=response.proba, version=request.version or response.version
    )


def _rows(event: CloudEvent, now: float) -> list[Prediction]:
    data = _data(event)
    kind = event.type.rsplit(".", 1)[-1]
    if kind not in ("request", "response"):
        raise Refused("unknown_type", event.type)
    model = (
        event.inferenceservicename or event.inferenceservice or str(data.get("model_name", "")) or _last(event.source)
    )
    told = event.time or event.recordedtime
    shared: dict[str, Any] = {
        "timestamp": epoch(told) if told else now,
        "model": model,
        "version": str(data.get("model_version", event.endpoint)),
    }
    fields = [{"features": row} for row in tensor.features(data)] if kind == "request" else tensor.outcomes(data)
    many = len(fields) > 1
    return [Prediction(**shared, id=f"{event.id}/{i}" if many else event.id, **row) for i, row in enumerate(fields)]


def _last(source: str) -> str:
    return source.rstrip("/").rsplit("/", 1)[-1]


def _data(event: CloudEvent) -> dict[str, Any]:
    if event.data is not None:
        return event.data
    try:
        found: dict[str, Any] = parse(base64.b64decode(event.data_base64, validate=True), dict[str, Any])
    except binascii.Error as error:
        raise Refused("invalid_field", str(error)) from error
    return found
