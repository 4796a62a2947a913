"""What the decode tests share: a clock, and requests built with OpenTelemetry's own protobuf classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from aiops.decode import SeriesTable, decode
from aiops.types import Decoded, Records

NOW = 1_760_000_000.0


class Reader:
    """Decodes bodies into one table."""

    def __init__(self) -> None:
        self.table = SeriesTable()
        self.now = NOW

    def __call__(self, *bodies: bytes, format: str = "") -> Decoded:
        return decode(Records.many("test", list(bodies), format=format), self.table, self.now)

    def rows(self, *bodies: bytes, format: str = "") -> list[tuple[str, float, float]]:
        """(series, timestamp, value) of every sample."""
        samples = self(*bodies, format=format).samples
        names = [str(self.table.labels[slot]) for slot in samples.series]
        return list(zip(names, samples.timestamp.tolist(), samples.value.tolist(), strict=True))

    def reasons(self, *bodies: bytes, format: str = "") -> list[tuple[int, str, int]]:
        """(record, reason, count) of everything rejected."""
        return [(one.record, one.reason, one.count) for one in self(*bodies, format=format).rejected]


@pytest.fixture
def read() -> Reader:
    return Reader()


def metrics(fill: Callable[[Any], None], **resource: str) -> bytes:
    """A request of one resource (names with `__` for dots) and one scope, filled by the caller."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    for name, value in resource.items():
        attribute = group.resource.attributes.add()
        attribute.key, attribute.value.string_value = name.replace("__", "."), value
    fill(group.scope_metrics.add())
    return bytes(request.SerializeToString())


@pytest.fixture
def otlp() -> Callable[..., bytes]:
    return metrics
