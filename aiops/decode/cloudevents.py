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

from aiops.decode.parse import epoch, parse
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Prediction

Scalar = float | int | str | bool | None


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
    if kind == "request":
        fields: list[dict[str, Any]] = [{"features": row} for row in _features(data)]
    else:
        fields = [_outcome(row) for row in _outputs(data)]
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


def _features(data: dict[str, Any]) -> list[dict[str, Scalar]]:
    instances = data.get("instances", data.get("inputs") if not _is_v2(data.get("inputs")) else None)
    if isinstance(instances, list):
        return [_named(row) for row in instances]
    return [dict(row) for row in _columns(data.get("inputs"))]


def _is_v2(inputs: Any) -> bool:
    return isinstance(inputs, list) and all(
        isinstance(part, dict) and "data" in part and "name" in part for part in inputs
    )


def _named(row: Any) -> dict[str, Scalar]:
    if isinstance(row, dict):
        return {str(key): _scalar(value) for key, value in row.items()}
    values = row if isinstance(row, list) else [row]
    return {f"f{i}": _scalar(value) for i, value in enumerate(values)}


def _scalar(value: Any) -> Scalar:
    return (
        value if isinstance(value, int | float | str | bool) or value is None else msgspec.json.encode(value).decode()
    )


def _columns(tensors: Any) -> list[list[tuple[str, Scalar]]]:
    """Turn V2 tensors into rows of (name, value); a tensor [n, k] holds k columns."""
    if not _is_v2(tensors):
        raise Refused("invalid_field", "neither V1 nor V2 payload")
    rows: list[list[tuple[str, Scalar]]] = []
    for tensor in tensors:
        data = _flat(tensor["data"])
        shape = tensor.get("shape") or [len(data)]
        count = shape[0] if isinstance(shape[0], int) else 0
        if not 0 < count <= len(data) or len(data) % count or (rows and len(rows) != count):
            raise Refused("invalid_field", f"shape {shape!r} of {tensor['name']!r}")
        width = len(data) // count
        rows = rows or [[] for _ in range(count)]
        for i, row in enumerate(rows):
            for k in range(width):
                row.append(
                    (str(tensor["name"]) if width == 1 else f"{tensor['name']}_{k}", _scalar(data[i * width + k]))
                )
    return rows


def _flat(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise Refused("invalid_field", "tensor data is no list")
    return [value for row in data for value in (row if isinstance(row, list) else [row])]


def _outputs(data: dict[str, Any]) -> list[Any]:
    predictions = data.get("predictions")
    if isinstance(predictions, list):
        return predictions
    rows = [[value for _, value in row] for row in _columns(data.get("outputs"))]
    return [row[0] if len(row) == 1 else row for row in rows]


def _outcome(row: Any) -> dict[str, Any]:
    """Return prediction and probability; a row of probabilities stands for its most likely class."""
    if isinstance(row, dict):
        row = next(
            (row[name] for name in ("prediction", "predictions", "label", "score") if name in row), list(row.values())
        )
    if isinstance(row, list) and len(row) == 1:
        row = row[0]
    if not isinstance(row, list):
        return {"prediction": _scalar(row)}
    numbers = [float(value) for value in row if isinstance(value, int | float)]
    if len(numbers) == len(row) > 1 and min(numbers) >= 0 and abs(sum(numbers) - 1) < 1e-3:
        best = max(range(len(numbers)), key=lambda i: numbers[i])
        return {"prediction": best, "proba": numbers[1] if len(numbers) == 2 else numbers[best]}
    return {"prediction": _scalar(row)}
