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
    "cramjam", "fastapi", "httpx", "jinja2", "kafka", "kubernetes", "matplotlib", "numba", "numpy", "opentelemetry",
    "pandas", "prometheus_api_client", "prometheus_client", "promql_parser", "pyarrow", "pydantic", "pyod", "requests",
    "rich", "scipy", "slack_sdk", "sqlalchemy", "statsmodels", "structlog", "uvicorn", "yaml",
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
    return subprocess.run([sys.executable, "-m", "aiops", *words], capture_output=True, text=True, timeout=240)


def test_help_loads_nothing_heavy() -> None:
    program = "import sys\nfrom aiops.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_loads_no_arrays(name: str) -> None:
    program = f"import sys, aiops.cli.{COMMANDS[name][0]}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240)
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
    assert (done.returncode, done.stderr.count("\n")) == (2, 2)


@pytest.mark.parametrize("at", ["yesterday", "nan", "inf", "1e300", ""])
def test_a_moment_that_is_none_is_said_so(at: str) -> None:
    done = aiops("explain", "anything", "--at", at)
    assert (done.returncode, done.stdout) == (2, "")
    assert "neither ISO 8601 nor epoch seconds" in done.stderr


@pytest.mark.parametrize("words", [("replay", "."), ("rules", "list"), ("runbook", "list")])
def test_a_configuration_that_was_named_must_be_there(words: tuple[str, ...]) -> None:
    done = aiops(*words, "-c", "no/such/aiops.yaml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no/such/aiops.yaml" in done.stderr


def test_a_score_never_writes_over_its_input(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("timestamp,a\n1,2\n")
    done = aiops("score", str(table), str(table))
    assert (done.returncode, table.read_text()) == (2, "timestamp,a\n1,2\n")
    assert "is the input" in done.stderr


def test_a_table_without_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp;a\n1;2\n")
    done = aiops("score", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert done.returncode == 2
    assert "no column of numbers" in done.stderr


def test_a_recording_that_cannot_be_unpacked_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv.gz").write_bytes(b"this is not gzip")
    done = aiops("replay", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be unpacked" in done.stderr


def test_a_folder_without_rules_is_no_success(tmp_path: Path) -> None:
    assert aiops("rules", "test", str(tmp_path)).returncode == 2


def test_a_broken_store_is_a_fault_found(tmp_path: Path) -> None:
    (tmp_path / "aiops.yaml").write_text("state_dir: state\n")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "store.db").write_text("no database\n" * 100)
    done = aiops("db", "verify", "-c", str(tmp_path / "aiops.yaml"))
    assert done.returncode == 1
    assert str(tmp_path / "state") in done.stdout
    assert "backup" in done.stdout


@pytest.mark.parametrize("words", [('a=~".*"',), ("",), ('a="b"', "--for", "0s"), ('a="b"', "--for", "9999d")])
def test_a_silence_that_mutes_all_or_for_ever_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "aiops.yaml").write_text("state_dir: state\n")
    done = aiops("silence", "add", *words, "-c", str(tmp_path / "aiops.yaml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "state").exists()


def test_a_silence_is_known_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    (tmp_path / "aiops.yaml").write_text("state_dir: state\nweb: {listen: '127.0.0.1:1'}\n")
    where = ("-c", str(tmp_path / "aiops.yaml"))
    name = aiops("silence", "add", 'entity="a"', *where).stdout.split()[0]
    assert aiops("silence", "expire", name[:6], *where).stdout == f"{name} expired\n"
    assert "already" in aiops("silence", "expire", name[:6], *where).stdout
    assert aiops("silence", "expire", "zz", *where).returncode == 2
    assert aiops("silence", "list", *where).stdout == "No silences.\n"


def test_check_tells_of_a_state_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "aiops.yaml").write_text("state_dir: file\n")
    done = aiops("check", "-c", str(tmp_path / "aiops.yaml"))
    assert done.returncode == 1
    assert "FAIL  state_dir" in done.stdout


@pytest.mark.parametrize("words", [("--prometheus", "127.0.0.1:9090"), ("--kafka", "http://127.0.0.1:9092")])
def test_init_says_how_an_address_is_written(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = aiops("init", *words, "-o", str(tmp_path / "aiops.yaml"))
    assert done.returncode == 2
    assert "write" in done.stderr


def test_a_reader_that_leaves_is_no_failure() -> None:
    command = f"{sys.executable} -m aiops rules list --format json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_without_cases_do_not_pass_their_test(tmp_path: Path) -> None:
    rule = "{alert: A, id: a, world: it, signal: m, detector: {type: baseline}}"
    (tmp_path / "own.yaml").write_text(f"rules: [{rule}]\n")
    done = aiops("rules", "test", str(tmp_path / "own.yaml"))
    assert done.returncode == 1
    assert "no cases" in done.stdout
