"""One calm morning a company for all that happens there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.insurer import INSURER
from tests.scenarios.judge import faults
from tests.scenarios.parcels import PARCELS
from tests.scenarios.retailer import RETAILER
from tests.scenarios.road import Warm, World, play, warm
from tests.scenarios.trouble import Scenario

Faults = Callable[[Scenario], list[str]]


def _morning(world: World, factory: pytest.TempPathFactory) -> Warm:
    return warm(world, factory.mktemp("morning"))


def _faults_of(morning: Warm, folder: Path) -> Faults:
    return lambda scenario: faults(scenario, play(scenario, morning, folder / "played"))


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    return _morning(PARCELS, tmp_path_factory)


@pytest.fixture(scope="session")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    return _morning(RETAILER, tmp_path_factory)


@pytest.fixture(scope="session")
def insurer(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    return _morning(INSURER, tmp_path_factory)


@pytest.fixture
def faults_of(morning: Warm, tmp_path: Path) -> Faults:
    """Play a scenario of the carrier the whole road; what was wrong with what people saw, as sentences."""
    return _faults_of(morning, tmp_path)


@pytest.fixture
def faults_at_retailer(retailer: Warm, tmp_path: Path) -> Faults:
    """The same at the retailer."""
    return _faults_of(retailer, tmp_path)


@pytest.fixture
def faults_at_insurer(insurer: Warm, tmp_path: Path) -> Faults:
    """The same at the insurer."""
    return _faults_of(insurer, tmp_path)
