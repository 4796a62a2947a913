"""The demo's promise: one day, three failures, through the daemon with its store, workers and pages."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from aiops.demo.run import Ended, Options, run


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A day after a day of history: enough to know the hours, and quick."""
    options = Options(seconds=0.0, seed=1, plain=True, folder=tmp_path_factory.mktemp("demo"), history_days=1)
    return run(options, Console(file=io.StringIO()), lambda _: None)


def pages(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "pages.ndjson").read_text().splitlines()]


def test_every_failure_is_found_with_its_cause_and_nobody_is_woken_for_nothing(ended: Ended) -> None:
    assert [(one.named, one.delay_seconds is not None) for one in ended.score.verdicts] == [
        (one.root, True) for one in ended.score.verdicts
    ]
    assert ended.score.false_pages == ()


def test_every_failure_is_mended_by_an_approved_runbook(ended: Ended) -> None:
    assert all(one.mended for one in ended.score.verdicts)


def test_one_incident_spans_the_gpu_and_the_assistant(ended: Ended) -> None:
    told = [page for page in pages(ended.folder) if page["incident_id"] == ended.incident]
    assert {"it", "llm"} <= set(told[-1]["worlds"])  # type: ignore[call-overload]
    assert told[-1]["status"] == "resolved"


def test_what_was_told_is_on_the_disk_for_the_commands_that_follow(ended: Ended) -> None:
    assert (ended.folder / "aiops.yaml").exists()
    opened = [page for page in pages(ended.folder) if page["action"] == "open"]
    assert len(opened) == ended.score.pages >= 3


def test_static_limits_were_compared_on_the_same_day(ended: Ended) -> None:
    assert ended.score.static_pages > 0
    assert len(ended.score.static_false_pages) > len(ended.score.false_pages)
