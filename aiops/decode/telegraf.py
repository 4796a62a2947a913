"""Telegraf's JSON output: `{"name","tags","fields","timestamp"}`, alone, one a line, or under `metrics`.

A field becomes the series `<name>_<field>` (`<name>` when the field is `value`), as Telegraf's own Prometheus
output names it. Text fields are no samples and are passed over.
"""

from __future__ import annotations

import msgspec

from aiops.decode.attribute import label_name
from aiops.decode.parse import epoch, parse
from aiops.decode.series import kind_of
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Labels


class Metric(msgspec.Struct, gc=False):
    name: str
    fields: dict[str, float | bool | str | None]
    timestamp: float | str
    """Seconds by default; Telegraf can be told to write ms, us or ns."""
    tags: dict[str, str] = {}


class Batch(msgspec.Struct, gc=False):
    metrics: list[msgspec.Raw]


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one record; a bad metric of a batch costs that metric only.

    Raises
    ------
    Refused : nothing of it can be used.
    """
    for part in _parts(body):
        sink.attempt(record, _put, record, part, sink)


def _parts(body: bytes) -> list[msgspec.Raw] | list[bytes]:
    if body.lstrip()[:1] == b"[":
        return parse(body, list[msgspec.Raw])
    try:
        return parse(body, Batch).metrics  # type: ignore[no-any-return]
    except Refused as refusal:
        if refusal.reason == "too_deep":
            raise
        return [line for line in body.split(b"\n") if line.strip()]


def _put(record: int, part: bytes | msgspec.Raw, sink: Sink) -> None:
    metric: Metric = parse(part, Metric)
    at = epoch(metric.timestamp)
    tags = {label_name(key): value for key, value in metric.tags.items()}
    for field, value in metric.fields.items():
        if value is None or isinstance(value, str):
            continue
        name = label_name(metric.name if field in ("value", "") else f"{metric.name}_{field}")
        if not name:
            raise Refused("invalid_field", "a metric without a name")
        sink.sample(record, (Labels.of(name, tags), kind_of(name)), at, float(value))
