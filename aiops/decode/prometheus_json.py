"""Prometheus' samples as JSON: `query_range` and `query` answers, and what the Kafka remote adapters write.

    {"status":"success","data":{"resultType":"matrix","result":[{"metric":{...},"values":[[ts,"v"],...]}]}}
    {"name":"up","labels":{"job":"node"},"timestamp":"2026-01-01T00:00:00Z","value":"1"}

A matrix is scanned by a kernel; all else, and any matrix the kernel finds unusual, is read here.
Native histograms and string results are not samples and are refused.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aiops.decode.kernels import matrix as kernel
from aiops.decode.parse import convert, parse, timestamp
from aiops.decode.series import kind_of
from aiops.decode.settle import Fast, in_order
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Ints, Kind, Labels

Point = tuple[float, str]


class Series(msgspec.Struct, gc=False):
    metric: dict[str, str]
    values: list[Point] = []
    value: Point | None = None


class Data(msgspec.Struct, rename="camel", gc=False):
    result_type: str
    result: msgspec.Raw = msgspec.Raw(b"[]")


class Answer(msgspec.Struct, gc=False):
    status: str
    data: Data | None = None
    error: str = ""


class Adapted(msgspec.Struct, gc=False):
    """One sample of prometheus-kafka-adapter and its kin."""

    timestamp: float | str
    value: float | str
    labels: dict[str, str] = {}
    name: str = ""


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    in_order(run, sink, FAST, spell, read)


def spell(run: Run, row: Ints) -> tuple[Labels, Kind]:
    """Decode the labels the kernel stepped over.

    Raises
    ------
    Refused : the text is not UTF-8, or holds what JSON does not allow.
    """
    labels = identity(parse(run.cut(row, 0), dict[str, str]))
    return labels, kind_of(labels.metric)


FAST = Fast(kernel.scan, kernel.WIDTH, bytes_per_row=16)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one answer, one adapted sample, an array of them or one a line.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    try:
        found = parse(body, Answer | list[msgspec.Raw]) if body.lstrip()[:1] == b"[" else parse(body, Answer)
    except Refused as refusal:
        if refusal.reason == "too_deep":
            raise
        found = [line for line in body.split(b"\n") if line.strip()]
    if isinstance(found, Answer):
        _answer(record, found, sink)
        return
    for part in found:
        sink.attempt(record, _adapted, record, part, sink)


def _answer(record: int, answer: Answer, sink: Sink) -> None:
    if answer.status != "success" or answer.data is None:
        raise Refused("invalid_field", f"status {answer.status!r}: {answer.error}")
    if answer.data.result_type not in ("matrix", "vector"):
        raise Refused("unknown_type", f"resultType {answer.data.result_type!r}")
    for part in parse(answer.data.result, list[msgspec.Raw]):
        sink.attempt(record, _series, record, part, sink)


def _series(record: int, part: msgspec.Raw, sink: Sink) -> None:
    series: Series = parse(part, Series)
    points = [*series.values, series.value] if series.value else series.values
    numbers = [(at, number(value)) for at, value in points]
    labels = identity(series.metric)
    for at, value in numbers:
        sink.sample(record, (labels, kind_of(labels.metric)), at, value)


def identity(metric: dict[str, str]) -> Labels:
    return Labels.of(metric.get("__name__", ""), metric)


def number(value: float | str) -> float:
    """Read a value as Prometheus writes it: `1.5`, `NaN`, `+Inf`.

    Raises
    ------
    Refused : `invalid_field`.
    """
    try:
        # Python would take "1_000" and " 1 ", which nobody means.
        if isinstance(value, str) and ("_" in value or value != value.strip()):
            raise ValueError(f"could not convert {value!r}")
        return float(value)
    except ValueError as error:
        raise Refused("invalid_field", str(error)) from error


def _adapted(record: int, part: Any, sink: Sink) -> None:
    told: Adapted = convert(part, Adapted) if isinstance(part, dict) else parse(part, Adapted)
    labels = Labels.of(told.name or told.labels.get("__name__", ""), told.labels)
    if not labels.metric:
        raise Refused("invalid_field", "a sample without a name")
    at, value = timestamp(told.timestamp), number(told.value)
    sink.sample(record, (labels, kind_of(labels.metric)), at, value)
