"""What another configuration changes, and the gate that makes the difference: each gate once, in both directions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aiops.cli import cli
from aiops.config import load
from aiops.daemon.backtest import compare
from aiops.daemon.trial import Trial
from aiops.types import Json
from tests.backtest import shelf
from tests.backtest.shelf import DEPTH, FAILED, LOAD

Try = Callable[..., Trial]


@pytest.fixture
def trial(tmp_path: Path) -> Try:
    """Try rules, and whatever else a configuration holds, on the shelf's recording."""
    recording = shelf.recording(tmp_path / "recording")

    def tried(name: str, *rules: dict[str, Any], **more: Any) -> Trial:
        return Trial(
            name, load(shelf.config(tmp_path, name, list(rules), **more)), recording, tmp_path / f"{name}.ring"
        )

    return tried


def both(**changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {**LOAD, **changed}, {**FAILED, **changed}


def told(before: Trial, after: Trial) -> list[Json]:
    return [one.document() for one in compare(before, after)]


def test_the_same_configuration_pages_the_same(trial: Try) -> None:
    one, other = trial("one", LOAD, FAILED), trial("other", LOAD, FAILED)
    assert [page.incident["title"] for page in one.pages] == ["HighLoad on base; 1 more affected"]
    assert told(one, other) == []


GATES: dict[str, tuple[tuple[dict[str, Any], ...], dict[str, Any], str]] = {
    "rule": ((), {}, "silent has no rule high-load"),
    "threshold": (both(threshold=20), {}, "high-load reached 9.18 in silent, below its threshold of 20 (6 in loud)"),
    "for": (both(**{"for": "1h"}), {}, "high-load asks in silent that it lasts 3600 s, 0 s in loud"),
    "severity": (both(severity="info"), {}, "high-load is evidence only in silent"),
    "mute": (
        both(),
        {"maintenance": [{"name": "night", "match": {"entity": ["base", "shop"]}}]},
        "silent: held back by maintenance:night",
    ),
}


@pytest.mark.parametrize("gate", GATES)
def test_a_page_is_added_or_removed_by_a_gate_that_is_named(trial: Try, gate: str) -> None:
    rules, more, text = GATES[gate]
    loud, silent = trial("loud", LOAD, FAILED), trial("silent", *rules, **more)
    (removed,), (added,) = told(loud, silent), told(silent, loud)
    assert (removed["change"], added["change"]) == ("removed", "added")
    assert (removed["at"], added["before"]) == (None, None)
    assert removed["before"] == added["at"] == loud.pages[0].at
    for one in (removed, added):
        assert one["reasons"][0]["gate"] == gate
        assert one["reasons"][0]["text"] == text


def test_a_page_that_the_budget_does_not_allow_is_said_with_what_it_asks(trial: Try) -> None:
    loose = trial("loose", DEPTH, budget={"false_pages_per_week": 1_000})
    tight = trial("tight", DEPTH, budget={"false_pages_per_week": 1e-9})
    (removed,) = told(loose, tight)
    assert removed["reasons"][0]["gate"] == "budget"
    assert "its budget of false pages asks 13.6" in removed["reasons"][0]["text"]


def test_a_page_is_delayed_by_what_a_rule_asks(trial: Try) -> None:
    soon, late = trial("soon", LOAD, FAILED), trial("late", *both(**{"for": "1m"}))
    (delayed,), (earlier,) = told(soon, late), told(late, soon)
    assert (delayed["change"], earlier["change"]) == ("delayed", "earlier")
    assert delayed["at"] - delayed["before"] == earlier["before"] - earlier["at"] == 60
    for one in (delayed, earlier):
        assert one["reasons"] == [
            {"gate": "for", "rule": "high-load", "text": "high-load asks in late that it lasts 60 s, 0 s in soon"}
        ]


def test_a_page_is_delayed_by_the_wait_of_its_route(trial: Try) -> None:
    soon, late = trial("soon", LOAD, FAILED), trial("late", LOAD, FAILED, route={"group_wait": "2m"})
    (delayed,) = told(soon, late)
    assert delayed["at"] - delayed["before"] == 100
    assert delayed["reasons"] == [{"gate": "route", "rule": "", "text": "group_wait is 120 s in late, 20 s in soon"}]


def test_a_page_with_another_cause_says_which_finding_is_missing(trial: Try) -> None:
    delayed, changed = sorted(told(trial("all", LOAD, FAILED), trial("one", FAILED)), key=lambda one: one["change"])[
        ::-1
    ]
    assert changed["fields"] == {"cause": {"before": "base", "after": "shop"}}
    assert delayed["at"] - delayed["before"] == (shelf.LATE - shelf.TROUBLE) * shelf.STEP
    for one in (delayed, changed):
        assert one["reasons"] == [{"gate": "rule", "rule": "high-load", "text": "one has no rule high-load"}]


def test_another_receiver_is_a_change(trial: Try) -> None:
    out, hook = (
        trial(name, LOAD, FAILED, receivers={name: {"type": "stdout"}}, route={"receiver": name})
        for name in ("out", "hook")
    )
    (changed,) = told(out, hook)
    assert changed["fields"] == {"receivers": {"before": "out", "after": "hook"}}


def test_one_page_that_becomes_two_is_found_in_the_one(trial: Try, tmp_path: Path) -> None:
    """Without the edge between them, `base` and `shop` are two incidents."""
    whole = trial("whole", LOAD, FAILED)
    (tmp_path / "recording" / "topology.csv").unlink()
    parts = trial("parts", LOAD, FAILED)
    assert len(parts.pages) == 2
    found = told(whole, parts)
    added = next(one for one in found if one["change"] == "added")
    assert added["reasons"][0]["gate"] == "group"
    assert whole.pages[0].incident["id"] in added["reasons"][0]["text"]


def test_the_command_tells_a_line_a_difference_and_a_summary(tmp_path: Path) -> None:
    recording = shelf.recording(tmp_path / "recording")
    paths = [shelf.config(tmp_path, "a", [LOAD, FAILED]), shelf.config(tmp_path, "b", [])]
    words = ["backtest", str(recording), "--config", str(paths[0]), "--config", str(paths[1])]
    done = CliRunner().invoke(cli, [*words, "--format", "json"])
    assert done.exit_code == 0, done.output
    removed, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert (removed["change"], removed["config"], removed["against"]) == ("removed", str(paths[1]), str(paths[0]))
    assert (summary["change"], summary["pages"], summary["before"], summary["removed"]) == ("summary", 0, 1, 1)
    text = CliRunner().invoke(cli, words).stdout
    assert "removed  2025-10-09 09:25:20Z" in text
    assert "rule: " in text


def test_a_single_configuration_is_compared_with_the_defaults(tmp_path: Path) -> None:
    recording = shelf.recording(tmp_path / "recording")
    path = shelf.config(tmp_path, "a", [LOAD, FAILED])
    done = CliRunner().invoke(cli, ["backtest", str(recording), "--config", str(path)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"the default configuration -> {path}: 0 pages -> 1\n")
    assert "the default configuration has no rule high-load" in done.stdout
