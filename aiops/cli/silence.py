"""`aiops silence`: add, list, expire."""

from __future__ import annotations

import time
from pathlib import Path

import click

from aiops.cli.option import config_option, format_option, moment, print_json_lines, print_table


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
    from aiops.respond.matcher import parse

    try:
        parse(matchers)
        length = seconds(duration)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    done = do(config_path, "silence", matchers=matchers, seconds=length, comment=comment)
    click.echo(f"{done['id']} until {moment(done['ends_at'])}")


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

    click.echo(f"{do(config_path, 'expire', silence)['id']} expired")


def _matchers(matchers: list[list[str]]) -> str:
    return ", ".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
