"""`aiops silence`: add, list, expire."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import config_option, format_option, moment, print_json_lines, print_table

if TYPE_CHECKING:
    from aiops.respond.matcher import Matcher

LONGEST_SECONDS = 366 * 86_400.0


@click.group(name="silence")
def command() -> None:
    """Mute what matches, for a while.

    Example: aiops silence add 'entity="checkout"' --for 2h --comment "load test"
    """


@command.command()
@click.argument("matchers")
@click.option("--for", "duration", default="2h", show_default=True, help="How long, such as 30m.")
@click.option("--comment", default="")
@config_option
def add(matchers: str, duration: str, comment: str, config_path: Path) -> None:
    """Add a silence; MATCHERS are Alertmanager's: entity="a", world=~"it|llm".

    Example: aiops silence add 'alert="DiskFull", host_name="db-1"' --for 1d
    """
    from aiops.cli.remote import do
    from aiops.config import seconds
    from aiops.respond.matcher import matches, parse

    try:
        asked = parse(matchers)
        length = seconds(duration)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if matches(asked, {}):
        raise click.UsageError("this would mute everything: at least one matcher must not fit the empty text")
    if not 0 < length <= LONGEST_SECONDS:
        raise click.BadParameter("a silence lasts more than nothing and at most a year", param_hint="'--for'")
    done = do(config_path, "silence", matchers=matchers, seconds=length, comment=comment)
    click.echo(f"{done['id']} until {moment(done['ends_at'])}")
    if said := _unheard(config_path, asked):
        click.echo(f"aiops: {said}", err=True)


def _unheard(config_path: Path, asked: tuple[Matcher, ...]) -> str:
    """That nothing open is muted by it, and which of its labels nothing has; empty = something open is."""
    import msgspec

    from aiops.config import load
    from aiops.errors import AiopsError
    from aiops.respond.matcher import OWN_LABELS, finding_labels, matches
    from aiops.store.repository import Store
    from aiops.store.ring import Ring
    from aiops.types import Incident

    config, names = load(config_path), set(OWN_LABELS)
    try:
        with Store.open(config.state_dir, read_only=True) as store:
            incidents = [msgspec.convert(one, Incident) for one in store.incidents("open")]
            ring = Ring(config.state_dir, config.explain.keep)
            frames = [frame for name in store.partitions() if (frame := ring.newest(name)) is not None]
    except AiopsError:
        return ""  # the daemon's state is elsewhere, and it took the silence
    labels = [finding_labels(finding) for incident in incidents for finding in incident.findings]
    if any(matches(asked, one) for one in labels):
        return ""
    names |= {name for frame in frames for one in frame.series_labels for name, _ in one.pairs}
    names |= {name for one in labels for name in one}
    unknown = [label for label, _, _ in asked if label not in names]
    nothing = "no open incident matches now; what comes and matches will be muted"
    return f"{nothing}; nothing seen so far has the label {unknown[0]!r}, check its spelling" if unknown else nothing


@command.command(name="list")
@click.option("--expired", is_flag=True, help="Those that have ended as well.")
@format_option
@config_option
def list_(expired: bool, form: str, config_path: Path) -> None:
    """Silences in force.

    Example: aiops silence list
    """
    from aiops.config import load
    from aiops.store.repository import Store

    with Store.open(load(config_path).state_dir, read_only=True) as store:
        found = [one for one in store.silences() if expired or one["ends_at"] > time.time()]
    if form == "json":
        print_json_lines(found)
        return
    if not found:
        click.echo("No silences.")
        return
    rows = [[one["id"], _matchers(one["matchers"]), moment(one["ends_at"]), one["comment"]] for one in found]
    print_table(rows, ["ID", "MATCHERS", "ENDS", "COMMENT"])


@command.command()
@click.argument("silence")
@config_option
def expire(silence: str, config_path: Path) -> None:
    """End a silence now.

    Example: aiops silence expire 9c1e
    """
    from aiops.cli.remote import do
    from aiops.config import load
    from aiops.store.repository import Store

    with Store.open(load(config_path).state_dir, read_only=True) as store:
        begun = [one for one in store.silences() if silence and one["id"].startswith(silence)]
    found = [one for one in begun if one["id"] == silence] or begun
    if len(found) != 1:
        many = "several silences begin with" if found else "there is no silence"
        raise click.UsageError(f"{many} {silence!r}; `aiops silence list --expired` shows them")
    if found[0]["ends_at"] <= time.time():
        click.echo(f"{found[0]['id']} ended {moment(found[0]['ends_at'])} already")
        return
    click.echo(f"{do(config_path, 'expire', found[0]['id'])['id']} expired")


def _matchers(matchers: list[list[str]]) -> str:
    return ", ".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
