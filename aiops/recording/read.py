"""A recording folder as windows of raw records, in order of time and in bounded memory.

A first pass measures each file: its span, and how far its rows are out of order. The second holds rows back by just
that much. So a file that is sorted by time streams; one that is sorted by metric, as a melted table is, is held whole.
One window is one step: nothing of it can be late because another file of the same window came first.
"""

from __future__ import annotations

import heapq
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from aiops.errors import ConfigError
from aiops.recording.rows import Block, CsvRows, JsonRows, ParquetRows, Rows, unpacked
from aiops.recording.topology import stated
from aiops.types import Edge, Json, Records

TAGS = {
    "changes": "change",
    "alerts": "alert",
    "logs": "log",
    "spans": "span",
    "predictions": "prediction",
    "llm": "llm",
    "feedback": "feedback",
}
"""Files of events, in the order in which those of one instant are told, and the `type` of their lines."""
SUFFIXES = ("", ".gz", ".zst")
METRICS_FORMAT, EVENTS_FORMAT = "recording_csv", "agent_json"


@dataclass(frozen=True, slots=True)
class Extent:
    """What the first pass over one file found.

    Attributes
    ----------
    start, end : epoch seconds, first and last event time.
    disorder : seconds by which a row is older than one before it, at most.
    """

    rows: int = 0
    start: float = math.inf
    end: float = -math.inf
    disorder: float = 0.0


