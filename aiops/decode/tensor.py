"""Payloads of inference protocols as rows: KServe V1 (`instances`, `predictions`), Open Inference V2 (tensors).

And what the topics say on which Seldon Core 2 leaves them.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from aiops.decode.sink import Refused
from aiops.types import Floats
from detectors import projection

WIDEST = 500
"""Columns of a tensor that may be features of their own; of a wider one projections are."""
DIRECTIONS = 8
"""Projections of an embedding."""
WIDEST_VECTOR = 16_384
"""Numbers of an embedding at most: the directions of so many take 2 MiB, and those of a whole record 1 GiB."""
Scalar = float | int | str | bool | None


def subject(topic: str) -> tuple[str, str]:
    """(model, `inputs` or `outputs`) of a topic; ("", "") when it is none of Seldon's.

    >>> subject("seldon.shop.model.fraud.inputs"), subject("orders")
    (('fraud', 'inputs'), ('', ''))
    """
    part = topic.split(".")
    fits = len(part) == 5 and part[0].startswith("seldon") and part[2] in ("model", "pipeline")
    return (part[3], part[4]) if fits and part[4] in ("inputs", "outputs") else ("", "")


def features(data: dict[str, Any]) -> list[dict[str, Scalar]]:
    """Rows of a request.

    Raises
    ------
    Refused : it is neither V1 nor V2, or a tensor's shape and data do not fit.
    """
    instances = data.get("instances", data.get("inputs") if not _is_v2(data.get("inputs")) else None)
    if isinstance(instances, list):
        return [_named(row) for row in instances]
    return [dict(row) for row in _columns(data.get("inputs"))]


def outcomes(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Prediction and probability of each row of a response.

    Raises
    ------
    Refused : as `features`.
    """
    return [_outcome(row) for row in _outputs(data)]


def _is_v2(inputs: Any) -> bool:
    return isinstance(inputs, list) and all(
        isinstance(part, dict) and "data" in part and "name" in part for part in inputs
    )


def flattened(row: dict[str, Any]) -> dict[str, Scalar]:
    """Features by name; a list of numbers, an embedding, as its norm and projections.

    >>> flattened({"x": 1, "words": [0.0, 3.0, 4.0]})["words:norm"]
    5.0
    """
    found: dict[str, Scalar] = {}
    for key, value in row.items():
        found |= embedded(str(key), value) if _is_vector(value) else {str(key): _scalar(value)}
    return found


def embedded(name: str, vector: list[float]) -> dict[str, float | None]:
    """The features that stand for an embedding; one wider than `WIDEST_VECTOR` is missing.

    Raises
    ------
    Refused : a number is larger than any float.
    """
    names = (f"{name}:norm", *(f"{name}:direction{j}" for j in range(1, DIRECTIONS + 1)))
    if len(vector) > WIDEST_VECTOR:
        return dict.fromkeys(names)
    found = projection.of_vectors(_floats(vector)[None, :])[0, : 1 + DIRECTIONS].tolist()
    return dict(zip(names, found, strict=True))


def _floats(numbers: list[float]) -> Floats:
    # JSON knows no largest number, and Python's integers none either.
    try:
        return np.array(numbers, np.float64)
    except OverflowError as error:
        raise Refused("invalid_field", "a number is larger than any float") from error


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(type(one) is float or type(one) is int for one in value)


def _named(row: Any) -> dict[str, Scalar]:
    if isinstance(row, dict):
        return flattened(row)
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
        count = shape[0] if isinstance(shape, list) and isinstance(shape[0], int) else 0
        if not 0 < count <= len(data) or len(data) % count or (rows and len(rows) != count):
            raise Refused("invalid_field", f"shape {shape!r} of {tensor['name']!r}")
        width = len(data) // count
        rows = rows or [[] for _ in range(count)]
        for i, row in enumerate(rows):
            if width > WIDEST and _is_vector(data[i * width : (i + 1) * width]):
                row += embedded(str(tensor["name"]), data[i * width : (i + 1) * width]).items()
                continue
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
    numbers: list[float] = _floats([value for value in row if isinstance(value, int | float)]).tolist()
    if len(numbers) == len(row) > 1 and min(numbers) >= 0 and abs(sum(numbers) - 1) < 1e-3:
        best = max(range(len(numbers)), key=lambda i: numbers[i])
        return {"prediction": best, "proba": numbers[1] if len(numbers) == 2 else numbers[best]}
    return {"prediction": _scalar(row)}
