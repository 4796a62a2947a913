"""Open Inference V2 on Seldon's topics: protobuf and JSON give the same rows, and the topic says whose they are."""

from __future__ import annotations

import json
import struct

import pytest

from aiops.decode.open_inference import _class
from aiops.decode.route import decode
from aiops.decode.series import SeriesTable
from aiops.decode.tensor import WIDEST_VECTOR
from aiops.types import Decoded, Prediction, Records
from detectors import projection

NOW = 1_800_000_000.0
INPUTS, OUTPUTS = "bus/seldon.shop.model.fraud.inputs/0", "bus/seldon.shop.model.fraud.outputs/3"

VAST = b"9" * 400
"""An integer that JSON allows, larger than any float."""


def read(partition: str, body: bytes, format: str = "") -> Decoded:
    return decode(Records.single(partition, body, format=format), SeriesTable(), NOW)


def rows(partition: str, body: bytes) -> list[Prediction]:
    found = read(partition, body)
    assert found.rejected == []
    return [event for _, event in found.events if isinstance(event, Prediction)]


def request(raw: bool) -> bytes:
    message = _class()(model_name="fraud_1", model_version="3", id="r7")
    amount = message.tensors.add(name="amount", datatype="FP64", shape=[2])
    country = message.tensors.add(name="country", datatype="BYTES", shape=[2])
    country.contents.bytes_contents.extend([b"DE", b"FR"])
    if raw:
        message.raw_inputs.extend([struct.pack("<2d", 12.5, 80.0)])
    else:
        amount.contents.fp64_contents.extend([12.5, 80.0])
    return message.SerializeToString()


AS_JSON = json.dumps({
    "model_name": "fraud_1", "model_version": "3", "id": "r7",
    "inputs": [
        {"name": "amount", "datatype": "FP64", "shape": [2], "data": [12.5, 80.0]},
        {"name": "country", "datatype": "BYTES", "shape": [2], "data": ["DE", "FR"]},
    ],
}).encode()  # fmt: skip


@pytest.mark.parametrize("body", [request(False), request(True), AS_JSON], ids=["protobuf", "raw", "json"])
def test_a_request_is_a_row_of_features_each(body: bytes) -> None:
    first, second = rows(INPUTS, body)
    assert (first.model, first.version, first.id, first.timestamp) == ("fraud", "3", "r7/0", NOW)
    assert (first.features, second.features) == ({"amount": 12.5, "country": "DE"}, {"amount": 80.0, "country": "FR"})
    assert first.prediction is None


def test_a_response_is_an_answer_each_with_its_probability() -> None:
    message = _class()(model_name="fraud_1", id="r7")
    out = message.tensors.add(name="probabilities", datatype="FP32", shape=[1, 2])
    out.contents.fp32_contents.extend([0.25, 0.75])
    (row,) = rows(OUTPUTS, message.SerializeToString())
    assert (row.model, row.id, row.prediction, row.proba) == ("fraud", "r7", 1, 0.75)


def test_the_outputs_a_request_asks_for_are_not_taken_for_its_data() -> None:
    message = _class()()
    message.ParseFromString(request(False))
    message.raw_outputs.append(b"\x0a\x05proba")
    assert rows(INPUTS, message.SerializeToString())[0].features["amount"] == 12.5


@pytest.mark.parametrize(
    ("partition", "body", "reason"),
    [
        (INPUTS, b"\xff\xff\xff", "broken_protobuf"),
        (INPUTS, b'{"inputs": [{"name": "a", "shape": [3], "data": [1, 2]}]}', "invalid_field"),
        ("bus/inference/0", request(False), "invalid_field"),
        (INPUTS, b'{"inputs": [{"name": "a", "shape": 2, "data": [1, 2]}]}', "invalid_field"),
        (INPUTS, b'{"inputs": [{"name": "a", "shape": [1, 2], "data": [1, %s]}]}' % VAST, "invalid_field"),
        (
            INPUTS,
            b'{"inputs": [{"name": "a", "shape": [1, 600], "data": [%s1]}]}' % (b"%s," % VAST * 599),
            "invalid_field",
        ),
        (INPUTS, b'{"instances": [{"a": [1, %s]}]}' % VAST, "invalid_field"),
        (OUTPUTS, b'{"predictions": [[1, %s]]}' % VAST, "invalid_field"),
        (OUTPUTS, b'{"outputs": [{"name": "a", "shape": [1, 2], "data": [1, %s]}]}' % VAST, "invalid_field"),
    ],
)
def test_what_cannot_be_used_is_told(partition: str, body: bytes, reason: str) -> None:
    found = read(partition, body, "open_inference")
    assert [one.reason for one in found.rejected] == [reason]
    assert found.events == []


@pytest.mark.parametrize(
    "body", ['{"instances": [{"v": [%s]}]}', '{"inputs": [{"name": "v", "shape": [1, WIDTH], "data": [%s]}]}']
)
def test_a_vector_wider_than_any_embedding_is_missing(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Missing rather than projected: a record of millions of numbers would need a matrix 16 times as large."""
    projected: list[int] = []
    of_vectors = projection.of_vectors
    monkeypatch.setattr(projection, "of_vectors", lambda m: projected.append(m.shape[1]) or of_vectors(m))
    for width in (WIDEST_VECTOR, WIDEST_VECTOR + 1):
        said = body.replace("WIDTH", str(width)) % ",".join(["0.5"] * width)
        (row,) = rows(INPUTS, said.encode())
        assert set(row.features) == {"v:norm", *(f"v:direction{j}" for j in range(1, 9))}
        assert {value is None for value in row.features.values()} == {width > WIDEST_VECTOR}
    assert projected == [WIDEST_VECTOR]


def test_other_topics_are_read_as_ever() -> None:
    body = b'{"type":"prediction","timestamp":1700000000,"model":"m","prediction":1}'
    assert [event for _, event in read("bus/events/0", body).events]
    assert [event for _, event in read("bus/seldon.shop.events/0", body).events]
