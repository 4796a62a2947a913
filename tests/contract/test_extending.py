"""What docs/extending.md shows can be pasted: its code runs, its checks pass, its configuration is one."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from aiops import plugins
from aiops.config import Config, parse

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path / "data"))
    (tmp_path / "mine.py").write_text("\n".join(blocks("python")))
    return runpy.run_path(str(tmp_path / "mine.py"))


def test_the_components_it_shows_pass_the_checks_it_shows(page: dict[str, Any]) -> None:
    told = list((page["folder"] / "pages").iterdir())
    assert len(told) > 2
    assert page["lines"].read_text().count("\n") == 6


def test_they_are_found_by_the_names_and_keys_it_shows(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    (registered,) = (tomllib.loads(one)["project"]["entry-points"] for one in blocks("toml"))
    points = {
        group: tuple(
            SimpleNamespace(name=name, load=lambda value=value: page[value.rpartition(":")[2]])
            for name, value in found.items()
        )
        for group, found in registered.items()
    }
    real = plugins._points
    monkeypatch.setattr(plugins, "_points", lambda group: real(group) + points.get(group, ()))
    (configuration,) = blocks("yaml")
    config = parse(Config, yaml.safe_load(configuration))
    assert set(config.sources) == {"app"}
    assert set(config.receivers) == {"pages"}
    plugins.load("aiops.sources", "lines").Config.model_validate({"path": "/var/log/app.ndjson"})
