"""One message to one topic, acknowledged by all replicas. The step's key travels as the header `idempotency-key`.

The bootstrap servers' addresses pass the egress rule; where brokers then send the client is the cluster's own word.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from aiops.config import Listen, Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.outbound import addresses
from aiops.respond.effect import ActionContext, ActionOutcome


class KafkaAction:
    """`action: kafka`."""

    class Config(Strict):
        bootstrap_servers: tuple[Listen, ...] = Field(min_length=1)
        topic: str = Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")
        key: str | None = None
        value: str | dict[str, Any]

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Produce it and wait for the acknowledgement."""
        from kafka import KafkaProducer
        from kafka.errors import (
            InvalidTopicError,
            KafkaError,
            MessageSizeTooLargeError,
            TopicAuthorizationFailedError,
        )

        for server in config.bootstrap_servers:
            host, _, port = server.rpartition(":")
            addresses(host.strip("[]"), int(port), context.egress.permits)
        limit = int(context.timeout_seconds * 1_000)
        try:
            producer = KafkaProducer(
                bootstrap_servers=list(config.bootstrap_servers),
                acks="all",
                retries=0,
                enable_idempotence=False,
                request_timeout_ms=limit,
                delivery_timeout_ms=limit + 1_000,
                max_block_ms=limit,
                bootstrap_timeout_ms=limit,
            )
        except (KafkaError, OSError) as error:
            raise TemporaryError(f"no broker at {', '.join(config.bootstrap_servers)}: {error}") from error
        try:
            sent = _sent(producer, config, context)
            written = sent.get(context.timeout_seconds)
        except (MessageSizeTooLargeError, TopicAuthorizationFailedError, InvalidTopicError) as error:
            raise PermanentError(f"{config.topic}: {error}") from error
        except KafkaError as error:
            raise TemporaryError(f"{config.topic}: {error}", in_doubt=True) from error
        finally:
            producer.close(timeout=1.0)
        place = {"partition": written.partition, "offset": written.offset}
        return ActionOutcome("ok", f"{config.topic}/{written.partition} at {written.offset}", place)


def _sent(producer: Any, config: KafkaAction.Config, context: ActionContext) -> Any:
    from kafka.errors import KafkaTimeoutError

    key = config.key.encode() if config.key is not None else None
    headers = [("idempotency-key", context.key.encode())]
    try:
        return producer.send(config.topic, key=key, value=_value(config.value), headers=headers)
    except KafkaTimeoutError as error:
        # Nothing but the topic's metadata was asked for so far.
        raise TemporaryError(f"{config.topic}: {error}") from error


def _value(value: str | dict[str, Any]) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
