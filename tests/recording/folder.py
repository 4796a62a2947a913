"""Small recordings, written by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from aiops.decode import SeriesTable, agent_json, recording_csv
from aiops.decode.sink import Run, Sink
from aiops.types import AnyEvent, Records

START = 1_780_272_000.0
HEADER = "timestamp,entity,metric,value"
Row = Sequence[object]
Sample = tuple[str, float, float]


def put(folder: Path, name: str, text: str, compress: str = "") -> Path:
    """Write one file of a recording, packed by `gz` or `zst` if asked."""
    folder.mkdir(exist_ok=True)
    data = text.encode()
    packed = {"": data, "gz": gzip.compress(data), "zst": zstandard.ZstdCompressor().compress(data)}[compress]
    path = folder / (f"{name}.{compress}" if compress else name)
    path.write_bytes(packed)
    return path


def metrics(folder: Path, rows: Iterable[Row], header: str = HEADER, compress: str = "") -> Path:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    return put(folder, "metrics.csv", "\n".join(lines) + "\n", compress)


def events(folder: Path, name: str, rows: Iterable[Mapping[str, Any]], compress: str = "") -> Path:
    return put(folder, f"{name}.ndjson", "".join(json.dumps(row) + "\n" for row in rows), compress)


def decoded(
    batches: Iterable[Records], table: SeriesTable | None = None
) -> tuple[list[Sample], list[AnyEvent], list[tuple[str, int]]]:
    """Samples, events and (reason, count) of what was rejected, in order."""
    table = table or SeriesTable()
    samples: list[Sample] = []
    found: list[AnyEvent] = []
    rejected: list[tuple[str, int]] = []
    for one in batches:
        sink = Sink(table, START + 1e8)
        records = np.arange(len(one), dtype=np.int32)
        run = Run(np.frombuffer(one.buffer, np.uint8), one.start, one.stop, records)
        {"recording_csv": recording_csv, "agent_json": agent_json}[one.format].decode(run, sink)
        held = sink.decoded()
        columns = held.samples.series.tolist(), held.samples.timestamp.tolist(), held.samples.value.tolist()
        samples += [(str(table.labels[slot]), at, value) for slot, at, value in zip(*columns, strict=True)]
        found += [event for _, event in held.events]
        rejected += [(bad.reason, bad.count) for bad in held.rejected]
    return samples, found, rejected
