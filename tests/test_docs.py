"""What is written about the program holds: the reference is what the code says, and examples can be used."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aiops.cli import COMMANDS
from aiops.config import Config, load, parse
from aiops.daemon.assemble import load_runbooks
from aiops.detect.rule import PACKS, load_rules
from aiops.diagnosis.job import study
from benchmarks import readme
from docs import generate

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


def test_the_reference_is_what_the_code_says() -> None:
    written = (ROOT / "docs" / "reference.md").read_text()
    assert generate.document() == written, "make docs"


def test_every_rule_runbook_action_and_key_appears_in_the_reference() -> None:
    written = (ROOT / "docs" / "reference.md").read_text()
    names = [rule.id for rule in load_rules(PACKS)] + list(load_runbooks(Config()))
    names += [key.strip("`") for key, _, _ in generate.keys(Config, "")]
    names += [name for _, group, _ in generate.COMPONENTS for name in generate.registered(group)]
    names += [f"aiops {name}" for name in COMMANDS]
    assert [name for name in names if name not in written] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))
def test_configurations_in_the_readme_are_valid(block: str) -> None:
    parse(Config, yaml.safe_load(block))


@pytest.mark.parametrize("name", ["aiops.example.yaml", "aiops.yaml"])
def test_configurations_in_deploy_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "x")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "y")
    monkeypatch.setenv("AIOPS_WEB_TOKEN", "z")
    monkeypatch.setenv("AIOPS_METRICS_TOKEN", "m")
    assert load(ROOT / "deploy" / name).receivers


def test_alerts_on_ourselves_name_metrics_that_exist() -> None:
    from aiops import telemetry

    source = Path(telemetry.__file__).read_text()
    for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            for metric in re.findall(r"aiops_\w+", rule["expr"]):
                stem = re.sub(r"_(total|bucket|sum|count)$", "", metric).removeprefix("aiops_")
                assert stem in source, metric


def test_the_table_of_figures_is_rewritten_between_its_marks_only() -> None:
    figures = {key: 7.0 for row in readme.ROWS for key in (row.key, row.ours, row.peer) if key}
    text = f"before\n{readme.BEGIN}\nOUTDATED\n{readme.END}\nafter\n"
    found = readme.rewritten(text, figures)
    assert found.startswith(f"before\n{readme.BEGIN}\n| ")
    assert found.endswith(f"|\n{readme.END}\nafter\n")
    assert "OUTDATED" not in found
    with pytest.raises(ValueError, match="not measured: kernel"):
        readme.rewritten(text, {key: value for key, value in figures.items() if key != "kernel"})


def test_the_recording_that_is_made_by_hand_has_the_cause_that_its_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "recordings.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    answer = study(tmp_path / "friday").answer
    assert answer.causes[0].entity == "orders-db"
    assert answer.changes[0].id == "cfg-8"
