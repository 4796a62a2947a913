"""A record's format is told from its bytes, also where protobuf happens to look like JSON."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from aiops.decode.sniff import sniff


def request(length: int) -> bytes:
    message = ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    attribute = resource.resource.attributes.add()
    attribute.key, attribute.value.string_value = "service.name", "x" * length
    metric = resource.scope_metrics.add().metrics.add()
    metric.name = "up"
    point = metric.gauge.data_points.add()
    point.as_double, point.time_unix_nano = 1.0, 1_780_000_000 * 10**9
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("length", range(1, 120))
def test_a_message_whose_length_byte_is_a_bracket_is_still_protobuf(length: int) -> None:
    assert sniff(request(length)) == "otlp_metrics"


@pytest.mark.parametrize("body", [b'\n{\n "type":"log"}', b'\n[{"type":"log"}]', b'\n{"type":"log"}'])
def test_json_behind_a_line_feed_is_still_json(body: bytes) -> None:
    assert sniff(body) == "agent_json"
