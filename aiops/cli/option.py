"""Options that several commands share, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_CONFIG = Path("aiops.yaml")


def config_option(command: Command) -> Command:
    """`--config FILE`, `-c`: aiops.yaml in this folder by default."""
    option = click.option(
        "-c", "--config", "config_path", type=click.Path(path_type=Path), default=DEFAULT_CONFIG, show_default=True,
        envvar="AIOPS_CONFIG", help="The configuration.",
    )  # fmt: skip
    return option(command)


def format_option(command: Command) -> Command:
    """`--format text|json`."""
    option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
    return option(command)


def print_json_lines(documents: Iterable[Any]) -> None:
    """One object a line."""
    for document in documents:
        click.echo(json.dumps(document, ensure_ascii=False))


def print_table(rows: list[list[str]], header: list[str]) -> None:
    """Columns that line up, without colour or frame: good for a terminal, for grep and for awk."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def moment(at: float | None) -> str:
    """Event time as people write it, in UTC."""
    return "-" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def parse_moment(text: str) -> float:
    """ISO 8601 or epoch seconds.

    Raises
    ------
    click.BadParameter : neither.
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither ISO 8601 nor epoch seconds") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
