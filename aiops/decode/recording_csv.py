"""Rows of a recording's metrics.csv: a header, then rows of any length of time.

    timestamp,entity,metric,value,code
    1780272000.0,web,http_requests_total,478.0,200

Further columns are labels, empty = absent. The entity becomes the label `service_name` unless a label that names an
entity carries it already. An empty value is no sample. A bad row costs that row.
"""

from __future__ import annotations

import csv
import io
import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import xxhash

from aiops.decode.parse import timestamp
from aiops.decode.series import UNSEEN, kind_of
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import ENTITY_LABELS, Floats, Labels

USUAL = ["timestamp", "entity", "metric", "value"]
_SEED = secrets.randbits(64)  # nobody can choose labels whose hashes collide; no result depends on it


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a header puts what.

    Attributes
    ----------
    usual : timestamp, entity, metric and value come first, in this order.
    seed : of the hash of a row's identity; rows of another header mean something else.
    """

    names: tuple[str, ...]
    usual: bool
    seed: int


@dataclass(slots=True)
class Parts:
    """Columns of n rows: times and values as text, and the bytes that tell the series."""

    times: list[bytes] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    identities: list[bytes] = field(default_factory=list)


class _Faults:
    """Rows of one record that cannot be used, told together."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def add(self, reason: str, detail: str) -> None:
        self.count[reason] += 1
        self.first.setdefault(reason, detail)

    def tell(self, record: int, sink: Sink) -> None:
        for reason in sorted(self.count):
            sink.reject(record, reason, self.first[reason], self.count[reason])


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read a header and its rows.

    Raises
    ------
    Refused : `invalid_field`, the header lacks a column.
    """
    header, _, rows = body.partition(b"\n")
    columns = _columns(header)
    faults = _Faults()
    quick = columns.usual and b'"' not in rows
    parts = _quick(rows, faults) if quick else _careful(rows, columns, faults)
    time, value = _floats(parts.times, _time), _floats(parts.values, float)
    good = _good(parts, time, value, faults)
    slots = _slots(parts.identities, columns, sink)
    sink.samples(np.full(int(good.sum()), record, np.int32), slots[good], time[good], value[good])
    faults.tell(record, sink)


@lru_cache(64)
def _columns(header: bytes) -> Columns:
    text = header.decode("utf-8-sig", "replace").rstrip("\r")
    try:
        names = tuple(name.strip() for name in next(csv.reader([text]), []))
    except csv.Error as error:
        raise Refused("invalid_field", f"no header: {error}") from None
    for needed in ("timestamp", "metric", "value"):
        if needed not in names:
            raise Refused("invalid_field", f"no column {needed!r} in {text}")
    return Columns(names, list(names[:4]) == USUAL, xxhash.xxh3_64_intdigest(header, _SEED))


def _quick(rows: bytes, faults: _Faults) -> Parts:
    """Rows without quotes, columns in the usual order: nothing is decoded."""
    parts = Parts()
    if b"\r" in rows:
        rows = rows.replace(b"\r\n", b"\n")
    split = [line.split(b",", 4) for line in rows.split(b"\n") if line]
    for row in split:
        if len(row) < 4 or not row[2]:
            faults.add("invalid_field", f"no metric and value in {b','.join(row)!r}")
            continue
        parts.times.append(row[0])
        parts.values.append(row[3])
        # Behind the metric come the labels; a series without any may or may not have the comma.
        parts.identities.append(b",".join((row[1], row[2], *row[4:])).rstrip(b","))
    return parts


def _careful(rows: bytes, columns: Columns, faults: _Faults) -> Parts:
    """Rows of any CSV; their identity is written anew in the usual order."""
    parts = Parts()
    at = {name: i for i, name in enumerate(columns.names)}
    others = [i for i, name in enumerate(columns.names) if name not in USUAL]
    for row in _rows(rows, faults):
        row += [""] * (len(columns.names) - len(row))
        if not row[at["metric"]]:
            faults.add("invalid_field", f"no metric in {row!r}")
            continue
        parts.times.append(row[at["timestamp"]].encode())
        parts.values.append(row[at["value"]].encode())
        told = [row[at["entity"]] if "entity" in at else "", row[at["metric"]], *(row[i] for i in others)]
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(told)
        parts.identities.append(line.getvalue().encode().rstrip(b","))
    return parts


def _rows(rows: bytes, faults: _Faults) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(rows.decode("utf-8", "replace"), newline=""))
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            faults.add("invalid_field", str(error))
            continue
        if row is None:
            return
        if row:
            yield row


def _time(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        try:
            return timestamp(text.decode("ascii", "replace").strip())
        except Refused as refusal:
            raise ValueError(refusal.detail) from refusal


def _floats(texts: Sequence[bytes], read_one: Callable[[bytes], float]) -> Floats:
    """Text -> float64; what cannot be read is NaN. Equal texts, such as times, are read once."""
    known = {}
    for text in set(texts):
        try:
            known[text] = read_one(text)
        except ValueError:
            known[text] = math.nan
    return np.array([known[text] for text in texts], np.float64)


def _good(parts: Parts, time: Floats, value: Floats, faults: _Faults) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows hold a sample; shape (n,)."""
    good = np.ones(len(time), np.bool_)
    for i in np.flatnonzero(np.isnan(time) | np.isnan(value)).tolist():
        text = parts.values[i].strip()
        if math.isnan(time[i]):
            faults.add("invalid_time", parts.times[i].decode("utf-8", "replace"))
        elif text and text.lower() != b"nan":
            faults.add("invalid_field", f"value {text.decode('utf-8', 'replace')!r}")
        elif text:
            continue  # NaN is a sample that says "none"
        good[i] = False
    return good


def _slots(identities: Sequence[bytes], columns: Columns, sink: Sink) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Slot of every row: by hash, and by labels where the hash is new."""
    if not identities:
        return np.empty(0, np.int32)
    digest, seed = xxhash.xxh3_128_digest, columns.seed
    keys = np.frombuffer(b"".join([digest(one, seed) for one in identities]), ">u8").reshape(-1, 2).astype(np.uint64)
    slots = sink.table.lookup(keys)
    fresh: dict[bytes, int] = {}
    for i in np.flatnonzero(slots == UNSEEN).tolist():
        identity = identities[i]
        if identity not in fresh:
            labels = _labels(identity, columns)
            fresh[identity] = sink.resolve(labels, kind_of(labels.metric))
            if fresh[identity] >= 0:
                sink.table.remember(int(keys[i, 0]), int(keys[i, 1]), fresh[identity])
        slots[i] = fresh[identity]
    return slots


def _labels(identity: bytes, columns: Columns) -> Labels:
    """The series that a row is of; `identity` is entity, metric and labels in the order of the header."""
    text = identity.decode("utf-8", "replace")
    try:
        entity, metric, *values = next(csv.reader([text])) if '"' in text else text.split(",")
    except (csv.Error, ValueError) as error:
        raise Refused("invalid_field", f"labels: {error}") from None
    names = [name for name in columns.names if name not in USUAL]
    labels = {name: value for name, value in zip(names, values, strict=False) if name and name != "__name__"}
    if entity and entity not in (labels.get(name) for name in ENTITY_LABELS):
        labels["service_name"] = entity
    return Labels.of(metric, labels)
