"""`aiops rules`: test, list."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aiops.cli.option import config_option, config_or_defaults, format_option, print_json_lines, print_table, progress


@click.group(name="rules")
def command() -> None:
    """Test rules; list what is watched and why.

    Example: aiops rules test my-rules.yaml
    """


@command.command()
@click.argument("files", nargs=-1)
def test(files: tuple[str, ...]) -> None:
    """Run the cases of rule files or packs (it, model, llm; default all); 1 = one does not hold, or there is none.

    Example: aiops rules test detectors/rules/it/http.yaml
    """
    from aiops.config import read_yaml
    from aiops.detect.promtest import cases, run
    from aiops.detect.rehearse import evaluate
    from aiops.detect.rule import PACKS, load_rules, rule_files

    held, problems = 0, []
    with progress("rules", rule_files(files or PACKS)) as shown:
        for file in shown:
            rules = load_rules([str(file)])
            found_cases = cases(read_yaml(file), str(file))
            if not found_cases:
                problems.append(f"{file}: no cases; write some under `tests:`")
            for case in found_cases:
                found = run(case, lambda one, rules=rules: evaluate(one, rules))  # type: ignore[misc]
                problems += [f"{file}: {problem}" for problem in found]
                held += not found
    for problem in problems:
        click.echo(problem)
    click.echo(f"{held} cases hold, {len(problems)} problems" if problems else f"{held} cases hold")
    sys.exit(1 if problems else 0)


@command.command(name="list")
@format_option
@config_option
def list_(form: str, config_path: Path) -> None:
    """Every rule that is in force, what it watches, and when it may be wrong.

    Example: aiops rules list --format json
    """
    from aiops.detect.rule import load_rules

    rules = load_rules(config_or_defaults(config_path).rules)
    if form == "json":
        print_json_lines(rule.model_dump(by_alias=True, mode="json") for rule in rules)
        return
    rows = [[rule.id, rule.severity, str(rule.detector["type"]), " ".join(rule.signal.split())[:80]] for rule in rules]
    print_table(rows, ["RULE", "SEVERITY", "DETECTOR", "SIGNAL"])
