"""`aiops incident`: list, show, ack, resolve, feedback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import config_option, format_option, moment, print_json_lines, print_table

if TYPE_CHECKING:  # it would load numpy for `--help`
    from aiops.types import Json


@click.group(name="incident")
def command() -> None:
    """Work with incidents.

    Example: aiops incident list
    """


@command.command(name="list")
@click.option("--status", type=click.Choice(["open", "firing", "acknowledged", "resolved"]))
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@format_option
@config_option
def list_(status: str | None, limit: int, form: str, config_path: Path) -> None:
    """Open and resolved incidents, in order of opening.

    Example: aiops incident list --format json
    """
    incidents = sorted(_store(config_path).incidents(status, limit), key=lambda one: (one["started"], one["id"]))
    if form == "json":
        print_json_lines(public(one) for one in incidents)
        return
    if not incidents:
        click.echo("No incidents.")
        return
    rows = [
        [one["id"], one["status"], moment(one["started"]), ",".join(one["worlds"]), one["title"]] for one in incidents
    ]
    print_table(rows, ["ID", "STATUS", "STARTED", "WORLDS", "TITLE"])


@command.command()
@click.argument("incident")
@format_option
@config_option
def show(incident: str, form: str, config_path: Path) -> None:
    """One incident: findings, causes, changes, what was told to whom.

    Example: aiops incident show 3f2a
    """
    found = one_incident(config_path, incident)
    if form == "json":
        print_json_lines([public(found)])
    else:
        click.echo("\n".join(described(found)))


@command.command()
@click.argument("incident")
@config_option
def ack(incident: str, config_path: Path) -> None:
    """Say that somebody is on it: no more reminders.

    Example: aiops incident ack 3f2a
    """
    _do(config_path, "ack", incident)


@command.command()
@click.argument("incident")
@config_option
def resolve(incident: str, config_path: Path) -> None:
    """End it by hand; a new finding opens it again.

    Example: aiops incident resolve 3f2a
    """
    _do(config_path, "resolve", incident)


@command.command()
@click.argument("incident")
@click.argument("right", type=click.Choice(["true", "false"]))
@config_option
def feedback(incident: str, right: str, config_path: Path) -> None:
    """Judge a page: true = it was right, false = it was noise.

    Example: aiops incident feedback 3f2a false
    """
    _do(config_path, "feedback", incident, right=right == "true")


@command.command()
@config_option
def verdicts(config_path: Path) -> None:
    """What people made of pages, as the `feedback.ndjson` of a recording: replayed, it moves thresholds as it did.

    Example: aiops incident verdicts > recording/feedback.ndjson
    """
    import msgspec

    from aiops.correlate.asked import STORED

    with _store(config_path) as store:
        stored = store.meta(STORED)
    print_json_lines(msgspec.json.decode(stored)["verdicts"] if stored else [])


def _do(config_path: Path, action: str, incident: str, **arguments: object) -> None:
    from aiops.cli.remote import do

    identity = one_incident(config_path, incident)["id"]
    done = do(config_path, action, identity, **arguments)
    click.echo(f"{done['id']}: {done.get('feedback' if action == 'feedback' else 'status')}")


def _store(config_path: Path):  # type: ignore[no-untyped-def]
    from aiops.config import load
    from aiops.store.repository import Store

    return Store.open(load(config_path).state_dir, read_only=True)


def one_incident(config_path: Path, identity: str) -> Json:
    """The document of one incident.

    Raises
    ------
    click.UsageError : there is none of that id.
    """
    found: Json | None = _store(config_path).incident(identity)
    if found is None:
        raise click.UsageError(f"there is no incident {identity!r}; `aiops incident list` shows them")
    return found


FIELDS = (
    "id", "title", "severity", "status", "started", "detected", "resolved", "worlds", "entities", "findings", "causes",
    "changes", "none", "notifications", "runbooks", "feedback", "acknowledged_by", "timeline",
)  # fmt: skip
FINDING_FIELDS = (
    "alert", "labels", "entity", "started", "ended", "value", "expected", "surprise", "rule_id", "world", "summary",
    "reason",
)  # fmt: skip


def public(incident: Json) -> Json:
    """The stable form of an incident that `replay` and `incident list` print."""
    kept = {name: incident.get(name) for name in FIELDS}
    kept["findings"] = [{name: one.get(name) for name in FINDING_FIELDS} for one in incident["findings"]]
    return kept


def described(incident: Json) -> list[str]:
    """An incident in lines of text."""
    lines = [f"{incident['id']}  {incident['status']}  {incident['title']}", ""]
    ended = f", resolved {moment(incident['resolved'])}" if incident.get("resolved") else ""
    lines += [f"started {moment(incident['started'])}, detected {moment(incident['detected'])}{ended}"]
    lines += [f"worlds {', '.join(incident['worlds'])}; entities {', '.join(incident['entities'])}", "", "Causes"]
    for cause in incident["causes"]:
        lines.append(f"  {cause['probability']:6.1%}  {cause['entity']}")
        lines += [f"          {reason}" for reason in cause["evidence"]]
    if incident["changes"]:
        lines += ["", "Changes"]
        for change in incident["changes"]:
            lines.append(f"  {change['probability']:6.1%}  {change['kind']} {change['id']}: {change['summary']}")
        lines.append(f"  {incident['none']:6.1%}  none of them")
    lines += ["", "Timeline", *(f"  {moment(at)}  {what}" for at, what in incident["timeline"])]
    told = [
        f"  {moment(one['at'])}  {one['action']} to {one['receiver']}{_held(one)}" for one in incident["notifications"]
    ]
    lines += ["", "Told", *(told or ["  nobody yet"])]
    if incident["runbooks"]:
        lines += ["", "Runbooks", *(f"  {one['name']}: {one['state']}" for one in incident["runbooks"])]
    return lines


def _held(notification: Json) -> str:
    return f", held back by {notification['suppressed_by']}" if notification.get("suppressed_by") else ""
