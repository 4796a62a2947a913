"""Options that several commands share, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # it would load pydantic for `--help`
    from aiops.config import Config

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_CONFIG = Path("aiops.yaml")
QUIET = "aiops.quiet"


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


def add_quiet(command: click.Command) -> click.Command:
    """`-q`, `--quiet` for a command and all below it: no progress."""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        add_quiet(below)
    if not any(one.name == "quiet" for one in command.params):
        option = click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_note, help="No progress.")
        command.params.append(option)
    return command


def _note(ctx: click.Context, _: click.Parameter, quiet: bool) -> None:
    ctx.meta[QUIET] = quiet or ctx.meta.get(QUIET, False)


def progress(label: str, items: Iterable[Any] | None = None, length: int | None = None) -> Any:
    """A bar on stderr: on a terminal only, and not with `--quiet`."""
    hidden = click.get_current_context().meta.get(QUIET, False) or not sys.stderr.isatty()
    return click.progressbar(items, length=length, label=label, file=sys.stderr, hidden=hidden)


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
    """Event time as people write it, in UTC; what is in no calendar, as times in another unit are, as it stands."""
    if at is None:
        return "-"
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{at:.0f}"


def parse_moment(text: str) -> float:
    """ISO 8601 or epoch seconds.

    Raises
    ------
    click.BadParameter : neither.
    """
    try:
        try:
            found = datetime.fromtimestamp(float(text), UTC)
        except ValueError:
            found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(f"{text!r} is neither ISO 8601 nor epoch seconds", param_hint="'--at'") from None


def config_or_defaults(path: Path) -> Config:
    """The configuration; its defaults when no file was named and none is here.

    Raises
    ------
    ConfigError : it is wrong, or a file was named that is not there.
    """
    from click.core import ParameterSource

    from aiops.config import Config, load

    named = click.get_current_context().get_parameter_source("config_path") is not ParameterSource.DEFAULT
    return load(path) if named or path.exists() else Config()
