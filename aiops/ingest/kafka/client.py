"""kafka-python's consumer, made safe to wait for: bounded connecting, no leaked thread, no topic created by asking.

Holds every touch of the client that is not its public face, except the fetch hook next door.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaConfigurationError, KafkaError
from kafka.net.compat import KafkaNetClient

from aiops.errors import PermanentError, TemporaryError

METADATA_RETRY_MS = 1_000


def connect(settings: dict[str, Any], topics: Iterable[str]) -> Any:
    """Return a consumer that knows its cluster and follows `topics`, whether they exist yet or not.

    Raises
    ------
    TemporaryError : no broker let us in within the bootstrap timeout (about 4 s).
    PermanentError : the settings cannot work, such as a certificate file that is not there.
    """
    # The client logs every retry of its own; what it means for us is said once, as status.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    clients: list[Any] = []

    def client(**configs: Any) -> Any:
        clients.append(KafkaNetClient(**configs))
        return clients[-1]

    try:
        consumer = KafkaConsumer(**settings, kafka_client=client)
    except (KafkaConfigurationError, FileNotFoundError, ValueError, TypeError, AssertionError) as error:
        _discard(clients)
        raise PermanentError(f"kafka settings: {error}") from error
    except (KafkaError, OSError) as error:
        reason = _refusal(clients) or str(error)
        _discard(clients)  # a consumer that failed to start has left its thread behind
        raise TemporaryError(reason) from error
    cluster = consumer._cluster
    # The manager does not pass these two on: asking about a topic would create it, ten times a second.
    cluster.config["allow_auto_create_topics"] = False
    cluster.config["retry_backoff_ms"] = METADATA_RETRY_MS
    cluster.set_topics(list(topics))
    return consumer


def _discard(clients: list[Any]) -> None:
    for client in clients:
        client.close()


def _refusal(clients: list[Any]) -> str:
    """What a broker said against our credentials; connection errors alone say nothing of it."""
    failures = [failure for client in clients for failure in client._manager._auth_failures.values()]
    return f"authentication failed: {failures[0]}" if failures else ""


def partitions(consumer: Any, topics: Iterable[str]) -> tuple[list[TopicPartition], list[str]]:
    """What is known now, without asking: (all partitions of the topics, names of topics not found)."""
    found: list[TopicPartition] = []
    missing = []
    for topic in topics:
        numbers = consumer._cluster.partitions_for_topic(topic)
        if not numbers:
            missing.append(topic)
        found += [TopicPartition(topic, number) for number in sorted(numbers or ())]
    return found, missing


def await_topics(consumer: Any, topics: list[str], seconds: float) -> tuple[list[TopicPartition], list[str]]:
    """As `partitions`, after waiting up to `seconds` for all of them."""
    deadline = time.monotonic() + seconds
    while (answer := partitions(consumer, topics))[1] and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def translate(action: Callable[[], Any]) -> Any:
    """Run one call of the client; a `KafkaError` becomes a `TemporaryError`, as brokers come back."""
    try:
        return action()
    except KafkaError as error:
        raise TemporaryError(f"{type(error).__name__}: {error}") from error
