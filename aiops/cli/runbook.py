"""`aiops runbook`: list, show, run, approve, abort."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiops.cli.option import config_option, config_or_defaults, format_option, moment, print_json_lines, print_table

if TYPE_CHECKING:  # it would load numpy for `--help`
    from aiops.types import Json


@click.group(name="runbook")
def command() -> None:
    """List, show, run, approve and abort runbooks.

    Example: aiops runbook list
    """


@command.command(name="list")
@format_option
@config_option
def list_(form: str, config_path: Path) -> None:
    """Runbooks that are at hand, and runs that wait or are under way.

    Example: aiops runbook list --format json
    """
    from aiops.respond.run import FINAL

    config, books = _books(config_path)
    runs = [run for run in _runs(config) if run["state"] not in FINAL]
    if form == "json":
        print_json_lines(book.model_dump(by_alias=True, mode="json") for book in books.values())
        return
    rows = [[one.name, _match(one.match), "needed" if one.approval.needed else "none"] for one in books.values()]
    print_table(rows, ["RUNBOOK", "MATCH", "APPROVAL"])
    if runs:
        click.echo()
        print_table([[one["id"], one["state"], one["target"]] for one in runs], ["RUN", "STATE", "TARGET"])


@command.command()
@click.argument("name")
@config_option
def show(name: str, config_path: Path) -> None:
    """One runbook as it was understood, or one run with its log.

    Example: aiops runbook show restart-service
    """
    config, books = _books(config_path)
    if name in books:
        print_json_lines([books[name].model_dump(by_alias=True, mode="json")])
        return
    run = next((one for one in _runs(config) if one["id"] == name), None)
    if run is None:
        raise click.UsageError(f"no runbook or run {name!r}; `aiops runbook list` shows them")
    click.echo(f"{run['id']}: {run['state']}, target {run['target']}")
    for at, text in run["log"]:
        click.echo(f"  {moment(at)}  {text}")


@command.command()
@click.argument("name")
@click.option("--incident", required=True, help="The incident it is for.")
@click.option("--execute", is_flag=True, help="Propose it for real; without, only show what would be done.")
@config_option
def run(name: str, incident: str, execute: bool, config_path: Path) -> None:
    """Show what a runbook would do for an incident; --execute proposes it, and its approval still holds.

    Example: aiops runbook run restart-service --incident 3f2a --execute
    """
    from aiops.cli.incident import one_incident
    from aiops.cli.remote import do

    found = one_incident(config_path, incident)
    _, books = _books(config_path)
    if name not in books:
        raise click.UsageError(f"no runbook {name!r}; `aiops runbook list` shows them")
    if execute:
        done = do(config_path, "run", found["id"], runbook=name)
        click.echo(f"{done['id']}: {done['state']}")
        return
    import msgspec

    from aiops.respond.plan import plan
    from aiops.types import Incident

    made = plan(books[name], msgspec.convert(found, Incident), "dry_run", found["detected"])
    click.echo(f"{made.id}: dry run, target {made.target or '-'}")
    for step in made.steps:
        skipped = " (skipped: `when` does not hold)" if step.skipped else ""
        click.echo(f"  {step.name}: {step.call.action} {step.call.config}{skipped}")
    for _, text in made.log:
        click.echo(f"  {text}")


@command.command()
@click.argument("run_id")
@config_option
def approve(run_id: str, config_path: Path) -> None:
    """Agree to a proposed run.

    Example: aiops runbook approve restart-service/3f2a
    """
    _deed(config_path, "approve", run_id)


@command.command()
@click.argument("run_id")
@config_option
def abort(run_id: str, config_path: Path) -> None:
    """Stop a run before its next step; what was done is rolled back where the runbook says how.

    Example: aiops runbook abort restart-service/3f2a
    """
    _deed(config_path, "abort", run_id)


def _deed(config_path: Path, action: str, run_id: str) -> None:
    from aiops.cli.remote import do

    done = do(config_path, action, run_id)
    click.echo(f"{done['id']}: {done['state']}")


def _books(config_path: Path) -> tuple[Any, dict[str, Any]]:
    from aiops.daemon.assemble import load_runbooks

    config = config_or_defaults(config_path)
    return config, load_runbooks(config)


def _runs(config: Any) -> list[Json]:
    from aiops.errors import ConfigError
    from aiops.store.repository import Store

    try:
        with Store.open(config.state_dir, read_only=True) as store:
            return store.runs()
    except ConfigError:
        return []


def _match(match: dict[str, str | tuple[str, ...]]) -> str:
    shown = ((key, value if isinstance(value, str) else "|".join(value)) for key, value in match.items())
    return ", ".join(f"{key}={value}" for key, value in shown)
