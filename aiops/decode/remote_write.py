"""Prometheus remote write 1.0: a snappy block around a `WriteRequest`.

The declared size is checked before anything is unpacked. A staleness marker is a NaN: a gap, not a value.
Metadata, which Prometheus sends in requests of its own, tells counters from gauges. Native histograms and
exemplars are passed over (`unknown_type`, counted).
"""

from __future__ import annotations

import cramjam
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from aiops.decode.kernels import remote_write as kernel
from aiops.decode.kernels.columns import collect
from aiops.decode.series import kind_of
from aiops.decode.settle import Fast, extents_of, guess, settle
from aiops.decode.sink import Refused, Run, Sink, joined
from aiops.types import Ints, Kind, Labels

UNPACKED_BYTES = 64 * 2**20
SNAPPY_RATIO = 22  # three bytes copy at most 64: what declares more is lying

_F = descriptor_pb2.FieldDescriptorProto
_MESSAGES = {
    "Label": [("name", 1, _F.TYPE_STRING, ""), ("value", 2, _F.TYPE_STRING, "")],
    "Sample": [("value", 1, _F.TYPE_DOUBLE, ""), ("timestamp", 2, _F.TYPE_INT64, "")],
    "TimeSeries": [("labels", 1, _F.TYPE_MESSAGE, "Label"), ("samples", 2, _F.TYPE_MESSAGE, "Sample"),
                   ("histograms", 4, _F.TYPE_BYTES, "repeated")],
    "Metadata": [("type", 1, _F.TYPE_INT32, ""), ("metric_family_name", 2, _F.TYPE_STRING, "")],
    "MetadataRequest": [("metadata", 3, _F.TYPE_MESSAGE, "Metadata")],  # a WriteRequest whose series are not looked at
    "WriteRequest": [("timeseries", 1, _F.TYPE_MESSAGE, "TimeSeries"), ("metadata", 3, _F.TYPE_MESSAGE, "Metadata")],
}  # fmt: skip
COUNTER, GAUGE, HISTOGRAM, SUMMARY = 1, 2, 3, 5


def _classes() -> dict[str, type[Message]]:
    """Build prompb's messages (the fields we use) here: no package ships them."""
    file = descriptor_pb2.FileDescriptorProto(name="aiops/remote_write.proto", package="aiops.prompb", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, type, of in fields:
            label = _F.LABEL_REPEATED if of else _F.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, type=type, label=label)
            if type == _F.TYPE_MESSAGE:
                added.type_name = f".aiops.prompb.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    named = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(named(f"aiops.prompb.{name}")) for name in _MESSAGES}


_CLASSES = _classes()
WriteRequest, MetadataRequest, TimeSeries = (
    _CLASSES[name] for name in ("WriteRequest", "MetadataRequest", "TimeSeries")
)


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    pending: list[tuple[int, bytes]] = []
    size = 0
    for record, body in run:
        try:
            pending.append((record, unsnap(body)))
        except Refused as refusal:
            sink.reject(record, refusal.reason, refusal.detail)
            continue
        size += len(pending[-1][1])
        if size > min(
            UNPACKED_BYTES, SNAPPY_RATIO * len(body)
        ):  # many requests at once must not need more room than one may
            _plain(joined(pending), sink)
            pending, size = [], 0
    if pending:
        _plain(joined(pending), sink)


def _plain(run: Run, sink: Sink) -> None:
    """Read unpacked requests."""
    extents = extents_of(run)
    columns = collect(FAST.scan, run.buffer, extents, FAST.width, guess(run, FAST))
    for i in np.flatnonzero(extents[:, 3]).tolist():
        # Metadata first: what it says of a series holds for the samples beside it.
        take = read if extents[i, 3] == 1 else metadata
        record = int(run.record[i])
        sink.attempt(record, take, record, run.body(i), sink)
    settle(run, sink, columns, spell)


def spell(run: Run, row: Ints) -> tuple[Labels, Kind]:
    """Decode the labels of a row of the kernel's.

    Raises
    ------
    Refused : they are not UTF-8, or there is no name.
    """
    try:
        labels = Labels.of("", ((label.name, label.value) for label in TimeSeries.FromString(run.cut(row, 0)).labels))  # type: ignore[attr-defined]
    except DecodeError as error:
        raise Refused("invalid_utf8", str(error)) from error
    if not labels.metric:
        raise Refused("invalid_field", "a series without a name")
    return labels, kind_of(labels.metric)


FAST = Fast(kernel.scan, kernel.WIDTH, bytes_per_row=24)


def unsnap(body: bytes) -> bytes:
    """Unpack a snappy block.

    Raises
    ------
    Refused : `bomb` when it declares more than 64 MiB or than snappy can hold, `unreadable` when it is damaged.
    """
    try:
        size = cramjam.snappy.decompress_raw_len(body)
        if size > min(UNPACKED_BYTES, SNAPPY_RATIO * len(body)):
            raise Refused("bomb", f"{len(body)} bytes declare {size}")
        return bytes(cramjam.snappy.decompress_raw(body))
    except (cramjam.DecompressionError, OverflowError, ValueError) as error:
        raise Refused("unreadable", str(error)) from error


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one unpacked request.

    Raises
    ------
    Refused : `unreadable`.
    """
    metadata(record, body, sink)
    try:
        request = WriteRequest.FromString(body)
    except DecodeError as error:
        raise Refused("unreadable", str(error)) from error
    for series in request.timeseries:  # type: ignore[attr-defined]
        labels = Labels.of("", ((label.name, label.value) for label in series.labels))
        if not labels.metric:
            sink.reject(record, "invalid_field", "a series without a name", max(1, len(series.samples)))
            continue
        if series.histograms:
            sink.reject(record, "unknown_type", f"native histogram {labels.metric}", len(series.histograms))
        for sample in series.samples:
            sink.sample(record, (labels, kind_of(labels.metric)), sample.timestamp / 1_000, sample.value)


def metadata(record: int, body: bytes, sink: Sink) -> None:
    """Take over the metadata of an unpacked request, if there is any; its series are stepped over."""
    try:
        request = MetadataRequest.FromString(body)
    except DecodeError as error:
        raise Refused("unreadable", str(error)) from error
    for told in request.metadata:  # type: ignore[attr-defined]
        learn(told.type, told.metric_family_name, sink)


def learn(type: int, family: str, sink: Sink) -> None:
    """Take over what metadata says of a metric family."""
    if type in (COUNTER, GAUGE):
        sink.table.learn(family, Kind(Kind.COUNTER if type == COUNTER else Kind.GAUGE))
    elif type in (HISTOGRAM, SUMMARY):
        for suffix in ("_bucket", "_sum", "_count") if type == HISTOGRAM else ("_sum", "_count"):
            sink.table.learn(family + suffix, Kind.COUNTER)