class Recording:
    """A folder in the format of `aiops record`.

    Parameters
    ----------
    path : the folder.
    step_seconds : length of a window; windows begin at multiples of it.
    partition : name given to the records.

    Raises
    ------
    ConfigError : no such folder, nothing in it, or a file that cannot be what its name says.
    """

    def __init__(self, path: Path | str, step_seconds: float = 15.0, partition: str = "recording") -> None:
        self.path, self.step_seconds, self.partition = Path(path), step_seconds, partition
        if not self.path.is_dir():
            raise ConfigError("is no folder; a recording is a folder with metrics.csv or others", file=str(path))
        self._metrics = self._metric_rows()
        found = {name: self.file(f"{name}.ndjson") for name in TAGS}
        self._events = {name: JsonRows(file, TAGS[name]) for name, file in found.items() if file}
        if not self._metrics and not self._events and not self.file("topology.csv"):
            # A topology alone is a recording in which nothing happened.
            raise ConfigError("holds no metrics.csv, metrics.parquet or .ndjson of a recording", file=str(path))

    @property
    def name(self) -> str:
        return self.path.resolve().name

    def _metric_rows(self) -> CsvRows | None:
        if file := self.file("metrics.csv"):
            return CsvRows(file)
        file = self.file("metrics.parquet")
        return ParquetRows(file) if file else None

    def file(self, name: str) -> Path | None:
        """The file of that name, compressed or not; None when there is none."""
        return next((file for suffix in SUFFIXES if (file := self.path / f"{name}{suffix}").is_file()), None)

    @property
    def _files(self) -> list[Rows]:
        return [*([self._metrics] if self._metrics else []), *self._events.values()]

    @cached_property
    def extents(self) -> Mapping[str, Extent]:
        """File name -> what the first pass found in it; reads every file once."""
        return {rows.path.name: _extent(rows) for rows in self._files}

    @property
    def span(self) -> tuple[float, float]:
        """First and last event time, epoch seconds; (inf, -inf) when there is no row."""
        found = self.extents.values()
        return min((one.start for one in found), default=math.inf), max((one.end for one in found), default=-math.inf)

    @property
    def bad(self) -> Mapping[str, Mapping[str, int]]:
        """File name -> reason -> rows that have no place in time, as the last pass found them."""
        return {rows.path.name: dict(rows.bad) for rows in self._files if rows.bad}

    def windows(self, after: Mapping[str, int] | None = None) -> Iterator[list[Records]]:
        """Yield the records of one window after another.

        Parameters
        ----------
        after : a position of one of these records: go on behind it.

        Yields
        ------
        One or two `Records`: the metrics (one record: header and rows), then the events (a record each, in order of
        time; offsets are line numbers of their file). Empty windows are left out.
        """
        told: Counter[str] = Counter()
        files = [self._ordered(i, rows) for i, rows in enumerate(self._files)]
        for window, group in groupby(heapq.merge(*files, key=lambda one: one[:2]), key=lambda one: one[0]):
            parts = [(rows, block) for _, _, rows, block in group]
            if after and window < after["window"]:
                continue
            done = after["parts"] if after and window == after["window"] else 0
            records = self._records(window, parts, self._dropped(told))[done:]
            if records:
                yield records

    def _dropped(self, told: Counter[str]) -> Mapping[str, int]:
        """Refused rows that no record has reported yet."""
        now = sum((rows.bad for rows in self._files), Counter[str]())
        new = now - told
        told.update(new)
        return new

    def _ordered(self, order: int, rows: Rows) -> Iterator[tuple[int, int, Rows, Block]]:
        """Windows of one file in order, each complete."""
        pending: dict[int, list[Block]] = {}
        newest, disorder = -math.inf, self.extents[rows.path.name].disorder
        for block in rows.blocks():
            for window, part in _cut(block, self.step_seconds):
                pending.setdefault(window, []).append(part)
            newest = max(newest, float(block.times.max()))
            complete = math.floor((newest - disorder) / self.step_seconds)
            for window in sorted(one for one in pending if one < complete):
                yield window, order, rows, _joined(pending.pop(window))
        for window in sorted(pending):
            yield window, order, rows, _joined(pending[window])

    def _records(self, window: int, parts: list[tuple[Rows, Block]], dropped: Mapping[str, int]) -> list[Records]:
        found: list[Records] = []
        events = [block for rows, block in parts if rows is not self._metrics]
        for rows, block in parts:
            if rows is self._metrics:
                body = self._metrics.header + b"\n".join(block.lines) + b"\n"
                position = {"window": window, "parts": len(found) + 1}
                found.append(Records.single(self.partition, body, position, METRICS_FORMAT, int(block.numbers[0])))
        if events:
            block = _joined(events)
            order = np.argsort(block.times, kind="stable")
            bodies = [block.lines[i] for i in order.tolist()]
            position = {"window": window, "parts": len(found) + 1}
            many = Records.many(self.partition, bodies, position, EVENTS_FORMAT)
            found.append(replace(many, offsets=block.numbers[order]))
        found[0] = replace(found[0], dropped=dropped)
        return found

    def topology(self) -> list[Edge]:
        """Edges of topology.csv, in its order; rows without source and target are left out.

        Raises
        ------
        ConfigError : it lacks a column, or is no CSV.
        """
        file = self.file("topology.csv")
        if not file:
            return []
        with unpacked(file) as stream:
            rows = stated(stream.read().decode("utf-8-sig", "replace"), str(file))
        edges = [(row["source"], row["target"], row.get("kind") or "calls") for row in rows]
        return [Edge(source, target, kind) for source, target, kind in edges if source and target]

    def case(self) -> Json:
        """What case.json says; empty when there is none.

        Raises
        ------
        ConfigError : it is no JSON object.
        """
        file = self.file("case.json")
        if not file:
            return {}
        with unpacked(file) as stream:
            try:
                told = json.loads(stream.read())
            except ValueError as error:
                raise ConfigError(f"no JSON: {error}", file=str(file)) from error
        if not isinstance(told, dict):
            raise ConfigError("must be one JSON object", file=str(file))
        return told


def _extent(rows: Rows) -> Extent:
    count, start, newest, disorder = 0, math.inf, -math.inf, 0.0
    for block in rows.blocks():
        high = np.maximum.accumulate(np.maximum(block.times, newest))
        disorder = max(disorder, float((high - block.times).max()))
        count += len(block.lines)
        start, newest = min(start, float(block.times.min())), float(high[-1])
    return Extent(count, start, newest, disorder)


def _cut(block: Block, step: float) -> Iterator[tuple[int, Block]]:
    """Split by window; rows of one window keep their order."""
    at = np.floor(block.times / step).astype(np.int64)
    lines, times, numbers = block.lines, block.times, block.numbers
    if np.any(at[1:] < at[:-1]):
        order = np.argsort(at, kind="stable")
        at, times, numbers = at[order], times[order], numbers[order]
        lines = [lines[i] for i in order.tolist()]
    edges = [0, *(np.flatnonzero(at[1:] != at[:-1]) + 1).tolist(), len(at)]
    for begin, end in pairwise(edges):
        yield int(at[begin]), Block(lines[begin:end], times[begin:end], numbers[begin:end])


def _joined(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    lines = [line for block in blocks for line in block.lines]
    times, numbers = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("times", "numbers"))
    return Block(lines, times, numbers)
