"""`aiops demo`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--seconds", type=click.FloatRange(0, 3600), default=None, help="Wall time the simulated day takes at least."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which day it is.")
@click.option("--headless", is_flag=True, help="Plain lines, approve runbooks, leave at the end.")
@click.option("--yes", is_flag=True, help="Approve runbooks without asking.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep configuration and state here.")
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="Where the pages are served.")
def command(
    seconds: float | None, seed: int, headless: bool, yes: bool, folder: Path | None, listen: str
) -> None:  # one parameter an option
    """Watch a simulated shop fail three times, and the agent find out why.

    Example: aiops demo --seed 7
    """
    from rich.console import Console

    from aiops.daemon.warm import prepare

    console = Console()
    prepare(console.print)
    from aiops.demo.run import Ended, Options, run
    from aiops.demo.view import farewell, table
    from aiops.telemetry import configure_logging

    configure_logging(json_lines=False, level="ERROR")
    terminal = sys.stdout.isatty() and sys.stdin.isatty()
    plain = headless or not sys.stdout.isatty()
    stay = terminal and not headless
    pace = seconds if seconds is not None else 0.0 if plain else 30.0

    def report(ended: Ended) -> None:
        console.print(table(ended.score))
        console.print(farewell(ended.url, ended.folder / "aiops.yaml", ended.incident, stays=stay), soft_wrap=True)

    options = Options(pace, seed, plain, yes or headless or not terminal, folder, listen, stay=stay)
    run(options, console, report)
