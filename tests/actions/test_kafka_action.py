"""One message, on a real broker where there is one."""

from __future__ import annotations

from typing import Any

from aiops.actions.execution import execute
from aiops.actions.kafka import KafkaAction
from aiops.respond.effect import Effect
from aiops.respond.egress import Egress
from aiops.respond.run import Outcome
from tests.ingest.kafka_world import new_topic


def do(server: str, egress: Egress, timeout: float = 10.0, topic: str = "feature-refresh") -> Outcome:
    config = {"bootstrap_servers": [server], "topic": topic, "key": "fraud", "value": {"model": "fraud"}}
    return execute(Effect("act", "r/i1", "ask", "r/i1/0", "kafka", config, timeout), {"kafka": KafkaAction()}, egress)


def test_nobody_there_is_a_failure() -> None:
    assert do("127.0.0.1:1", Egress.of(["127.0.0.1"]), 2.0).status == "failed"


def test_where_egress_does_not_lead_nobody_is_asked() -> None:
    outcome = do("127.0.0.1:1", Egress())
    assert outcome.status == "failed"
    assert "egress.allow" in outcome.detail


def test_a_topic_that_is_not_there_is_a_failure(kafka: Any) -> None:
    assert do(kafka.address, Egress.of(["127.0.0.1", "localhost"]), 2.0, topic="absent").status == "failed"


def test_it_is_written_once_with_its_key(kafka: Any) -> None:
    from kafka import KafkaConsumer

    address = kafka.address
    new_topic(address, name="feature-refresh")
    outcome = do(address, Egress.of(["127.0.0.1", "localhost"]), 20.0)
    assert outcome.status == "ok", outcome
    consumer = KafkaConsumer(
        "feature-refresh", bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=5_000
    )
    records = list(consumer)
    consumer.close()
    assert [(one.key, one.value) for one in records] == [(b"fraud", b'{"model": "fraud"}')]
    assert records[0].headers == [("idempotency-key", b"r/i1/0")]
