"""What a user may write under a source of `type: kafka`, and what kafka-python is told for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from aiops.ingest.source import MIB, SourceConfig

MAX_RECORD_BYTES = 16 * MIB


class Topic(BaseModel):
    """A topic whose format is told instead of recognised."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    format: str = ""
    """Name of a format of `aiops.decode`; empty = told from the first bytes."""


class Tls(BaseModel):
    """TLS to the brokers; certificates are checked against the system's authorities or `ca`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: SecretStr | None = None
    check_hostname: bool = True


class Sasl(BaseModel):
    """Who we are to the brokers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"] = "SCRAM-SHA-512"
    username: str = ""
    password: SecretStr = SecretStr("")
    kerberos_service: str = "kafka"

    @model_validator(mode="after")
    def _has_credentials(self) -> Sasl:
        if self.mechanism != "GSSAPI" and not (self.username and self.password.get_secret_value()):
            raise ValueError(f"{self.mechanism} needs username and password")
        return self


class KafkaConfig(SourceConfig):
    """Settings of a Kafka source.

    Attributes
    ----------
    topics : names, or `{name, format}`; every partition is read, new ones are found.
    group_id : where our positions are shown to lag tools; they are not read back.
    read_only : do not show them there (for a broker that grants no group).
    metadata_seconds : how often new partitions are looked for.
    """

    bootstrap_servers: tuple[str, ...] = Field(min_length=1)
    topics: tuple[Topic, ...] = Field(min_length=1)
    group_id: str = Field(default="aiops", min_length=1)
    read_only: bool = False
    client_id: str = "aiops"
    metadata_seconds: float = Field(default=30.0, gt=0)
    fetch_max_bytes: int = Field(default=32 * MIB, ge=MIB)
    tls: Tls | None = None
    sasl: Sasl | None = None

    @field_validator("bootstrap_servers", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("topics", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        items = [value] if isinstance(value, str) else value
        return [{"name": item} if isinstance(item, str) else item for item in items]

    @field_validator("topics")
    @classmethod
    def _once(cls, value: tuple[Topic, ...]) -> tuple[Topic, ...]:
        names = [topic.name for topic in value]
        if len(set(names)) < len(names):
            raise ValueError("a topic is named twice")
        return value

    def client(self) -> dict[str, Any]:
        """Arguments of `KafkaConsumer`.

        Offsets are ours, so the client neither commits nor resets by itself: an offset that is gone must be
        counted. The frame limit leaves room for one record of 16 MiB beyond what a fetch asks for.
        """
        protocol = ("SASL_" if self.sasl else "") + ("SSL" if self.tls else "PLAINTEXT")
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "client_id": self.client_id,
            "group_id": None if self.read_only else self.group_id,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "metadata_max_age_ms": int(self.metadata_seconds * 1000),
            "fetch_max_bytes": self.fetch_max_bytes,
            "max_partition_fetch_bytes": self.fetch_max_bytes,
            "receive_message_max_bytes": self.fetch_max_bytes + 2 * MAX_RECORD_BYTES,
            "bootstrap_timeout_ms": 4_000,
            "request_timeout_ms": 15_000,
            "reconnect_backoff_max_ms": 4_000,
            "metrics_enabled": False,
            "security_protocol": protocol,
            **(self._tls(self.tls) if self.tls else {}),
            **(self._sasl(self.sasl) if self.sasl else {}),
        }

    @staticmethod
    def _tls(tls: Tls) -> dict[str, Any]:
        return {
            "ssl_check_hostname": tls.check_hostname,
            "ssl_cafile": str(tls.ca) if tls.ca else None,
            "ssl_certfile": str(tls.certificate) if tls.certificate else None,
            "ssl_keyfile": str(tls.key) if tls.key else None,
            "ssl_password": tls.key_password.get_secret_value() if tls.key_password else None,
        }

    @staticmethod
    def _sasl(sasl: Sasl) -> dict[str, Any]:
        if sasl.mechanism == "GSSAPI":
            return {"sasl_mechanism": "GSSAPI", "sasl_kerberos_service_name": sasl.kerberos_service}
        return {
            "sasl_mechanism": sasl.mechanism,
            "sasl_plain_username": sasl.username,
            "sasl_plain_password": sasl.password.get_secret_value(),
        }
