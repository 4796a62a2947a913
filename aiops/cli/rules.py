"""`aiops rules`: test, list."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import (
    config_option,
    config_or_defaults,
    format_option,
    moment,
    print_json_lines,
    print_table,
    progress,
)

if TYPE_CHECKING:  # it would load numpy for `--help`
    from aiops.config import Config
    from aiops.coverage import Coverage
    from aiops.detect.rule import Rule


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
@click.option("--uncovered", is_flag=True, help="What no paging rule reads, instead: by metric, in JSON by series.")
@format_option
@config_option
def list_(uncovered: bool, form: str, config_path: Path) -> None:
    """Every rule in force, and how many series of the running system it reads; what no rule reads.

    Told from the record that the daemon keeps, whether or not it runs. Example: aiops rules list --uncovered
    """
    from aiops.detect.rule import load_rules

    config = config_or_defaults(config_path)
    rules = load_rules(config.rules)
    known = _coverage(config, rules)
    if uncovered:
        _print_uncovered(known, form)
        return
    counts: Mapping[str, int | None] = {rule.id: known.of[rule.id] if known else None for rule in rules}
    if form == "json":
        print_json_lines({**rule.model_dump(by_alias=True, mode="json"), "series": counts[rule.id]} for rule in rules)
        return
    rows = [
        [
            rule.id,
            rule.severity,
            str(rule.detector["type"]),
            _shown(counts[rule.id]),
            " ".join(rule.signal.split())[:80],
        ]
        for rule in rules
    ]
    print_table(rows, ["RULE", "SEVERITY", "DETECTOR", "SERIES", "SIGNAL"])
    click.echo("\n" + _summary(known, str(config.state_dir)))


def _coverage(config: Config, rules: list[Rule]) -> Coverage | None:
    """What the record of the state directory says; None = there is none."""
    from aiops.coverage import kept
    from aiops.store.repository import FILE, Store
    from aiops.store.ring import Ring

    if not (config.state_dir / FILE).exists():
        return None
    with Store.open(config.state_dir, read_only=True) as store:
        found = kept(store.partitions(), Ring(config.state_dir, config.explain.keep), rules)
    return found if found.at is not None else None


def _summary(known: Coverage | None, place: str) -> str:
    if known is None:
        return f"No daemon has kept a record in {place} yet: this is the catalogue alone."
    levels, total = known.levels, len(known.series)
    return (
        f"{total} series at {moment(known.at)}: {levels['page']} are read by a paging rule, {levels['evidence']} by "
        f"rules for evidence only, {levels['nothing']} by none" + (" (--uncovered)" if levels["page"] < total else "")
    )


def _print_uncovered(known: Coverage | None, form: str) -> None:
    if known is None:
        raise click.UsageError("no daemon has kept a record here yet, so it is not known which series there are")
    if form == "json":
        print_json_lines(
            {"series": str(one.labels), "covered": one.level, "rules": list(one.rules)}
            for one in known.series
            if one.level != "page"
        )
        return
    rows = [[metric, str(count), level, ", ".join(rules) or "-"] for metric, level, count, rules in known.poorer()]
    print_table(rows, ["METRIC", "SERIES", "READ BY", "RULES"])


def _shown(count: int | None) -> str:
    return "-" if count is None else str(count)
