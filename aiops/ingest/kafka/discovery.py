"""What a Kafka cluster holds: for `aiops init`."""

from __future__ import annotations

from aiops.errors import TemporaryError
from aiops.ingest.kafka import client


def topics(address: str) -> list[str]:
    """Names of the topics that are not internal, sorted.

    Raises
    ------
    TemporaryError : no broker answers.
    """
    consumer = client.connect({"bootstrap_servers": [address], "bootstrap_timeout_ms": 4_000}, [])
    try:
        found: set[str] = set(consumer.topics())
    finally:
        consumer.close()
    if not found:
        raise TemporaryError(f"{address} answers, but has no topics yet: make one, or leave --kafka out for now")
    return sorted(name for name in found if not name.startswith("__"))
