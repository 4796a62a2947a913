"""A recording of which no row has a time is a mistake of its making, not a calm hour."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aiops.cli import cli
from aiops.errors import ConfigError


def recording(folder: Path) -> Path:
    rows = [f"{1_780_272_000_000 + 15_000 * i},web,latency_seconds,0.{i}" for i in range(1, 9)]
    (folder / "metrics.csv").write_text("\n".join(["timestamp,entity,metric,value", *rows]) + "\n")
    return folder


@pytest.mark.parametrize("command", [["cause"], ["replay"], ["backtest", "--config", "aiops.yaml"]])
def test_times_in_milliseconds_are_told_with_what_they_would_be(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("aiops.yaml").write_text("step: 15s\n")
    result = CliRunner().invoke(cli, [*command, str(recording(tmp_path))])
    assert isinstance(result.exception, ConfigError)
    assert "8 rows with a time" in str(result.exception)
    assert "these look like milliseconds" in str(result.exception)


def test_calls_without_a_time_are_counted_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "llm.ndjson").write_text(json.dumps({"timestamp": 1_780_272_000_000, "model": "m"}) + "\n")
    result = CliRunner().invoke(cli, ["replay", str(tmp_path)])
    assert "invalid_time 1 in llm.ndjson" in str(result.exception)


def test_a_recording_without_a_row_is_calm(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("timestamp,entity,metric,value\n")
    result = CliRunner().invoke(cli, ["replay", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, "0 incidents\n")
