"""From raw records to one `Decoded`: size limits, unpacking, the format of each, and the format's turn.

Nothing here raises, whatever the bytes: what cannot be used becomes a `Rejected` with its reason. Records
are judged one by one, so any split of the same records decodes alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from aiops.decode import unpack
from aiops.decode.gen_ai import call_of, speaks, without_content
from aiops.decode.series import SeriesTable
from aiops.decode.sink import Refused, Run, Sink
from aiops.decode.sniff import FORMATS, sniff_all
from aiops.decode.tensor import subject
from aiops.types import AnyEvent, Decoded, Records, Span


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one record is read."""

    record_bytes: int = 8 * 2**20
    unpacked_bytes: int = 64 * 2**20


def decode(records: Records, table: SeriesTable, now: float, limits: Limits | None = None) -> Decoded:
    """Read raw records of one partition.

    Parameters
    ----------
    records : of any formats, mixed; `records.format` fixes one.
    table : series of the partition; new ones are added.
    now : daemon clock, epoch seconds. More than 300 s later than it is `future`.
    limits : sizes; see `Limits`.

    Returns
    -------
    Samples, events and what was rejected, each ordered by record.
    """
    topic = records.partition.partition("/")[2].rpartition("/")[0]
    # Messages of Open Inference do not say what they are; the topics they come on do.
    fixed = records.format or ("open_inference" if subject(topic)[0] else "")
    sink = Sink(table, now, topic)
    buffer = np.frombuffer(records.buffer, np.uint8)
    whole = Run(buffer, records.start, records.stop, np.arange(len(records), dtype=np.int32))
    for run in _unpacked(_sized(whole, sink, limits or Limits()), sink, limits or Limits()):
        for name, part in _by_format(run, fixed):
            _format(name)(part, sink)
    decoded = sink.decoded()
    _add_calls(decoded)
    return decoded


def _sized(run: Run, sink: Sink, limits: Limits) -> Run:
    """Leave out records that are empty (nothing to say) or oversize."""
    size = run.stop - run.start
    for i in np.flatnonzero(size > limits.record_bytes).tolist():
        sink.reject(int(run.record[i]), "oversize", f"{size[i]} bytes")
    fine = (size > 0) & (size <= limits.record_bytes)
    return run if fine.all() else run.pick(fine)


def _unpacked(run: Run, sink: Sink, limits: Limits) -> Iterator[Run]:
    """Yield the records in their order, stretches of them as they are, each packed one by itself, unpacked."""
    packed = unpack.packed(run.buffer, run.start, run.stop)
    first = 0
    for i in np.flatnonzero(packed).tolist():
        if i > first:
            yield run.between(first, i)
        first = i + 1
        record = int(run.record[i])
        try:
            plain = np.frombuffer(unpack.unpack(run.body(i), limits.unpacked_bytes), np.uint8)
        except Refused as refusal:
            sink.reject(record, refusal.reason, refusal.detail)
            continue
        if len(plain):
            yield Run(plain, np.zeros(1, np.int64), np.array([len(plain)]), np.array([record], np.int32))
    if first < len(run):
        yield run.between(first, len(run)) if first else run


def _by_format(run: Run, fixed: str) -> Iterator[tuple[str, Run]]:
    """Yield stretches of consecutive records of one format; a fixed name we do not know is ignored."""
    if not len(run):
        return
    if fixed and fixed in FORMATS:
        yield fixed, run
        return
    code = sniff_all(run.buffer, run.start, run.stop)
    edges = np.flatnonzero(code[1:] != code[:-1]) + 1
    for first, last in zip([0, *edges.tolist()], [*edges.tolist(), len(code)], strict=True):
        if FORMATS[code[first]]:
            yield FORMATS[code[first]], run.between(first, last)


def _format(name: str) -> Callable[[Run, Sink], None]:
    """Import a format on first use: a daemon that only reads Prometheus never loads protobuf."""
    found: Callable[[Run, Sink], None] = import_module(f"aiops.decode.{name}").decode
    return found


def _add_calls(decoded: Decoded) -> None:
    """A span that is a model or tool call counts as both: the span keeps time and place, the call what was said."""
    calls: list[tuple[int, AnyEvent]] = []
    for i, (record, event) in enumerate(decoded.events):
        if isinstance(event, Span) and event.attributes and speaks(event):
            if (call := call_of(event)) is not None:
                calls.append((record, call))
            decoded.events[i] = record, without_content(event)
    if calls:
        decoded.events.extend(calls)
        decoded.events.sort(key=lambda event: event[0])


def warm() -> None:
    """Compile or load every kernel, so that the first record does not wait."""
    for name in KERNELS:
        import_module(f"aiops.decode.kernels.{name}")


KERNELS = ("index", "sniff", "agent_json", "matrix", "remote_write", "otlp_metrics")
