"""Requests and responses of Open Inference V2, as Seldon Core 2 leaves them on Kafka, as `Prediction`.

What a record is stands in its topic, `seldon.<namespace>.<model|pipeline>.<name>.<inputs|outputs>`; its body is the
protobuf message of the protocol, or the same as JSON. The row's id is the message's own: the header `x-request-id` is
not kept on the way here. Inputs and outputs lie on different topics, which `signals.meeting` joins. Neither says when
it was made, so the time of reading stands for it.
"""

from __future__ import annotations

import functools
import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from aiops.decode import tensor
from aiops.decode.parse import parse
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import Prediction

CONTENTS = ("bool", "int", "int64", "uint", "uint64", "fp32", "fp64", "bytes")
"""`InferTensorContents`, fields 1 to 8, each `<name>_contents`."""
RAW = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B", "UINT16": "H", "UINT32": "I",
    "UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one message.

    Raises
    ------
    Refused : it is neither the protocol's protobuf nor its JSON, or tensors do not fit their shapes.
    """
    name, side = tensor.subject(sink.topic)
    data = parse(body, dict[str, Any]) if body.lstrip()[:1] == b"{" else _unpacked(body, side)
    side = side or ("outputs" if "outputs" in data else "inputs")
    fields = tensor.outcomes(data) if side == "outputs" else [{"features": row} for row in tensor.features(data)]
    model, version = name or str(data.get("model_name", "")), str(data.get("model_version", ""))
    if not model:
        raise Refused("invalid_field", "neither topic nor message names the model")
    told = str(data.get("id", ""))
    for i, row in enumerate(fields):
        row_id = f"{told}/{i}" if told and len(fields) > 1 else told
        sink.event(record, Prediction(timestamp=sink.now, model=model, version=version, id=row_id, **row))


def _unpacked(body: bytes, side: str) -> dict[str, Any]:
    """The protobuf message with the names of JSON; a request's tensors and a response's have the same number."""
    if not side:
        raise Refused("invalid_field", "the topic does not tell requests from responses")
    found = _class()()
    try:
        found.ParseFromString(body)
    except message.DecodeError as error:
        raise Refused("broken_protobuf", str(error)) from error
    raws = found.raw_inputs if side == "inputs" else found.raw_outputs
    tensors = [
        {"name": one.name, "shape": list(one.shape), "data": _values(one, raws[i] if i < len(raws) else b"")}
        for i, one in enumerate(found.tensors)
    ]
    named = {"model_name": found.model_name, "model_version": found.model_version, "id": found.id}
    return named | {side: tensors}


def _values(one: Any, raw: bytes) -> list[Any]:
    if raw:
        if one.datatype not in RAW:
            raise Refused("invalid_field", f"raw contents of {one.datatype}")
        size = struct.calcsize(RAW[one.datatype])
        return list(struct.unpack(f"<{len(raw) // size}{RAW[one.datatype]}", raw[: len(raw) // size * size]))
    told = next((list(got) for name in CONTENTS if (got := getattr(one.contents, f"{name}_contents"))), [])
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in told]


@functools.cache
def _class() -> Any:
    """The message class, made on first use; the protocol's file is not at hand as a module."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="aiops/open_inference.proto", package="aiops", syntax="proto3")

    def add(name: str, fields: list[tuple[str, int, int, bool, str]]) -> None:
        made = file.message_type.add(name=name)
        for title, number, kind, many, of in fields:
            label = kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL
            made.field.add(name=title, number=number, type=kind, label=label, type_name=of or None)

    types = (
        kinds.TYPE_BOOL, kinds.TYPE_INT32, kinds.TYPE_INT64, kinds.TYPE_UINT32, kinds.TYPE_UINT64, kinds.TYPE_FLOAT,
        kinds.TYPE_DOUBLE, kinds.TYPE_BYTES,
    )  # fmt: skip
    contents = zip(CONTENTS, types, strict=True)
    add("Contents", [(f"{name}_contents", i + 1, kind, True, "") for i, (name, kind) in enumerate(contents)])
    text, nested = kinds.TYPE_STRING, kinds.TYPE_MESSAGE
    add("Tensor", [
        ("name", 1, text, False, ""), ("datatype", 2, text, False, ""), ("shape", 3, kinds.TYPE_INT64, True, ""),
        ("contents", 5, nested, False, ".aiops.Contents"),
    ])  # fmt: skip
    add("Message", [
        ("model_name", 1, text, False, ""), ("model_version", 2, text, False, ""), ("id", 3, text, False, ""),
        ("tensors", 5, nested, True, ".aiops.Tensor"), ("raw_outputs", 6, kinds.TYPE_BYTES, True, ""),
        ("raw_inputs", 7, kinds.TYPE_BYTES, True, ""),
    ])  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("aiops.Message"))
