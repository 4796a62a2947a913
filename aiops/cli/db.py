"""`aiops db`: upgrade, backup, verify."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aiops.cli.option import config_option


@click.group(name="db")
def command() -> None:
    """Look after the store.

    Example: aiops db verify
    """


@command.command()
@config_option
def upgrade(config_path: Path) -> None:
    """Bring the store to this version's format; a backup is written first.

    Example: aiops db upgrade
    """
    from aiops.config import load
    from aiops.store.backup import upgrade as bring_up

    steps, backup = bring_up(load(config_path).state_dir)
    click.echo(f"upgraded by {len(steps)} steps, backup in {backup}" if steps else "up to date")


@command.command()
@click.argument("target", type=click.Path(path_type=Path))
@config_option
def backup(target: Path, config_path: Path) -> None:
    """Copy the store while the daemon runs.

    Example: aiops db backup /backup/aiops.db
    """
    from aiops.config import load
    from aiops.store.repository import Store

    with Store.open(load(config_path).state_dir, read_only=True) as store:
        store.backup(target)
    click.echo(str(target))


@command.command()
@config_option
def verify(config_path: Path) -> None:
    """Check every page, checksum and document; 1 = fault found.

    Example: aiops db verify
    """
    from aiops.config import load
    from aiops.store.failure import CorruptState
    from aiops.store.repository import Store

    folder = load(config_path).state_dir
    try:
        with Store.open(folder, read_only=True) as store:
            problems = store.verify()
    except CorruptState as error:
        problems = [f"{folder}: {error}; stop the daemon and put a backup (`aiops db backup`) in its place"]
    click.echo("\n".join(problems) if problems else "no fault found")
    sys.exit(1 if problems else 0)
