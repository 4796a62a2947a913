"""One calm morning for all scenarios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.judge import faults
from tests.scenarios.parcels import PARCELS
from tests.scenarios.road import Warm, play, warm
from tests.scenarios.trouble import Scenario


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    return warm(PARCELS, tmp_path_factory.mktemp("morning"))


@pytest.fixture
def faults_of(morning: Warm, tmp_path: Path) -> Callable[[Scenario], list[str]]:
    """Play a scenario the whole road; what was wrong with what people saw, as sentences."""
    return lambda scenario: faults(scenario, play(scenario, morning, tmp_path / "played"))
