"""The command line: quick to answer, an example for everything, one clear message when it is used wrongly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aiops.cli import COMMANDS, cli

HEAVY = {
    "cramjam", "fastapi", "httpx", "jinja2", "kafka", "kubernetes", "numba", "numpy", "opentelemetry", "pandas",
    "prometheus_api_client", "prometheus_client", "promql_parser", "pyarrow", "pydantic", "pyod", "requests", "rich",
    "scipy", "slack_sdk", "sqlalchemy", "statsmodels", "structlog", "uvicorn", "yaml",
}  # fmt: skip


def every(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command with the words that call it."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every(below, (*path, name))


def aiops(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "aiops", *words], capture_output=True, text=True, timeout=60)


def test_help_loads_nothing_heavy() -> None:
    program = "import sys\nfrom aiops.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_loads_no_arrays(name: str) -> None:
    program = f"import sys, aiops.cli.{COMMANDS[name][0]}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert {name.partition(".")[0] for name in done.stdout.split()} & HEAVY == set()


def test_every_command_is_listed_with_what_it_does() -> None:
    shown = aiops("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in shown
        assert line in shown


@pytest.mark.parametrize("found", every(cli), ids=lambda found: " ".join(found[0]))
def test_every_command_says_what_it_does_and_gives_an_example(found: tuple[tuple[str, ...], click.Command]) -> None:
    path, command = found
    help_text = command.help or ""
    assert help_text.splitlines()[0].strip().endswith((".", ":", ";", ","))
    assert f"Example: aiops {path[0]}" in help_text


def test_a_wrong_command_is_answered_with_the_nearest_and_status_2() -> None:
    done = aiops("incidnet", "list")
    assert done.returncode == 2
    assert "incident" in done.stderr
    assert done.stdout == ""


def test_a_missing_configuration_is_one_message_and_status_2() -> None:
    done = aiops("check", "-c", "no/such/aiops.yaml")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no/such/aiops.yaml" in done.stderr


@pytest.mark.parametrize("found", every(cli), ids=lambda found: " ".join(found[0]))
def test_every_command_can_be_quiet(found: tuple[tuple[str, ...], click.Command]) -> None:
    assert any("--quiet" in one.opts for one in found[1].params)


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp,a\n1,2\n")
    done = aiops("score", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert aiops("rules", "test", "it").stderr == ""


def test_a_place_that_cannot_be_written_is_one_message_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp,a\n1,2\n")
    done = aiops("score", str(tmp_path / "in.csv"), str(tmp_path / "in.csv" / "out.csv"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
