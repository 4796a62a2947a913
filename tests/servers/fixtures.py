"""Session-scoped real servers, and the one loud line when a program for one is missing.

In CI, or with AIOPS_REQUIRE_SERVERS set, a missing program is a failure: there a skip would be a lie.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.kafka import Kafka
from tests.servers.process import MissingProgramError, NotUpError, Server
from tests.servers.prometheus import Alertmanager, NodeExporter, Prometheus

T = TypeVar("T", bound=Server)


def running(make: Callable[[], T]) -> Iterator[T]:
    """Start what `make` makes for as long as the caller iterates; skip, or in CI fail, when it cannot be had."""
    try:
        server = make()
    except (MissingProgramError, subprocess.SubprocessError, NotUpError) as error:
        message = f"SERVER MISSING, TESTS NOT RUN: {error}"
        if os.environ.get("CI") or os.environ.get("AIOPS_REQUIRE_SERVERS"):
            pytest.fail(message)
        pytest.skip(message)
    with server:
        yield server


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("server")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that all tests share; each makes topics of its own."""
    yield from running(lambda: Kafka(_folder(tmp_path_factory)))


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of the test's own, to stop, restart and kill."""
    yield from running(lambda: Kafka(tmp_path))


@pytest.fixture(scope="session")
def node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeExporter]:
    yield from running(lambda: NodeExporter(_folder(tmp_path_factory)))


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory, node_exporter: NodeExporter) -> Iterator[Prometheus]:
    """Scrapes itself and the node exporter every second."""
    yield from running(lambda: Prometheus(_folder(tmp_path_factory), {"node": [node_exporter.address]}))


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    yield from running(lambda: Alertmanager(_folder(tmp_path_factory)))
