"""Prometheus remote write 1.0: a snappy block around a `WriteRequest`.

The declared size is checked before anything is unpacked. A staleness marker is a NaN: a gap, not a value.
Metadata, which Prometheus sends in requests of its own, tells counters from gauges. Native histograms and
exemplars are passed over (`unknown_type`, counted).
"""

from __future__ import annotations

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from aiops.decode.series import kind_of
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Kind, Labels

UNPACKED_BYTES = 64 * 2**20

_F = descriptor_pb2.FieldDescriptorProto
_MESSAGES = {
    "Label": [("name", 1, _F.TYPE_STRING, ""), ("value", 2, _F.TYPE_STRING, "")],
    "Sample": [("value", 1, _F.TYPE_DOUBLE, ""), ("timestamp", 2, _F.TYPE_INT64, "")],
    "TimeSeries": [("labels", 1, _F.TYPE_MESSAGE, "Label"), ("samples", 2, _F.TYPE_MESSAGE, "Sample"),
                   ("histograms", 4, _F.TYPE_BYTES, "repeated")],
    "Metadata": [("type", 1, _F.TYPE_INT32, ""), ("metric_family_name", 2, _F.TYPE_STRING, "")],
    "WriteRequest": [("timeseries", 1, _F.TYPE_MESSAGE, "TimeSeries"), ("metadata", 3, _F.TYPE_MESSAGE, "Metadata")],
}  # fmt: skip
COUNTER, GAUGE, HISTOGRAM, SUMMARY = 1, 2, 3, 5


def _message_class() -> type[Message]:
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
    pool.Add(file)  # type: ignore[no-untyped-call]
    found: type[Message] = message_factory.GetMessageClass(pool.FindMessageTypeByName("aiops.prompb.WriteRequest"))
    return found


WriteRequest = _message_class()


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, lambda record, body, sink: read(record, unsnap(body), sink))


def unsnap(body: bytes) -> bytes:
    """Unpack a snappy block.

    Raises
    ------
    Refused : `bomb` when it declares more than 64 MiB, `unreadable` when it is damaged.
    """
    try:
        size = cramjam.snappy.decompress_raw_len(body)
        if size > UNPACKED_BYTES:
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
    try:
        request = WriteRequest.FromString(body)
    except DecodeError as error:
        raise Refused("unreadable", str(error)) from error
    for told in request.metadata:  # type: ignore[attr-defined]
        learn(told.type, told.metric_family_name, sink)
    for series in request.timeseries:  # type: ignore[attr-defined]
        labels = Labels.of("", ((label.name, label.value) for label in series.labels))
        if not labels.metric:
            sink.reject(record, "invalid_field", "a series without a name", max(1, len(series.samples)))
            continue
        if series.histograms:
            sink.reject(record, "unknown_type", f"native histogram {labels.metric}", len(series.histograms))
        for sample in series.samples:
            sink.sample(record, (labels, kind_of(labels.metric)), sample.timestamp / 1_000, sample.value)


def learn(type: int, family: str, sink: Sink) -> None:
    """Take over what metadata says of a metric family."""
    if type in (COUNTER, GAUGE):
        sink.table.learn(family, Kind(Kind.COUNTER if type == COUNTER else Kind.GAUGE))
    elif type in (HISTOGRAM, SUMMARY):
        for suffix in ("_bucket", "_sum", "_count") if type == HISTOGRAM else ("_sum", "_count"):
            sink.table.learn(family + suffix, Kind.COUNTER)
