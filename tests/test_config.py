"""`aiops.yaml`: what is short to write has stated defaults, and what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.config import LARGEST_FILE, Config, load, seconds
from aiops.errors import ConfigError

SHORT = """
sources:
  bus: {type: kafka, bootstrap_servers: [127.0.0.1:9092], topics: [events]}
receivers:
  oncall: {type: slack, channel: C012345, token: "${TOKEN}"}
route: {receiver: oncall}
"""


def loaded(folder: Path, text: str, **environment: str) -> Config:
    file = folder / "aiops.yaml"
    file.write_text(text)
    return load(file, environment)


def complaint(folder: Path, text: str, **environment: str) -> str:
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, **environment)
    assert str(folder / "aiops.yaml") in str(error.value)
    return str(error.value)


def test_what_is_not_written_has_a_default(tmp_path: Path) -> None:
    config = loaded(tmp_path, SHORT, TOKEN="xoxb-1")
    assert (config.step, config.lateness, config.budget.false_pages_per_week) == (15, 10, 2)
    assert config.rules == ("it", "model", "llm")
    assert config.runbooks.mode == "approve"
    assert config.web.listen == "127.0.0.1:8787"
    assert config.limits.series == 150_000


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = loaded(tmp_path, "topology: topology.csv\nstate_dir: state\nrunbooks: {paths: [books]}\n")
    assert config.topology == tmp_path / "topology.csv"
    assert config.state_dir == tmp_path / "state"
    assert config.runbooks.paths == (str(tmp_path / "books"),)


def test_variables_and_files_expand_anywhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("xoxb-from-file\n")
    config = loaded(tmp_path, SHORT.replace("${TOKEN}", f"${{file:{secret}}}"))
    assert config.receivers["oncall"]["token"] == "xoxb-from-file"
    assert loaded(tmp_path, SHORT, TOKEN="xoxb-2").receivers["oncall"]["token"] == "xoxb-2"


def test_a_variable_that_is_not_set_is_named_with_its_place(tmp_path: Path) -> None:
    said = complaint(tmp_path, SHORT)
    assert "TOKEN" in said
    assert "receivers.oncall.token" in said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("stepp: 15s", ["stepp", "did you mean 'step'"]),
        ("budget: {false_page_per_week: 2}", ["budget.false_page_per_week", "'false_pages_per_week'"]),
        ("step: soon", ["step", "'soon'", "write 15s"]),
        ("step: 0s", ["step must lie between 1s and 1h"]),
        ("lateness: -3", ["lateness"]),
        ("sources: {bus: {topics: [x]}}", ["sources.bus", "`type` is missing", "kafka"]),
        ("sources: {bus: {type: kafk}}", ["sources.bus.type", "did you mean 'kafka'"]),
        (SHORT.replace("topics: [events]", "topics: [events], topcs: [x]"), ["sources.bus.topcs", "'topics'"]),
        ("receivers: {a: {type: stdout}}", ["route.receiver is missing", "a"]),
        ("receivers: {a: {type: stdout}}\nroute: {receiver: b}", ["'b'", "known: a"]),
        ("web: {listen: 0.0.0.0:8787}", ["web", "web.auth"]),
        ("web: {listen: localhost}", ["web.listen", "HOST:PORT"]),
        ("runbooks: {mode: aut}", ["runbooks.mode", "aut"]),
        ("- a list", ["must be a mapping"]),
        ("step: [", ["no valid YAML"]),
        ("step: 15s\nstep: 30s", ["given twice"]),
        ("a: &x [1]\nb: *x", ["aliases"]),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_meant(tmp_path: Path, text: str, parts: list[str]) -> None:
    said = complaint(tmp_path, text, TOKEN="x")
    for part in parts:
        assert part in said


def test_a_secret_is_not_repeated_in_a_complaint(tmp_path: Path) -> None:
    said = complaint(tmp_path, SHORT.replace('"${TOKEN}"', "[xoxb-very-secret]"))
    assert "xoxb" not in said
    assert "receivers.oncall.token" in said


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    assert "larger than" in complaint(tmp_path, "#" * (LARGEST_FILE + 1))


def test_aliases_that_would_expand_without_end_are_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    assert "aliases" in complaint(tmp_path, bomb)


def test_deep_nesting_is_an_error_not_a_crash(tmp_path: Path) -> None:
    assert "no valid YAML" in complaint(tmp_path, "[" * 100_000)


@pytest.mark.parametrize(
    ("text", "expected"), [("15s", 15), ("1h30m", 5_400), ("14d", 1_209_600), (20, 20), ("1.5s", 1.5)]
)
def test_durations(text: object, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "15", "s", "1x", "-5s", "5 minutes", True])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)
