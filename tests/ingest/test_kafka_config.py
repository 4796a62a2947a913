"""What a user writes under `type: kafka`, and what kafka-python is told for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from pydantic import ValidationError

from aiops.ingest.kafka.config import KafkaConfig


def config(**settings: Any) -> KafkaConfig:
    return KafkaConfig.model_validate({"bootstrap_servers": ["a:9092"], "topics": ["t"], **settings})


def test_a_topic_is_a_name_or_a_name_with_its_format() -> None:
    topics = config(topics=["a", {"name": "b", "format": "telegraf"}]).topics
    assert [(topic.name, topic.format) for topic in topics] == [("a", ""), ("b", "telegraf")]


def test_servers_may_be_one_string() -> None:
    assert config(bootstrap_servers="a:1, b:2").bootstrap_servers == ("a:1", "b:2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": []},
        {"topics": ["a", "a"]},
        {"topics": ["no spaces"]},
        {"bootstrap_servers": []},
        {"grup_id": "x"},
        {"sasl": {"mechanism": "PLAIN", "username": "u"}},
        {"sasl": {"mechanism": "MD5", "username": "u", "password": "p"}},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**wrong)


def test_every_setting_is_one_the_client_knows() -> None:
    full = config(tls={"ca": "ca.pem"}, sasl={"username": "u", "password": "p"})
    assert set(full.client()) <= set(KafkaConsumer.DEFAULT_CONFIG)


def test_the_client_neither_commits_nor_resets_by_itself() -> None:
    client = config().client()
    assert client["enable_auto_commit"] is False
    assert client["auto_offset_reset"] == "none"
    assert client["isolation_level"] == "read_committed"
    assert client["group_id"] == "aiops"
    assert client["security_protocol"] == "PLAINTEXT"


def test_tls_names_its_files_and_keeps_checking_the_host() -> None:
    tls = {"ca": "/ca.pem", "certificate": "/c.pem", "key": "/k.pem", "key_password": "hush"}
    client = config(tls=tls).client()
    assert client["security_protocol"] == "SSL"
    assert client["ssl_check_hostname"] is True
    assert (client["ssl_cafile"], client["ssl_certfile"]) == (str(Path("/ca.pem")), str(Path("/c.pem")))
    assert client["ssl_password"] == "hush"


@pytest.mark.parametrize(("tls", "protocol"), [(None, "SASL_PLAINTEXT"), ({}, "SASL_SSL")])
def test_sasl_goes_with_and_without_tls(tls: dict[str, Any] | None, protocol: str) -> None:
    client = config(tls=tls, sasl={"mechanism": "SCRAM-SHA-256", "username": "u", "password": "p"}).client()
    assert client["security_protocol"] == protocol
    assert client["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("u", "p")


def test_kerberos_needs_no_password() -> None:
    client = config(sasl={"mechanism": "GSSAPI", "kerberos_service": "broker"}).client()
    assert client["sasl_kerberos_service_name"] == "broker"
    assert "sasl_plain_password" not in client


def test_a_password_is_not_shown() -> None:
    shown = repr(config(sasl={"username": "u", "password": "s3cret"}, tls={"key_password": "s3cret"}))
    assert "s3cret" not in shown


def test_a_reader_without_a_group_asks_for_none() -> None:
    assert config(read_only=True).client()["group_id"] is None
